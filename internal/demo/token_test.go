package demo_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwt"

	"github.com/geowarden/geowarden/internal/demo"
)

const formType = "application/x-www-form-urlencoded"

// signIn is the form of somebody who does everything right.
func signIn() url.Values {
	return url.Values{
		"grant_type": {"password"}, "client_id": {"pygeoapi-client"}, "client_secret": {"demo-client-secret"},
		"username": {"francbartoli"}, "password": {"demo-francbartoli"},
	}
}

func changed(form url.Values, names ...string) url.Values {
	for n := 0; n < len(names); n += 2 {
		form.Del(names[n])
		if names[n+1] != "" {
			form.Set(names[n], names[n+1])
		}
	}
	return form
}

func post(t testing.TB, issuer *demo.Issuer, form url.Values, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	return ask(t, issuer, http.MethodPost, issuer.TokenURL(), form.Encode(), append([]string{"Content-Type", formType}, header...)...)
}

func basic(id, secret string) string {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(id, secret)
	return r.Header.Get("Authorization")
}

func TestAUserSignsInWithAPassword(t *testing.T) {
	issuer := newIssuer(t, demo.IssuerConfig{})
	for _, user := range demo.Users() {
		w := post(t, issuer, changed(signIn(), "username", user.Name, "password", user.Password, "scope", "openid"))
		got := object(t, w.Body)
		if w.Code != http.StatusOK || got["token_type"] != "Bearer" || got["expires_in"] != 300.0 || got["scope"] != "email openid profile" {
			t.Fatalf("%s: %d %v", user.Name, w.Code, got)
		}
		if w.Header().Get("Cache-Control") != "no-store" {
			t.Error("the answer may be kept")
		}
		access, err := jwt.Parse([]byte(fmt.Sprint(got["access_token"])), jwt.WithKeySet(published(t, issuer)), jwt.WithIssuer(issuerURL), jwt.WithAudience("account"))
		if err != nil {
			t.Fatal(err)
		}
		var company string
		if err := access.Get("company", &company); err != nil || company != user.Company {
			t.Errorf("company %q, %v", company, err)
		}
		if _, err := jwt.Parse([]byte(fmt.Sprint(got["id_token"])), jwt.WithKeySet(published(t, issuer)), jwt.WithAudience("pygeoapi-client")); err != nil {
			t.Errorf("ID token: %v", err)
		}
	}
}

func TestAnIDTokenIsOnlyForWhoAsksForOpenID(t *testing.T) {
	if got := object(t, post(t, newIssuer(t, demo.IssuerConfig{}), signIn()).Body); got["id_token"] != nil || got["access_token"] == nil {
		t.Errorf("%v", got)
	}
}

func TestAServiceGetsATokenOfItsOwnAndNothingElse(t *testing.T) {
	issuer := newIssuer(t, demo.IssuerConfig{})
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"openid"}}
	got := object(t, post(t, issuer, form, "Authorization", basic("demo-service", "demo-service-secret")).Body)
	if got["access_token"] == nil || got["refresh_token"] != nil || got["id_token"] != nil {
		t.Errorf("%v", got)
	}
}

func TestTheTokenEndpointRefuses(t *testing.T) {
	issuer := newIssuer(t, demo.IssuerConfig{})
	twice := signIn()
	twice.Add("username", "tomkralidis")
	unnamed := func() url.Values { return changed(signIn(), "client_id", "", "client_secret", "") }
	right := basic("pygeoapi-client", "demo-client-secret")
	for name, c := range map[string]struct {
		form   url.Values
		header []string
		status int
		code   string
	}{
		"no grant type":            {changed(signIn(), "grant_type", ""), nil, 400, "invalid_request"},
		"an unknown grant type":    {changed(signIn(), "grant_type", "implicit"), nil, 400, "unsupported_grant_type"},
		"a grant it may not use":   {changed(signIn(), "grant_type", "client_credentials"), nil, 400, "unauthorized_client"},
		"a wrong password":         {changed(signIn(), "password", "demo-tomkralidis"), nil, 400, "invalid_grant"},
		"no password":              {changed(signIn(), "password", ""), nil, 400, "invalid_grant"},
		"an unknown user":          {changed(signIn(), "username", "nobody"), nil, 400, "invalid_grant"},
		"an unknown scope":         {changed(signIn(), "scope", "admin"), nil, 400, "invalid_scope"},
		"a parameter twice":        {twice, nil, 400, "invalid_request"},
		"no client":                {unnamed(), nil, 401, "invalid_client"},
		"a wrong secret":           {changed(signIn(), "client_secret", "x"), nil, 401, "invalid_client"},
		"no secret":                {changed(signIn(), "client_secret", ""), nil, 401, "invalid_client"},
		"an unknown client":        {changed(signIn(), "client_id", "x"), nil, 401, "invalid_client"},
		"a wrong secret by Basic":  {unnamed(), []string{"Authorization", basic("pygeoapi-client", "x")}, 401, "invalid_client"},
		"no Basic at all":          {unnamed(), []string{"Authorization", "Bearer x"}, 401, "invalid_client"},
		"a client in two ways":     {signIn(), []string{"Authorization", right}, 400, "invalid_request"},
		"two clients":              {changed(unnamed(), "client_id", "demo-service"), []string{"Authorization", right}, 400, "invalid_request"},
		"two Authorization fields": {unnamed(), []string{"Authorization", right, "Authorization", right}, 400, "invalid_request"},
		"an unknown refresh token": {changed(signIn(), "grant_type", "refresh_token", "refresh_token", "x"), nil, 400, "invalid_grant"},
	} {
		w := post(t, issuer, c.form, c.header...)
		answer := w.Body.String()
		got := object(t, w.Body)
		if w.Code != c.status || got["error"] != c.code || got["access_token"] != nil {
			t.Errorf("%s: %d %v", name, w.Code, got)
		}
		if (w.Header().Get("WWW-Authenticate") != "") != (c.status == http.StatusUnauthorized) {
			t.Errorf("%s: WWW-Authenticate %q", name, w.Header().Get("WWW-Authenticate"))
		}
		if strings.Contains(answer, "demo-") {
			t.Errorf("%s: a secret comes back: %s", name, answer)
		}
	}
}

func TestTheFormIsReadFromTheBodyAlone(t *testing.T) {
	issuer := newIssuer(t, demo.IssuerConfig{})
	for name, c := range map[string]struct {
		target, kind, body string
		status             int
	}{
		"parameters in the URL": {issuer.TokenURL() + "?" + signIn().Encode(), formType, "", 401},
		"JSON":                  {issuer.TokenURL(), "application/json", `{"grant_type": "password"}`, 400},
		"no type":               {issuer.TokenURL(), "", signIn().Encode(), 400},
		"bad escapes":           {issuer.TokenURL(), formType, signIn().Encode() + "&x=%zz", 400},
		"a huge form":           {issuer.TokenURL(), formType, signIn().Encode() + "&x=" + strings.Repeat("x", 20<<10), 413},
		"a charset":             {issuer.TokenURL(), formType + "; charset=UTF-8", signIn().Encode(), 200},
	} {
		if w := ask(t, issuer, http.MethodPost, c.target, c.body, "Content-Type", c.kind); w.Code != c.status {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

func TestARefreshTokenWorksOnceForItsClient(t *testing.T) {
	now := noon
	other := demo.Client{ID: "other", Secret: "other-secret", Grants: []string{"refresh_token"}}
	issuer := newIssuer(t, demo.IssuerConfig{Clients: append(demo.Clients(), other), Now: func() time.Time { return now }})
	token := func() string {
		refresh, _ := object(t, post(t, issuer, changed(signIn(), "scope", "openid")).Body)["refresh_token"].(string)
		return refresh
	}
	form := func(refresh string) url.Values {
		return changed(signIn(), "grant_type", "refresh_token", "username", "", "password", "", "refresh_token", refresh)
	}
	first := token()
	if w := post(t, issuer, changed(form(first), "client_id", "other", "client_secret", "other-secret")); w.Code != http.StatusBadRequest {
		t.Errorf("another client: %d", w.Code)
	}
	got := object(t, post(t, issuer, form(first)).Body)
	if got["access_token"] == nil || got["id_token"] == nil || got["refresh_token"] == first {
		t.Errorf("%v", got)
	}
	if w := post(t, issuer, form(first)); w.Code != http.StatusBadRequest {
		t.Errorf("a second time: %d", w.Code)
	}
	late := token()
	now = now.Add(31 * time.Minute)
	if w := post(t, issuer, form(late)); w.Code != http.StatusBadRequest {
		t.Errorf("too late: %d", w.Code)
	}
}

func TestTooManyRequestsInASecondAreTurnedAway(t *testing.T) {
	now := noon
	issuer := newIssuer(t, demo.IssuerConfig{TokensPerSecond: 2, Now: func() time.Time { return now }})
	for n, want := range []int{200, 200, 429, 429} {
		if w := post(t, issuer, signIn()); w.Code != want {
			t.Errorf("request %d: %d", n, w.Code)
		}
	}
	now = now.Add(time.Second)
	if w := post(t, issuer, signIn()); w.Code != http.StatusOK {
		t.Errorf("a second later: %d", w.Code)
	}
}

func TestRefreshTokensAreBounded(t *testing.T) {
	now := noon
	issuer := newIssuer(t, demo.IssuerConfig{TokensPerSecond: 5000, Now: func() time.Time { return now }})
	var kept []string
	for range 1005 {
		refresh, _ := object(t, post(t, issuer, signIn()).Body)["refresh_token"].(string)
		kept = append(kept, refresh)
	}
	valid := 0
	for _, refresh := range kept {
		w := post(t, issuer, changed(signIn(), "grant_type", "refresh_token", "refresh_token", refresh))
		if w.Code == http.StatusOK {
			valid++
		}
	}
	if valid == 0 || valid > 1000 {
		t.Errorf("%d of %d refresh tokens are remembered", valid, len(kept))
	}
}
