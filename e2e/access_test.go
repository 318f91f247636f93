//go:build e2e

package e2e

import (
	"bytes"
	"crypto/rand"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

func TestAccess(t *testing.T) {
	s := running
	const execution = "/processes/hello-world/execution"
	broken := s.osgeo()
	broken = broken[:len(broken)-8] + "AAAAAAAA"
	for _, c := range []struct {
		name      string
		gateway   *gateway
		method    string
		path      string
		field     header
		status    int
		says      string // a part of the error's detail, or its message
		challenge string
	}{
		{"no key", s.apiKey, "GET", "/collections/obs", "", 401, "no api key", "ApiKey"},
		{"an unknown key", s.apiKey, "GET", "/collections/obs", "X-API-KEY: nobody's", 401, "invalid api key", "ApiKey"},
		{"a token where a key is asked", s.apiKey, "GET", "/collections/obs", bearer(s.osgeo()), 401, "no api key", "ApiKey"},
		{"the key", s.apiKey, "GET", "/collections/obs", s.withKey(), 200, "", ""},
		{"the key runs a process", s.apiKey, "POST", execution, s.withKey(), 200, "", ""},
		{"the key does not open admin", s.apiKey, "GET", "/admin/config", s.withKey(), 403, "", ""},

		{"no token", s.jwks, "GET", "/collections/obs", "", 401, "Unauthenticated", "Bearer"},
		{"an expired token", s.jwks, "GET", "/collections/obs", bearer(s.expired()), 401, "expired", `error="invalid_token"`},
		{"a broken signature", s.jwks, "GET", "/collections/obs", bearer(broken), 401, "signature", `error="invalid_token"`},
		{"a token", s.jwks, "GET", "/collections/obs", bearer(s.osgeo()), 200, "", ""},
		{"a token of another company", s.jwks, "GET", "/collections/obs", bearer(s.geobeyond()), 200, "", ""},

		{"nobody", s.oidc, "GET", "/collections/obs", "", 401, "Unauthorized", "Bearer"},
		{"nobody at the landing page", s.oidc, "GET", "/", "", 401, "Unauthorized", "Bearer"},
		{"nobody at the OpenAPI document", s.oidc, "GET", "/openapi", "", 401, "Unauthorized", "Bearer"},
		{"an expired token in the OIDC mode", s.oidc, "GET", "/collections/obs", bearer(s.expired()), 401, "expired", `error="invalid_token"`},
		{"osgeo reads obs", s.oidc, "GET", "/collections/obs/items", bearer(s.osgeo()), 200, "", ""},
		{"osgeo does not read lakes", s.oidc, "GET", "/collections/lakes/items", bearer(s.osgeo()), 403, "", ""},
		{"geobeyond reads lakes", s.oidc, "GET", "/collections/lakes/items", bearer(s.geobeyond()), 200, "", ""},
		{"geobeyond does not read obs", s.oidc, "GET", "/collections/obs", bearer(s.geobeyond()), 403, "", ""},
		{"either reads the landing page", s.oidc, "GET", "", bearer(s.geobeyond()), 200, "", ""},
		{"either reads a static file", s.oidc, "GET", "/static/css/default.css", bearer(s.osgeo()), 200, "", ""},

		{"the shipped policy lets people read", s.standard, "GET", "/collections/obs/items", bearer(s.geobeyond()), 200, "", ""},
		{"the shipped policy lets nobody run a process", s.standard, "POST", execution, bearer(s.geobeyond()), 403, "", ""},
		{"the shipped policy keeps admin closed", s.standard, "GET", "/admin/config", bearer(s.geobeyond()), 403, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			fields, body := []header{header("X-Request-Id: " + newID())}, ""
			if c.field != "" {
				fields = append(fields, c.field)
			}
			if c.method == http.MethodPost {
				body = `{"inputs":{"name":"e2e"}}`
				fields = append(fields, "Content-Type: application/json")
			}
			got := ask(t, c.method, c.gateway.url+c.path, body, fields...).wants(t, c.status)
			if challenge := got.Header.Get("WWW-Authenticate"); !strings.Contains(challenge, c.challenge) || c.challenge == "" && challenge != "" {
				t.Errorf("WWW-Authenticate is %q, want %q", challenge, c.challenge)
			}
			if c.status >= 400 {
				isProblem(t, got, c.says)
			}
		})
	}
}

// isProblem checks the error body that every kind of client understands.
func isProblem(t *testing.T, got answer, says string) {
	t.Helper()
	problem := got.object(t)
	for _, member := range []string{"title", "detail", "code", "description", "message", "id"} {
		if text, ok := problem[member].(string); !ok || text == "" {
			t.Errorf("the error has no %s: %s", member, got.body)
		}
	}
	if kind := got.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/problem+json") {
		t.Errorf("the error is of type %q", kind)
	}
	if !bytes.Contains(got.body, []byte(says)) {
		t.Errorf("the error does not say %q: %s", says, got.body)
	}
	if got.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the error may be stored: %q", got.Header.Get("Cache-Control"))
	}
}

// What is refused never reaches the back end, and what does carries neither a
// key nor a token.
func TestOnlyWhatIsAllowedArrives(t *testing.T) {
	s := running
	for _, c := range []struct {
		gateway *gateway
		behind  *backend
		bad     header
		good    header
	}{
		{s.apiKey, s.moved, "X-API-KEY: nobody's", s.withKey()},
		{s.jwks, s.moved, bearer(s.expired()), bearer(s.osgeo())},
		{s.oidc, s.moved, bearer(s.geobeyond()), bearer(s.osgeo())},
		{s.standard, s.public, bearer(s.expired()), bearer(s.osgeo())},
	} {
		t.Run(c.gateway.name, func(t *testing.T) {
			refused, allowed := newID(), newID()
			if got := get(t, c.gateway.url+"/collections/obs", c.bad, header("X-Request-Id: "+refused)); got.StatusCode < 400 {
				t.Fatalf("got %s", got.Status)
			}
			get(t, c.gateway.url+"/collections/obs", c.good, header("X-Request-Id: "+allowed)).wants(t, 200)
			arrived := c.behind.waitFor(t, "id="+allowed+" key=- authorization=-")
			if strings.Contains(arrived, refused) {
				t.Errorf("a refused request arrived: see %s", c.behind.log)
			}
		})
	}
}

// waitFor returns the back end's log as soon as text is in it.
func (b *backend) waitFor(t *testing.T, text string) string {
	t.Helper()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		log, err := os.ReadFile(b.log)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(log, []byte(text)) {
			return string(log)
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%q is not in %s", text, b.log)
		}
	}
}

// newID makes a request id that is found again in a log.
func newID() string { return "e2e-" + rand.Text() }
