//go:build e2e

package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/geowarden/geowarden/internal/demo"
)

// unshown are the rows that nothing shows here, and why.
var unshown = map[string]string{
	"mcp":        "fastgeoapi makes its MCP server from schemas that it fetches from the Internet each time that it starts",
	"pages":      "its own pages are in a package that is not among those it needs",
	"validators": "only its own providers have them, whose data pygeoapi cannot serve",
	"providers":  "pygeoapi cannot serve their data; TestInFrontOfFastgeoapi shows what to do then",
}

// particulars are the rows that take more than a request of the table.
var particulars = []struct {
	key  string
	pair func(*moving) *pair
	show func(*testing.T, *moving, *pair)
}{
	{"bearer", theJWKS, func(t *testing.T, m *moving, p *pair) {
		p.answers(t, "/collections", 200, 401, header("Authorization: "+running.handOut(m.issuer.Token("tomkralidis"))))
	}},
	{"expiry", theJWKS, func(t *testing.T, m *moving, p *pair) {
		p.answers(t, "/collections", 200, 401, m.token(func(claims map[string]any) { delete(claims, "exp") }))
	}},
	{"leeway", theJWKS, func(t *testing.T, m *moving, p *pair) {
		p.answers(t, "/collections", 401, 200, m.token(func(claims map[string]any) { claims["exp"] = time.Now().Unix() - 5 }))
	}},
	{"token-types", theJWKS, func(t *testing.T, m *moving, p *pair) {
		p.answers(t, "/collections", 200, 401, m.token(nil, demo.WithHeader("typ", "logout+jwt")))
	}},
	{"nobodys-tokens", theJWKS, func(t *testing.T, m *moving, p *pair) {
		p.answers(t, "/collections", 200, 401, m.token(func(claims map[string]any) { delete(claims, "sub"); delete(claims, "azp") }))
	}},
	{"key-fetches", theJWKS, showKeyFetches},
	{"algorithms", theJWKS, showAlgorithms},
	{"realm", theCustom, func(t *testing.T, _ *moving, p *pair) {
		theirs, ours := get(t, p.theirs.url+"/collections").wants(t, 401), get(t, p.ours.url+"/collections").wants(t, 401)
		if got := theirs.Header.Get("WWW-Authenticate"); got != `Bearer realm="`+p.theirs.root+`/"` {
			t.Errorf("fastgeoapi asks by %s", got)
		}
		if got := ours.Header.Get("WWW-Authenticate"); got != `Bearer realm="geowarden"` {
			t.Errorf("the gateway asks by %s", got)
		}
	}},
	{"forwarded", theCustom, func(t *testing.T, m *moving, p *pair) {
		theirs, ours := p.answers(t, "/collections?f=json", 200, 200, m.token(nil), "X-Forwarded-Proto: https", "X-Forwarded-Host: others.example")
		if !strings.Contains(string(theirs.body), "https://others.example/maps/api/collections") || strings.Contains(string(theirs.body), home) {
			t.Errorf("fastgeoapi does not take a client at its word: %.500s", theirs.body)
		}
		if strings.Contains(string(ours.body), "others.example") || !strings.Contains(string(ours.body), home+"/maps/api/collections") {
			t.Errorf("a client says where links lead: %.500s", ours.body)
		}
	}},
	{"two-credentials", theAPIKey, func(t *testing.T, m *moving, p *pair) {
		p.answers(t, "/collections", 200, 400, running.withKey(), "X-API-KEY: nobody's")
		m.jwks.answers(t, "/collections", 200, 400, m.token(nil), bearer("not-a-token"))
	}},
	{"key-names", theAPIKey, func(t *testing.T, m *moving, p *pair) {
		p.answers(t, "/collections", 200, 200, header("X-API-KEY: "+m.desk))
		p.answers(t, "/collections", 401, 200, header("X-API-KEY: "+m.office))
		p.answers(t, "/collections?api_key=nobodys", 401, 401) // and neither reads one in the query
	}},
	{"definition", theAPIKey, func(t *testing.T, m *moving, p *pair) {
		own, ours := get(t, m.behind.url+"/openapi?f=json").wants(t, 200), get(t, p.ours.url+"/openapi?f=json").wants(t, 200)
		about := []string{"servers", "names of security schemes", "security schemes", "operations that take a credential", "credentials", "security", "refusals", "what a refusal is", "the gateway's components"}
		for _, d := range definitionDifferences(own.body, ours.body) {
			if !slices.Contains(about, d[0]) {
				t.Errorf("%s of the back end's definition did not pass as they are: %.700s\nbecame %.700s", d[0], d[1], d[2])
			}
		}
	}},
	{"secrets-in-logs", theAPIKey, func(t *testing.T, _ *moving, p *pair) {
		p.answers(t, "/openapi?f=html&ui=redoc", 500, 200, running.withKey())
		if _, err := p.theirs.says(running.key, 10*time.Second); err != nil {
			t.Errorf("fastgeoapi does not write a key into its log: %v", err)
		}
		// That of the gateway is read with the others when all is over.
	}},
	{"open-door", theOpen, func(t *testing.T, _ *moving, p *pair) {
		if help := p.file.command(t, "run", "--help"); !strings.Contains(help, "[default: 0.0.0.0]") {
			t.Errorf("fastgeoapi does not listen everywhere by itself: %s", help)
		}
		out, err := p.file.geowarden(t, []string{"HOST=0.0.0.0"}, "DEV_UPSTREAM_URL=http://127.0.0.1:1")
		if err == nil || !strings.Contains(out, "DEV_ALLOW_ANONYMOUS: no mode is on and HOST is not this machine alone") {
			t.Errorf("the gateway would be open to everybody: %v\n%s", err, out)
		}
	}},
	{"userinfo", theOIDC, func(t *testing.T, _ *moving, p *pair) {
		p.answers(t, "/collections/obs", 401, 200, bearer(running.withKeycloak(t).user(t, "tomkralidis"))) // without the scope openid
	}},
	{"policy-paths", theOIDC, showPolicyPaths},
	{"opa-address", theOIDC, func(t *testing.T, m *moving, p *pair) {
		whole := m.opa.url + "/v1/data/httpapi/authz"
		const program = `import sys; from fastapi_opa import OPAConfig; print(OPAConfig(authentication=[], opa_host=sys.argv[1]).opa_url)`
		if got := p.file.python(t, program, whole); got != whole+"/v1/data/httpapi/authz" {
			t.Errorf("fastgeoapi asks OPA at %s", got)
		}
		g := running.movedFor(t, p, []string{"DEV_OPA_URL=" + whole}, "DEV_UPSTREAM_URL="+m.behind.url, "DEV_POLICY_FULL_PATH=true")
		get(t, g.url+"/collections/obs", bearer(running.withKeycloak(t).openID(t, "tomkralidis"))).wants(t, 200)
	}},
	{"opa-down", theOIDC, func(t *testing.T, m *moving, p *pair) {
		m.opa.down.Store(true)
		defer m.opa.down.Store(false)
		_, ours := p.answers(t, "/collections/obs", 500, 503, bearer(running.withKeycloak(t).openID(t, "tomkralidis")))
		direct.CloseIdleConnections()
		if ours.Header.Get("Retry-After") == "" {
			t.Error("nobody is told when to try again")
		}
	}},
}

func theOpen(m *moving) *pair   { return m.open }
func theAPIKey(m *moving) *pair { return m.apiKey }
func theJWKS(m *moving) *pair   { return m.jwks }
func theCustom(m *moving) *pair { return m.custom }
func theOIDC(m *moving) *pair   { return m.oidc }

// answers asks both for a path, which each must answer with a status of its own.
func (p *pair) answers(t *testing.T, path string, theirs, ours int, fields ...header) (atTheirs, atOurs answer) {
	t.Helper()
	return get(t, p.theirs.url+path, fields...).wants(t, theirs), get(t, p.ours.url+path, fields...).wants(t, ours)
}

// token signs somebody's claims, after a change.
func (m *moving) token(change func(map[string]any), options ...demo.SignOption) header {
	claims := m.issuer.Claims("tomkralidis")
	if change != nil {
		change(claims)
	}
	return bearer(running.handOut(m.issuer.Sign(claims, options...)))
}

func showKeyFetches(t *testing.T, m *moving, p *pair) {
	const requests = 5
	for _, side := range []struct {
		url         string
		least, most int
	}{{p.theirs.url, requests, requests}, {p.ours.url, 0, 1}} {
		before := m.issuer.Counts().JWKS
		for range requests {
			get(t, side.url+"/conformance", m.token(nil)).wants(t, http.StatusOK)
		}
		if fetched := m.issuer.Counts().JWKS - before; fetched < side.least || fetched > side.most {
			t.Errorf("%s fetched the keys %d times for %d requests", side.url, fetched, requests)
		}
	}
}

// showAlgorithms publishes a key of a second algorithm, and takes it back.
func showAlgorithms(t *testing.T, m *moving, p *pair) {
	p.answers(t, "/collections", 200, 200, m.token(nil))
	defer m.oneKey(t)
	second := m.token(nil, demo.WithAlgorithm("ES256"))
	p.answers(t, "/collections", 401, 200, m.token(nil))
	get(t, p.theirs.url+"/collections", second).wants(t, http.StatusUnauthorized)
	m.waitForKeys(t, p, second)
}

// oneKey lets the issuer have one key again, a new one.
func (m *moving) oneKey(t *testing.T) {
	if err := m.issuer.Rotate(); err != nil {
		t.Fatal(err)
	}
	m.issuer.Retire()
	for _, p := range []*pair{m.jwks, m.custom} {
		m.waitForKeys(t, p, m.token(nil))
	}
}

// waitForKeys waits until the gateway knows a token's key, which it fetches when it
// sees such a token, but not as often as it does.
func (m *moving) waitForKeys(t *testing.T, p *pair, token header) {
	t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for get(t, p.ours.url+"/conformance", token).StatusCode != http.StatusOK {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("the gateway never fetched the new key: see %s", p.ours.log)
		}
	}
}

// showPolicyPaths asks the same OPA server through fastgeoapi, through a Geowarden
// with the one line that it needs, and through one with a line about the policy.
func showPolicyPaths(t *testing.T, m *moving, p *pair) {
	token := bearer(running.withKeycloak(t).openID(t, "tomkralidis"))
	short := running.movedFor(t, p, nil, "DEV_UPSTREAM_URL="+m.behind.url)
	asked := func(url, path string, status int) []string {
		m.opa.taken()
		get(t, url+path, token).wants(t, status)
		inputs := m.opa.taken()
		if len(inputs) != 1 || inputs[0].RequestMethod != http.MethodGet {
			t.Fatalf("%s%s: the policy was asked %+v", url, path, inputs)
		}
		return inputs[0].RequestPath
	}
	for _, path := range []string{"/collections", "/collections/obs", "/collections/obs/items/101", "/stac/scenes/2024", "/"} {
		theirs := asked(p.theirs.url, path, http.StatusOK)
		if ours := asked(p.ours.url, path, http.StatusOK); !slices.Equal(ours, theirs) {
			t.Errorf("%s: fastgeoapi's policy is given %q, and with POLICY_FULL_PATH %q", path, theirs, ours)
		}
		if theirs[0] != "geoapi" {
			t.Errorf("%s: fastgeoapi's policy is given %q", path, theirs)
		}
	}
	if got, want := asked(short.url, "/collections/obs", http.StatusForbidden), []string{"collections", "obs"}; !slices.Equal(got, want) {
		t.Errorf("without it a policy is given %q, want %q", got, want)
	}
	if _, err := short.says("DEV_POLICY_FULL_PATH: not set", 10*time.Second); err != nil {
		t.Errorf("nobody is told: %v", err)
	}
}
