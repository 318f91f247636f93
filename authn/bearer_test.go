package authn

import (
	"net/http"
	"strings"
	"testing"
)

func TestAuthorizationHeaderIsReadInOneWayOnly(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []string
		want   string
	}{
		{"none", nil, "missing"},
		{"one token", []string{"Bearer a.b.c"}, "ok"},
		{"the scheme in another case", []string{"bEARER a.b.c"}, "ok"},
		{"every character of a b64token", []string{"Bearer aZ09-._~+/=="}, "ok"},
		{"two headers", []string{"Bearer a.b.c", "Bearer a.b.c"}, "ambiguous"},
		{"two headers of two schemes", []string{"Basic YTpi", "Bearer a.b.c"}, "ambiguous"},
		{"two tokens joined by a proxy", []string{"Bearer a.b.c, Bearer d.e.f"}, "ambiguous"},
		{"joined without a space", []string{"Bearer a.b.c,Bearer d.e.f"}, "ambiguous"},
		{"empty", []string{""}, "invalid scheme"},
		{"the scheme alone", []string{"Bearer"}, "invalid malformed"},
		{"the scheme and a space", []string{"Bearer "}, "invalid malformed"},
		{"a bare token", []string{"a.b.c"}, "invalid scheme"},
		{"another scheme", []string{"Basic YTpi"}, "invalid scheme"},
		{"two spaces", []string{"Bearer  a.b.c"}, "invalid malformed"},
		{"a tab", []string{"Bearer\ta.b.c"}, "invalid scheme"},
		{"two tokens", []string{"Bearer a.b.c d.e.f"}, "invalid malformed"},
		{"a space behind", []string{"Bearer a.b.c "}, "invalid malformed"},
		{"= within", []string{"Bearer a=b"}, "invalid malformed"},
		{"= alone", []string{"Bearer =="}, "invalid malformed"},
		{"a control character", []string{"Bearer a.b\x00.c"}, "invalid malformed"},
		{"a character beyond ASCII", []string{"Bearer a.b.ç"}, "invalid malformed"},
		{"over 16 KiB", []string{"Bearer " + strings.Repeat("a", maxCredential)}, "invalid length"},
		{"1 MiB of commas", []string{strings.Repeat(",", 1<<20)}, "invalid length"},
	} {
		t.Run(c.name, func(t *testing.T) {
			token, err := bearerToken(http.Header{"Authorization": c.values})
			wantOutcome(t, err, c.want)
			if err != nil && token != "" {
				t.Error("a refused header gave a token")
			}
		})
	}
}

func TestBareTokenIsToldToSayBearer(t *testing.T) {
	_, err := bearerToken(http.Header{"Authorization": {"a.b.c"}})
	if err == nil || !strings.Contains(err.Error(), "Authorization: Bearer <token>") {
		t.Errorf("got %v", err)
	}
}

func FuzzBearerToken(f *testing.F) {
	for _, seed := range []string{"", "Bearer", "Bearer a.b.c", "bearer  a", "Bearer a,b", "Basic YTpi", "Bearer a==", "a.b.c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		token, err := bearerToken(http.Header{"Authorization": {value}})
		switch {
		case err != nil && token != "":
			t.Error("a refused header gave a token")
		case err == nil && !strings.EqualFold(value, "Bearer "+token):
			t.Error("the header holds more than the token")
		case err == nil && strings.ContainsAny(token, " ,\t\r\n"):
			t.Error("the token holds a separator")
		case err != nil && len(value) > 40 && strings.Contains(err.Error(), value):
			t.Error("the error holds the credential")
		}
	})
}
