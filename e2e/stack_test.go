//go:build e2e

package e2e

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/geowarden/geowarden/internal/demo"
)

// elsewhere is what one of the two pygeoapis calls itself: an address that
// leads nowhere, so that a link the gateway missed cannot work by accident.
const elsewhere = "http://pygeoapi.invalid:8080/api"

// stack is everything that runs: an issuer, two pygeoapis, and a gateway for
// each mode in front of one of them.
type stack struct {
	issuer *demo.Issuer
	server *httptest.Server
	key    string // the API key, and what must not be found in any log

	moved  *backend // calls itself elsewhere
	public *backend // calls itself by the public address of standard

	apiKey   *gateway // API-key mode in front of moved
	jwks     *gateway // JWKS mode in front of moved
	oidc     *gateway // OIDC and OPA mode in front of moved, a collection a company
	standard *gateway // OIDC and OPA mode in front of public, the policy that ships

	mutex     sync.Mutex
	processes []*process
	tokens    []string // every token that was handed out
}

// backend is a pygeoapi.
type backend struct {
	*process
	url  string // where it listens
	name string // what it calls itself
}

// gateway is the program under test.
type gateway struct {
	*process
	root string // its address without the context
	url  string // $G of the README: with the context
}

func (s *stack) start() error {
	s.key = "canary-" + rand.Text()
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
	company, err := filepath.Abs("../policies/examples/company")
	if err != nil {
		return err
	}
	starting.Go(func() (err error) {
		s.apiKey, err = s.startGateway("api-key", port[3], s.moved, s.apiKeyMode())
		return
	})
	starting.Go(func() (err error) { s.jwks, err = s.startGateway("jwks", port[4], s.moved, s.jwksMode()); return })
	starting.Go(func() (err error) {
		s.oidc, err = s.startGateway("oidc", port[5], s.moved, append(s.oidcMode(), "DEV_POLICY_PATH="+company))
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

// startBackend starts pygeoapi. Its access log holds what the gateway must
// never pass on, should it arrive.
func (s *stack) startBackend(log, port, name string) (*backend, error) {
	serve, err := filepath.Abs("../deploy/pygeoapi/serve")
	if err != nil {
		return nil, err
	}
	scratch, err := filepath.Abs(logs) // its jobs go where the logs go, even if it is killed
	if err != nil {
		return nil, err
	}
	const arrived = `--access-logfile=- --access-logformat='%(m)s %(U)s %(q)s id=%({x-request-id}i)s key=%({x-api-key}i)s authorization=%({authorization}i)s'`
	p, err := s.launch(log, []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TMPDIR=" + scratch,
		"PYGEOAPI_SERVER_URL=" + name, "GUNICORN_CMD_ARGS=" + arrived,
	}, serve, port)
	if err != nil {
		return nil, err
	}
	b := &backend{process: p, url: "http://127.0.0.1:" + port, name: name}
	return b, p.answers(b.url + "/conformance?f=json")
}

// startGateway starts the program in the mode that the settings turn on.
func (s *stack) startGateway(log, port string, behind *backend, mode []string) (*gateway, error) {
	binary, err := filepath.Abs("../bin/geowarden")
	if err != nil {
		return nil, err
	}
	root := "http://127.0.0.1:" + port
	p, err := s.launch("geowarden-"+log, append([]string{
		"ENV_STATE=dev", "HOST=127.0.0.1", "PORT=" + port, "DEV_LOG_LEVEL=debug",
		"DEV_PYGEOAPI_BASEURL=" + root, "DEV_FASTGEOAPI_CONTEXT=/geoapi",
		"DEV_UPSTREAM_URL=" + behind.url, "DEV_UPSTREAM_SERVER_URL=" + behind.name,
	}, mode...), binary, "serve")
	if err != nil {
		return nil, err
	}
	g := &gateway{process: p, root: root, url: root + "/geoapi"}
	return g, p.answers(root + "/readyz")
}

func (s *stack) launch(name string, env []string, argv ...string) (*process, error) {
	p, err := launch(name, env, argv...)
	if err != nil {
		return nil, err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.processes = append(s.processes, p)
	return p, nil
}

// stop ends every process. A gateway that was asked to stop must end well.
func (s *stack) stop() error {
	var errs []error
	for _, p := range s.processes {
		if err := p.stop(); err != nil && strings.HasPrefix(p.name, "geowarden") {
			errs = append(errs, err)
		}
	}
	s.server.Close()
	return errors.Join(errs...)
}

// kill ends what still runs, at once.
func (s *stack) kill() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, p := range s.processes {
		p.kill()
	}
}

// leaks looks for the key and for every token in all logs, the back ends'
// included: they show what arrived. A token's parts count too.
func (s *stack) leaks() error {
	secrets := []string{s.key}
	for _, token := range s.tokens {
		secrets = append(secrets, strings.Split(token, ".")[1:]...)
	}
	var errs []error
	for _, p := range s.processes {
		text, err := os.ReadFile(p.log)
		errs = append(errs, err)
		for _, secret := range secrets {
			if secret != "" && strings.Contains(string(text), secret) {
				errs = append(errs, fmt.Errorf("%s: a credential is in %s", p.name, p.log))
				break
			}
		}
	}
	return errors.Join(errs...)
}
