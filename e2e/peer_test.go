//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A peer is a real program beside the gateway. It was started by a script that
// says on one line that it answers, and where.
type peer struct {
	*process
	line string // what the script said, which names the version
}

// startPeer starts a program and waits for its line.
func (s *stack) startPeer(name string, patience time.Duration, env []string, argv ...string) (*peer, error) {
	env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "JAVA_HOME=" + os.Getenv("JAVA_HOME")}, env...)
	p, err := s.launch(name, env, argv...)
	if err != nil {
		return nil, err
	}
	line, err := p.says(" answers at ", patience)
	return &peer{process: p, line: line}, err
}

// says waits for a line of the program's log that has this text in it.
func (p *process) says(text string, patience time.Duration) (string, error) {
	deadline := time.After(patience)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		log, err := os.ReadFile(p.log)
		if err != nil {
			return "", err
		}
		for line := range strings.Lines(string(log)) {
			if strings.Contains(line, text) && strings.HasSuffix(line, "\n") {
				return strings.TrimSpace(line), nil
			}
		}
		select {
		case <-p.done:
			return "", fmt.Errorf("%s ended before it said %q (%s): see %s", p.name, text, p.cmd.ProcessState, p.log)
		case <-deadline:
			return "", fmt.Errorf("%s did not say %q within %s: see %s", p.name, text, patience, p.log)
		case <-tick.C:
		}
	}
}

// version is what the peer calls itself: its line as far as " answers at".
func (p *peer) version() string {
	before, _, _ := strings.Cut(p.line, " answers at ")
	return before
}

// number is the version alone, without the name before it and what is behind.
func (p *peer) number() string {
	words := strings.Fields(p.version())
	return words[min(1, len(words)-1)]
}

// database is PostgreSQL with PostGIS, and the table of the collection gauges.
type database struct {
	*peer
	port string
}

func (s *stack) startDatabase(name string) (*database, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	return s.serveDatabase(name, port)
}

func (s *stack) serveDatabase(name, port string, env ...string) (*database, error) {
	p, err := s.startPeer(name, time.Minute, env, repository("deploy/postgis/serve"), port)
	return &database{peer: p, port: port}, err
}

// setting tells pygeoapi where it is.
func (d *database) setting() []string {
	return []string{"PYGEOAPI_DATABASE_HOST=127.0.0.1", "PYGEOAPI_DATABASE_PORT=" + d.port}
}

// remoteOPA is an OPA server, which the tests share with the policy of a
// collection a company.
type remoteOPA struct {
	*process
	url string
}

func (s *stack) startOPA() (*remoteOPA, error) {
	return s.startOPAWith("opa", "policies/examples/company/authz.rego")
}

func (s *stack) startOPAWith(name, policy string) (*remoteOPA, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	return s.serveOPA(name, port, repository(policy))
}

// serveOPA starts a server with this policy.
func (s *stack) serveOPA(name, port, policy string) (*remoteOPA, error) {
	url := "http://127.0.0.1:" + port
	p, err := s.launch(name, []string{"HOME=" + os.Getenv("HOME")}, repository(".tools/bin/opa"), "run", "--server",
		"--addr", "127.0.0.1:"+port, "--disable-telemetry", "--log-level", "error", policy)
	if err != nil {
		return nil, err
	}
	return &remoteOPA{process: p, url: url}, p.answers(url + "/health")
}

// otherIssuer is an issuer of another make than Keycloak.
type otherIssuer struct {
	*peer
	url string
}

// startOtherIssuer starts oidc-provider; with a clock other than this machine's,
// where one is given as libfaketime writes it (+600s).
func (s *stack) startOtherIssuer(name, clock string) (*otherIssuer, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	var env []string
	if clock != "" {
		library, err := faketime()
		if err != nil {
			return nil, err
		}
		env = []string{"LD_PRELOAD=" + library, "FAKETIME=" + clock}
	}
	p, err := s.startPeer(name, time.Minute, env, "node", repository("e2e/node/issuer.mjs"), port)
	return &otherIssuer{peer: p, url: "http://127.0.0.1:" + port}, err
}

// repository is the whole path of a file of the repository: programs work
// elsewhere.
func repository(name string) string {
	whole, err := filepath.Abs(filepath.Join("..", name))
	if err != nil {
		panic(err) // there is no working folder
	}
	return whole
}

func freePort() (string, error) {
	ports, err := freePorts(1)
	if err != nil {
		return "", err
	}
	return ports[0], nil
}

// must ends the test where a part of the stack did not start.
func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}
