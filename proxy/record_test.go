package proxy_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/geowarden/geowarden/authn"
	"github.com/geowarden/geowarden/authz"
	"github.com/geowarden/geowarden/proxy"
)

// The one line about a request says who, what, why and how long.
func TestLineSaysWhoWhatAndWhy(t *testing.T) {
	r := newRig(t, "oidc")
	a := r.do("GET", "/collections/lakes/items/3?f=json", r.token(osgeo))
	line := r.log.line(t, a.Header.Get("X-Request-Id"))
	want := map[string]any{
		"mode": "oidc", "method": "GET", "path": "/collections/lakes/items/3", "client_ip": "127.0.0.1", "status": float64(403), "kind": "user",
		"api": "features", "operation": "read", "type": "item", "collection": "lakes", "item": "3", "decision": "deny", "issuer": r.issuer.BaseURL(), "failure": "denied",
	}
	for field, value := range want {
		if line[field] != value {
			t.Errorf("%s is %v, want %v", field, line[field], value)
		}
	}
	for _, field := range []string{"subject", "reason", "policy", "authn", "authz", "took", "bytes"} {
		if line[field] == nil || line[field] == "" {
			t.Errorf("no %s in %v", field, line)
		}
	}
	served := r.do("GET", "/collections/obs", r.token(osgeo))
	if line := r.log.line(t, served.Header.Get("X-Request-Id")); line["upstream"] == nil || line["decision"] != "allow" || line["bytes"] != float64(len(served.body)) {
		t.Errorf("served: %v", line)
	}
}

func TestKeysAreLoggedByName(t *testing.T) {
	r := newRig(t, "api-key")
	a := r.do("GET", "/collections/obs", key())
	line := r.log.line(t, a.Header.Get("X-Request-Id"))
	if line["subject"] != "GLOBAL" || line["kind"] != "key" {
		t.Errorf("the log says %v", line)
	}
}

// A client's request id is kept if it is short and plain: it goes into logs,
// answers and the back end's request.
func TestRequestIDs(t *testing.T) {
	r := newRig(t, "open")
	for id, kept := range map[string]bool{
		"7f3c-ab_1.2": true, "": false, strings.Repeat("a", 65): false, `x"y`: false, "a b": false, "a,b": false, "<script>": false, "a\tb": false,
	} {
		a := r.do("GET", "/processes", "X-Request-Id: "+id)
		got := a.Header.Get("X-Request-Id")
		if (got == id) != kept || got == "" {
			t.Errorf("%q became %q", id, got)
		}
		if at := r.lastArrived().Header.Get("X-Request-Id"); at != got {
			t.Errorf("%q arrived for %q", at, got)
		}
	}
}

// A fault of ours is a 500 with the body of every error, and the program goes on.
func TestPanicIsA500(t *testing.T) {
	r := newRig(t, "open", func(_ *rig, cfg *proxy.Config) {
		cfg.Authz = deciding(func(in authz.Input) (authz.Decision, error) {
			if in.Request.Segments[0] == "processes" {
				panic("boom")
			}
			return authz.Decision{Allow: true}, nil
		})
	})
	a := r.do("GET", "/processes")
	if a.StatusCode != http.StatusInternalServerError || a.problem(t)["code"] != "InternalError" || strings.Contains(a.body, "boom") {
		t.Errorf("status %d: %s", a.StatusCode, a.body)
	}
	if line := r.log.line(t, a.Header.Get("X-Request-Id")); line["failure"] != "panic" || !strings.Contains(line["cause"].(string), "boom") {
		t.Errorf("the log says %v", line)
	}
	if n := len(r.arrived()); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
	if a := r.do("GET", "/collections"); a.StatusCode != http.StatusOK {
		t.Errorf("afterwards: status %d", a.StatusCode)
	}
}

// No answer is a no: whatever keeps the authorizer from deciding is 503, each
// with its own class in the log, and nothing is forwarded.
func TestNoDecisionIsANo(t *testing.T) {
	for _, cause := range []authz.Cause{authz.CauseEvaluation, authz.CauseType, authz.CauseDeadline, authz.CauseRemote, authz.CauseDataRule} {
		t.Run(string(cause), func(t *testing.T) {
			r := newRig(t, "open", func(_ *rig, cfg *proxy.Config) {
				cfg.Authz = deciding(func(authz.Input) (authz.Decision, error) {
					return authz.Decision{Allow: true}, &authz.Unavailable{Cause: cause, Err: errors.New("private cause")}
				})
			})
			a := r.do("GET", "/collections")
			if a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" || strings.Contains(a.body, "private cause") {
				t.Errorf("status %d, Retry-After %q: %s", a.StatusCode, a.Header.Get("Retry-After"), a.body)
			}
			if n := len(r.arrived()); n != 0 {
				t.Errorf("%d requests arrived", n)
			}
			if line := r.log.line(t, a.Header.Get("X-Request-Id")); line["failure"] != string(cause) || line["decision"] != "error" {
				t.Errorf("the log says %v", line)
			}
		})
	}
}

func TestMissingScopesAreNamed(t *testing.T) {
	r := newRig(t, "jwks", func(_ *rig, cfg *proxy.Config) {
		cfg.Authz = authz.Flat{Scopes: []string{"profile", "geo.read", "geo.write"}}
	})
	a := r.do("GET", "/collections/obs", r.token(osgeo))
	if a.StatusCode != http.StatusForbidden {
		t.Fatalf("status %d: %s", a.StatusCode, a.body)
	}
	if got := a.Header.Get("WWW-Authenticate"); !strings.Contains(got, `error="insufficient_scope"`) || !strings.Contains(got, `scope="geo.read geo.write"`) {
		t.Errorf("challenge %s", got)
	}
}

func TestHealth(t *testing.T) {
	reason := "keys"
	r := newRig(t, "api-key", func(_ *rig, cfg *proxy.Config) {
		cfg.Ready = func() string { return reason }
		cfg.Degraded = func() []string { return []string{"provider"} }
	})
	get := func(path string) answer {
		a, _, _ := r.raw(request("GET", path))
		return a
	}
	if a := get("/healthz"); a.StatusCode != http.StatusOK || a.body != `{"status":"ok"}` {
		t.Errorf("healthz: %d %s", a.StatusCode, a.body)
	}
	if a := get("/readyz"); a.StatusCode != http.StatusServiceUnavailable || a.body != `{"status":"not-ready","reason":"keys"}` {
		t.Errorf("readyz without keys: %d %s", a.StatusCode, a.body)
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if a, _, _ := r.raw(request("HEAD", path)); a.StatusCode == http.StatusNotFound || a.body != "" || a.Header.Get("X-Request-Id") == "" {
			t.Errorf("HEAD %s: %d %q", path, a.StatusCode, a.body)
		}
	}
	reason = ""
	if a := get("/readyz"); a.StatusCode != http.StatusOK || a.body != `{"status":"ready","degraded":["provider"]}` {
		t.Errorf("readyz: %d %s", a.StatusCode, a.body)
	}
	down := newRig(t, "open", func(r *rig, _ *proxy.Config) { r.backend.Close() })
	a, _, _ := down.raw(request("GET", "/readyz"))
	if a.StatusCode != http.StatusOK || a.body != `{"status":"ready","degraded":["upstream"]}` {
		t.Errorf("readyz without the back end: %d %s", a.StatusCode, a.body)
	}
	for _, path := range []string{"/", "/healthz/", "/healthz/x", "/geoapix", "/metrics", "/%67eoapi"} {
		if a := get(path); a.StatusCode != http.StatusNotFound && a.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: status %d", path, a.StatusCode)
		}
	}
}

// A configuration that would let requests through unasked makes no proxy.
func TestNewRefusesHolesInTheGate(t *testing.T) {
	_, err := proxy.New(proxy.Config{IdentityHeaders: map[string]string{"X-User": "sub"}, PolicyHeaders: []string{"cookie"}})
	if err == nil {
		t.Fatal("an empty configuration made a proxy")
	}
	for _, part := range []string{"Context", "Upstream", "Public", "Transport", "Authn", "Authz", "Resolver", "Log", "X-User", "cookie"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("nothing is said about %s: %v", part, err)
		}
	}
	var none proxy.Authorizer
	if _, err := proxy.New(proxy.Config{Authz: none}); err == nil {
		t.Error("a proxy without an authorizer")
	}
}

// Somebody who is not signed in is asked to, where a policy says no.
func TestADenialOfAStrangerIsA401(t *testing.T) {
	for kind, want := range map[authn.Kind]int{authn.Anonymous: http.StatusUnauthorized, authn.User: http.StatusForbidden} {
		r := newRig(t, "oidc", func(_ *rig, cfg *proxy.Config) {
			cfg.Authn = authenticating(func() *authn.Principal { return &authn.Principal{Kind: kind} })
			cfg.Authz = deciding(func(authz.Input) (authz.Decision, error) { return authz.Decision{Reason: "not today"}, nil })
		})
		a := r.do("GET", "/collections")
		if a.StatusCode != want || a.problem(t)["detail"] != "not today" || (a.Header.Get("WWW-Authenticate") != "") != (want == http.StatusUnauthorized) {
			t.Errorf("%s: status %d: %s", kind, a.StatusCode, a.body)
		}
	}
}

// authenticating is an authenticator made of a function.
type authenticating func() *authn.Principal

func (a authenticating) Authenticate(*http.Request) (*authn.Principal, error) { return a(), nil }

// The figures are told once a request, and hold no word that a client chose.
func TestFiguresSayWhatTheLineSays(t *testing.T) {
	told := make(chan proxy.Observation, 1)
	r := newRig(t, "oidc", func(_ *rig, cfg *proxy.Config) {
		cfg.Observe = func(o *proxy.Observation) { told <- *o }
	})
	for _, c := range []struct {
		path  string
		lines []string
		want  proxy.Observation
	}{
		{"/collections/obs/items", []string{r.token(osgeo)}, proxy.Observation{Type: "items", Decision: "allow", Status: 200}},
		{"/collections/lakes/items", []string{r.token(osgeo)}, proxy.Observation{Type: "items", Decision: "deny", Class: "denied", Status: 403}},
		{"/collections/my-own-word", nil, proxy.Observation{Type: "collection", Decision: "none", Class: "authn-missing", Status: 401}},
		{"/my-own-word", []string{r.token(osgeo)}, proxy.Observation{Type: "unknown", Decision: "deny", Class: "denied", Status: 403}},
		{"/a//b", nil, proxy.Observation{Type: "none", Decision: "none", Class: "ambiguous", Status: 400}},
	} {
		a := r.do("GET", c.path, c.lines...)
		got := <-told
		if got.Took <= 0 || got.Bytes != len(a.body) || (got.Decision == "allow") != (got.Upstream > 0) || (got.Decision == "none") != (got.Authz == 0) {
			t.Errorf("%s: %+v", c.path, got)
		}
		c.want.Mode = "oidc"
		got.Took, got.Authn, got.Resolve, got.Authz, got.Upstream, got.Bytes = 0, 0, 0, 0, 0, 0
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", c.path, got, c.want)
		}
	}
}
