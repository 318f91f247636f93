//go:build e2e

package e2e

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/geowarden/geowarden/internal/demo"
)

// pair is a fastgeoapi and a Geowarden that were started from one .env file over
// the same data; Geowarden's has lines added.
type pair struct {
	name   string
	mode   string // open, api-key, jwks or oidc
	file   *dotenv
	theirs *fastgeoapi
	ours   *gateway
}

// moving is what the tests about moving from fastgeoapi share.
type moving struct {
	folder  string
	issuer  *demo.Issuer // not that of the stack: its key set changes here
	server  *httptest.Server
	opa     *recordedOPA
	office  string   // an API key of the file beside the global one
	desk    string   // one of the process environment
	behind  *backend // a pygeoapi under Starlette, as fastgeoapi has one inside
	flask   *backend // one under Flask, as the official image has it
	open    *pair
	flasked *pair // the open mode again, in front of the other server
	apiKey  *pair
	jwks    *pair
	custom  *pair // JWKS mode, another context, a proxy in front, any audience and issuer
	oidc    *pair // which needs Keycloak and OPA
}

const audience = home + "/geoapi/"

// move returns what these tests share, and starts it when it is first asked for.
func (s *stack) move(t *testing.T) *moving {
	t.Helper()
	needs(t, needFast)
	m := must[*moving](t)(s.moving())
	isVersion("fastgeoapi", m.open.file.python(t, `import importlib.metadata as m; print(m.version("fastgeoapi"))`))
	return m
}

func (s *stack) startMoving() (*moving, error) {
	folder, err := filepath.Abs(filepath.Join(logs, "moving"))
	if err != nil {
		return nil, err
	}
	m := &moving{folder: folder, office: s.handOut("canary-office-" + newID()), desk: s.handOut("canary-desk-" + newID())}
	if m.issuer, err = demo.NewIssuer(demo.IssuerConfig{Audience: audience}); err != nil {
		return nil, err
	}
	m.server = httptest.NewServer(m.issuer)
	m.issuer.SetBaseURL(m.server.URL)
	// Every pygeoapi, inside or behind, keeps its jobs in one place: whoever moves
	// finds those of before.
	if err := os.MkdirAll(filepath.Join(folder, "jobs"), 0o755); err != nil {
		return nil, err
	}
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	var starting errgroup.Group
	starting.Go(func() (err error) { m.behind, err = s.startMovedBackend(m, ports[0], "starlette"); return })
	starting.Go(func() (err error) { m.flask, err = s.startMovedBackend(m, ports[1], "flask"); return })
	if err := starting.Wait(); err != nil {
		return nil, err
	}
	return m, s.startPairs(m)
}

func (s *stack) startMovedBackend(m *moving, port, server string) (*backend, error) {
	return s.startPygeoapi("pygeoapi-moving-"+server, port, home+"/geoapi", "PYGEOAPI_SERVER="+server, "PYGEOAPI_RUN="+filepath.Join(m.folder, "jobs"))
}

func (s *stack) startPairs(m *moving) error {
	upstream := "DEV_UPSTREAM_URL=" + m.behind.url
	jwks := []string{"DEV_JWKS_ENABLED=true", "DEV_OAUTH2_JWKS_ENDPOINT=" + m.issuer.JWKSURL(), "DEV_OAUTH2_TOKEN_ENDPOINT=" + m.issuer.TokenURL()}
	var starting errgroup.Group
	pairOf := func(into **pair, name, mode, context string, lines []string, added ...string) {
		starting.Go(func() (err error) { *into, err = s.startPair(m, name, mode, context, lines, added...); return })
	}
	pairOf(&m.open, "open", "open", "/geoapi", nil, upstream)
	pairOf(&m.apiKey, "api-key", "api-key", "/geoapi",
		[]string{"DEV_API_KEY_ENABLED=true", "DEV_PYGEOAPI_KEY_GLOBAL=" + s.key, "DEV_PYGEOAPI_KEY_OFFICE=" + m.office}, upstream)
	pairOf(&m.jwks, "jwks", "jwks", "/geoapi", append([]string{"DEV_OAUTH2_EXPECTED_AUDIENCE=" + audience, "DEV_OAUTH2_EXPECTED_ISSUER=" + m.issuer.BaseURL()}, jwks...), upstream)
	pairOf(&m.custom, "custom", "jwks", "/maps/api", append([]string{"DEV_FASTGEOAPI_REVERSE_PROXY=true"}, jwks...),
		upstream, "DEV_UPSTREAM_SERVER_URL="+m.behind.name)
	m.oidc = &pair{name: "oidc", mode: "oidc"}
	if needKeycloak.missing() == nil && needOPA.missing() == nil {
		starting.Go(func() (err error) { m.oidc, err = s.startOIDCPair(m, upstream); return })
	}
	if err := starting.Wait(); err != nil {
		return err
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	flasked := *m.open
	m.flasked = &flasked
	flasked.name = flaskPair
	flasked.ours, err = s.startMoved("moved-flask", port, m.open.file, nil, "DEV_UPSTREAM_URL="+m.flask.url, "DEV_UPSTREAM_SERVER_URL="+m.flask.name)
	return err
}

// startOIDCPair lets Keycloak say who asks, and one OPA server decide for both.
// Its policy was written for the paths that fastgeoapi gives it.
func (s *stack) startOIDCPair(m *moving, upstream string) (*pair, error) {
	k, err := s.keycloak()
	if err != nil {
		return nil, err
	}
	if m.opa, err = s.startRecordedOPA("e2e/testdata/fastgeoapi.rego"); err != nil {
		return nil, err
	}
	return s.startPair(m, "oidc", "oidc", "/geoapi", []string{
		"DEV_OPA_ENABLED=true", "DEV_OPA_URL=" + m.opa.url, "DEV_APP_URI=" + home, "DEV_PYGEOAPI_SECURITY_SCHEME=my_scheme",
		"DEV_OIDC_WELL_KNOWN_ENDPOINT=" + k.discovery(), "DEV_OIDC_CLIENT_ID=" + realmClient, "DEV_OIDC_CLIENT_SECRET=" + realmSecret,
	}, upstream, "DEV_POLICY_FULL_PATH=true")
}

func (s *stack) startPair(m *moving, name, mode, context string, lines []string, added ...string) (*pair, error) {
	folder := filepath.Join(m.folder, name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	config, environ, err := s.sampleConfig(folder)
	if err != nil {
		return nil, err
	}
	p := &pair{name: name, mode: mode}
	if p.file, err = writeDotenv(folder, context, config, lines...); err != nil {
		return nil, err
	}
	key := "PYGEOAPI_KEY_DESK=" + m.desk
	environ = append(environ, key, "PYGEOAPI_SERVER_URL="+home+context, "PYGEOAPI_RUN="+filepath.Join(m.folder, "jobs"))
	var starting errgroup.Group
	starting.Go(func() (err error) { p.theirs, err = s.startFastgeoapi(name, p.file, environ...); return })
	starting.Go(func() (err error) {
		p.ours, err = s.startMoved("moved-"+name, p.file.port, p.file, []string{key}, added...)
		return
	})
	return p, starting.Wait()
}

// needs skips the test where the machine lacks what the pair asks.
func (p *pair) needs(t *testing.T) {
	t.Helper()
	if p.mode == "oidc" {
		needs(t, needKeycloak, needOPA)
	}
}

// movedFor starts one more Geowarden from a pair's file, for one test. What stands
// in the file already is set anew in its environment.
func (s *stack) movedFor(t *testing.T, p *pair, environ []string, added ...string) *gateway {
	t.Helper()
	port := must[string](t)(freePort())
	g := must[*gateway](t)(s.startMoved(strings.ReplaceAll(t.Name(), "/", "-")+"-"+port, port, p.file, environ, added...))
	t.Cleanup(func() {
		if err := g.stop(); err != nil {
			t.Error(err)
		}
	})
	return g
}
