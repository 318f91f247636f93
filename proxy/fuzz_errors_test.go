package proxy_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"go.uber.org/zap"
	"golang.org/x/net/http/httpguts"

	"github.com/geowarden/geowarden/authn"
	"github.com/geowarden/geowarden/authz"
	"github.com/geowarden/geowarden/ogcapi"
	"github.com/geowarden/geowarden/proxy"
)

// knowing is an authenticator made of a function.
type knowing func() (*authn.Principal, error)

func (k knowing) Authenticate(*http.Request) (*authn.Principal, error) { return k() }

// FuzzErrors makes every kind of error with every kind of text: the answer is
// one problem document with that text and nothing besides, and no header can be
// read as two.
func FuzzErrors(f *testing.F) {
	for kind := range uint8(8) {
		f.Add(kind, "x\", error=\"none\r\nSet-Cookie: a=b\r\n\r\n<html>", "https://a.test")
	}
	f.Add(uint8(1), "\xff\x00\u2028</script>\\", "null\"\\")
	f.Add(uint8(5), "expired: \ud7ff\U0010ffff\"", "https://a.test, https://b.test")
	var said refusal
	p, err := proxy.New(proxy.Config{
		Context: contexts, Public: "http://h/geoapi", Upstream: &url.URL{Scheme: "http", Host: "inside.test"},
		Transport: &backEndOf{}, Log: zap.NewNop(), CORS: proxy.CORS{Origins: []string{"*"}},
		Resolver: ogcapi.NewCatalog(ogcapi.CatalogConfig{URL: "http://inside.test/collections", Client: &http.Client{Transport: &backEndOf{}}}),
		Scheme:   proxy.Scheme{Mode: "oidc", Challenge: `Bearer realm="geowarden"`, Message: "Unauthorized"},
		Authn:    knowing(func() (*authn.Principal, error) { return said.who, said.unknown }),
		Authz:    deciding(func(authz.Input) (authz.Decision, error) { return said.dec, said.none }),
	})
	if err != nil {
		f.Fatal(err)
	}
	handler := p.Handler()
	f.Fuzz(func(t *testing.T, kind uint8, text, origin string) {
		if !httpguts.ValidHeaderFieldValue(origin) || !utf8.ValidString(origin) {
			return // net/http takes no such header
		}
		said = refusing(kind, text)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, contexts+"/processes", nil)
		r.Header.Set("Origin", origin)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		checkProblem(t, w, text)
	})
}

// refusal is what the authenticator and the authorizer answer.
type refusal struct {
	who     *authn.Principal
	unknown error
	dec     authz.Decision
	none    error
}

// refusing is one kind of error with a text in it.
func refusing(kind uint8, text string) refusal {
	r := refusal{who: &authn.Principal{Kind: authn.User, ID: text}, dec: authz.Decision{Reason: text}}
	switch kind % 8 {
	case 0:
		r.who = &authn.Principal{Kind: authn.Anonymous}
	case 1:
		r.dec.MissingScopes = []string{text, "read"}
	case 2:
		r.none = &authz.Unavailable{Cause: authz.Cause(text)}
	case 3, 4, 5, 6:
		r.who, r.unknown = nil, &authn.Error{Failure: authn.Failure(kind%8 - 2), Check: text, Detail: text}
	}
	return r
}

func checkProblem(t *testing.T, w *httptest.ResponseRecorder, text string) {
	t.Helper()
	if w.Code < 400 || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Fatalf("status %d: %v", w.Code, w.Header())
	}
	body := map[string]any{}
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || len(body) != 8 || !utf8.Valid(w.Body.Bytes()) {
		t.Fatalf("no problem document: %v: %s", err, w.Body)
	}
	if body["status"] != float64(w.Code) {
		t.Errorf("status %d with %s", w.Code, w.Body)
	}
	detail := body["detail"]
	if w.Code != http.StatusServiceUnavailable && text != "" && detail != strings.ToValidUTF8(text, "\ufffd") && strings.ToValidUTF8(text, "") == text {
		t.Errorf("the detail is %q, want %q", detail, text)
	}
	for name, values := range w.Header() {
		for _, value := range values {
			if !httpguts.ValidHeaderFieldValue(value) || !utf8.ValidString(value) {
				t.Errorf("%s: %q", name, value)
			}
		}
	}
	challenge := w.Header().Get("WWW-Authenticate")
	if strings.Count(challenge, `"`) != 2*strings.Count(challenge, `="`) || strings.Contains(challenge, `\`) {
		t.Errorf("the challenge can be read in two ways: %s", challenge)
	}
}
