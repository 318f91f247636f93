//go:build e2e

package e2e

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/geowarden/geowarden/internal/demo"
)

// elsewhere is what one of the two pygeoapis calls itself: an address that
// leads nowhere, so that a link the gateway missed cannot work by accident.
const elsewhere = "http://pygeoapi.invalid:8080/api"

// stack is everything that runs: an issuer, two pygeoapis, and a gateway for
// each mode in front of one of them; and, each started when it is first asked
// for, what not every test needs.
type stack struct {
	issuer *demo.Issuer
	server *httptest.Server
	key    string // the API key, and what must not be found in any log

	moved  *backend // Flask, calls itself elsewhere
	public *backend // Flask, calls itself by the public address of standard

	database  func() (*database, error)
	starlette func() (*backend, error) // calls itself elsewhere
	keycloak  func() (*keycloak, error)
	other     func() (*otherIssuer, error)
	opa       func() (*remoteOPA, error)
	moving    func() (*moving, error) // fastgeoapi and the gateway, side by side
	chromium  func() (*chromium, error)

	apiKey   *gateway // API-key mode in front of moved
	jwks     *gateway // JWKS mode in front of moved
	oidc     *gateway // OIDC and OPA mode in front of moved, a collection a company
	standard *gateway // OIDC and OPA mode in front of public, the policy that ships

	mutex     sync.Mutex
	processes []*process
	over      bool     // nothing is started any more
	tokens    []string // every token that was handed out
}

// backend is a pygeoapi.
type backend struct {
	*peer
	url  string // where it listens
	name string // what it calls itself
}

// gateway is the program under test.
type gateway struct {
	*process
	root string // its address without the context
	url  string // $G of the README: with the context
}

func newStack() *stack {
	s := &stack{key: "canary-" + rand.Text()}
	s.database = sync.OnceValues(func() (*database, error) { return s.startDatabase("postgis") })
	s.starlette = sync.OnceValues(func() (*backend, error) { return s.startStarlette("pygeoapi-starlette") })
	s.keycloak = sync.OnceValues(s.startKeycloak)
	s.other = sync.OnceValues(func() (*otherIssuer, error) { return s.startOtherIssuer("oidc-provider", "") })
	s.opa = sync.OnceValues(s.startOPA)
	s.moving = sync.OnceValues(s.startMoving)
	s.chromium = sync.OnceValues(s.startChromium)
	return s
}

func (s *stack) start() error {
	if err := s.startIssuer(); err != nil {
		return err
	}
	port, err := freePorts(6)
	if err != nil {
		return err
	}
	var starting errgroup.Group
	starting.Go(func() (err error) { s.moved, err = s.startBackend("pygeoapi-moved", port[0], elsewhere); return })
	starting.Go(func() (err error) {
		s.public, err = s.startBackend("pygeoapi-public", port[1], "http://127.0.0.1:"+port[2]+"/geoapi")
		return
	})
	if err := starting.Wait(); err != nil {
		return err
	}
	starting.Go(func() (err error) {
		s.apiKey, err = s.startGateway("api-key", port[3], s.moved, s.apiKeyMode())
		return
	})
	starting.Go(func() (err error) { s.jwks, err = s.startGateway("jwks", port[4], s.moved, s.jwksMode()); return })
	starting.Go(func() (err error) {
		s.oidc, err = s.startGateway("oidc", port[5], s.moved, append(s.oidcMode(), "DEV_POLICY_PATH="+repository("policies/examples/company")))
		return
	})
	starting.Go(func() (err error) {
		s.standard, err = s.startGateway("standard", port[2], s.public, s.oidcMode())
		return
	})
	return starting.Wait()
}

// startIssuer serves the sample issuer from this process.
func (s *stack) startIssuer() (err error) {
	if s.issuer, err = demo.NewIssuer(demo.IssuerConfig{}); err != nil {
		return err
	}
	s.server = httptest.NewServer(s.issuer)
	s.issuer.SetBaseURL(s.server.URL)
	return nil
}

// showArrived has gunicorn's access log hold what the gateway must never pass on,
// should it arrive.
const showArrived = `--access-logfile=- --access-logformat='%(m)s %(U)s %(q)s id=%({x-request-id}i)s key=%({x-api-key}i)s authorization=%({authorization}i)s'`

// startBackend starts pygeoapi as its official image does.
func (s *stack) startBackend(log, port, name string) (*backend, error) {
	return s.startPygeoapi(log, port, name, "PYGEOAPI_SERVER=flask", "GUNICORN_CMD_ARGS="+showArrived)
}

// startStarlette starts pygeoapi under its other server.
func (s *stack) startStarlette(log string) (*backend, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	return s.startPygeoapi(log, port, elsewhere, "PYGEOAPI_SERVER=starlette")
}

// startPygeoapi starts it with the database that env names, or else with the one
// that the tests share, where there is one.
func (s *stack) startPygeoapi(log, port, name string, env ...string) (*backend, error) {
	scratch, err := filepath.Abs(logs) // its jobs go where the logs go, even if it is killed
	if err != nil {
		return nil, err
	}
	env = append(env, "TMPDIR="+scratch, "PYGEOAPI_SERVER_URL="+name)
	if needPostGIS.missing() == nil && !slices.ContainsFunc(env, func(v string) bool { return strings.HasPrefix(v, "PYGEOAPI_DATABASE_PORT=") }) {
		database, err := s.database()
		if err != nil {
			return nil, err
		}
		env = append(env, database.setting()...)
	}
	p, err := s.startPeer(log, 3*time.Minute, env, repository("deploy/pygeoapi/serve"), port)
	return &backend{peer: p, url: "http://127.0.0.1:" + port, name: name}, err
}

// startGateway starts the program in the mode that the settings turn on, and
// waits until it is ready.
func (s *stack) startGateway(log, port string, behind *backend, mode []string) (*gateway, error) {
	g, err := s.launchGateway(log, port, behind, mode)
	if err != nil {
		return nil, err
	}
	return g, g.answers(g.root + "/readyz")
}

// launchGateway starts the program, and waits for nothing.
func (s *stack) launchGateway(log, port string, behind *backend, mode []string) (*gateway, error) {
	root := "http://127.0.0.1:" + port
	p, err := s.launch("geowarden-"+log, append([]string{
		"ENV_STATE=dev", "HOST=127.0.0.1", "PORT=" + port, "DEV_LOG_LEVEL=debug",
		"DEV_PYGEOAPI_BASEURL=" + root, "DEV_FASTGEOAPI_CONTEXT=/geoapi",
		"DEV_UPSTREAM_URL=" + behind.url, "DEV_UPSTREAM_SERVER_URL=" + behind.name,
	}, mode...), repository("bin/geowarden"), "serve")
	return &gateway{process: p, root: root, url: root + "/geoapi"}, err
}

// gatewayFor starts a gateway that only one test needs, and stops it after it.
func (s *stack) gatewayFor(t *testing.T, behind *backend, settings ...string) *gateway {
	t.Helper()
	return s.gatewayAt(t, must[string](t)(freePort()), behind, settings...)
}

func (s *stack) gatewayAt(t *testing.T, port string, behind *backend, settings ...string) *gateway {
	t.Helper()
	g := must[*gateway](t)(s.startGateway(strings.ReplaceAll(t.Name(), "/", "-")+"-"+port, port, behind, settings))
	t.Cleanup(func() {
		if err := g.stop(); err != nil {
			t.Error(err)
		}
	})
	return g
}

func (s *stack) launch(name string, env []string, argv ...string) (*process, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.over {
		return nil, errors.New("the run is over")
	}
	p, err := launch(name, env, argv...)
	if err != nil {
		return nil, err
	}
	s.processes = append(s.processes, p)
	return p, nil
}

// stop ends every process. A gateway that was asked to stop must end well.
func (s *stack) stop() error {
	var stopping errgroup.Group
	for _, p := range s.processes {
		stopping.Go(func() error {
			if err := p.stop(); err != nil && strings.HasPrefix(p.name, "geowarden") {
				return err
			}
			return nil
		})
	}
	s.server.Close()
	return stopping.Wait()
}

// kill ends what still runs. It asks first: what ends by itself takes away what it
// keeps outside of the logs.
func (s *stack) kill() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.over = true
	for _, p := range s.processes {
		p.signal(syscall.SIGTERM)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	for _, p := range s.processes {
		select {
		case <-p.done:
		case <-ctx.Done():
		}
		p.kill()
	}
}

// leaks looks for the key and for every token in all logs, those of what arrived
// at the back ends included. A token's claims alone count too.
func (s *stack) leaks() error {
	secrets := []string{s.key}
	for _, token := range s.tokens {
		if _, signed, isJWT := strings.Cut(token, "."); isJWT {
			token, _, _ = strings.Cut(signed, ".") // what is before it is the same for many
		}
		secrets = append(secrets, token)
	}
	files, err := filepath.Glob(filepath.Join(logs, "*.log"))
	errs := []error{err}
	for _, file := range files {
		text, err := os.ReadFile(file)
		errs = append(errs, err)
		for _, secret := range secrets {
			if secret != "" && strings.Contains(string(text), secret) {
				errs = append(errs, fmt.Errorf("a credential is in %s", file))
				break
			}
		}
	}
	return errors.Join(errs...)
}
