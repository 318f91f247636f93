//go:build e2e

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// watched is a gateway of one test's own, with its figures.
type watched struct {
	*gateway
	figures string // where they are
}

// watchedGateway starts one.
func (s *stack) watchedGateway(t *testing.T, behind *backend, settings ...string) *watched {
	t.Helper()
	return s.watchedGatewayAt(t, must[string](t)(freePort()), behind, settings...)
}

// watchedGatewayAt starts one that listens on this port, for a back end that was
// told so.
func (s *stack) watchedGatewayAt(t *testing.T, port string, behind *backend, settings ...string) *watched {
	t.Helper()
	figures := "127.0.0.1:" + must[string](t)(freePort())
	g := s.gatewayAt(t, port, behind, append(settings, "DEV_METRICS_ADDRESS="+figures)...)
	return &watched{gateway: g, figures: "http://" + figures + "/metrics"}
}

// coldGateway starts one that finds something missing, and so waits for nothing.
func (s *stack) coldGateway(t *testing.T, behind *backend, settings ...string) *gateway {
	t.Helper()
	port := must[string](t)(freePort())
	g := must[*gateway](t)(s.launchGateway(strings.ReplaceAll(t.Name(), "/", "-")+"-cold", port, behind, settings))
	t.Cleanup(func() {
		if err := g.stop(); err != nil {
			t.Error(err)
		}
	})
	if err := g.answers(g.root + "/healthz"); err != nil {
		t.Fatal(err)
	}
	return g
}

// figure is one figure, by its name with its labels as Prometheus writes them.
func (w *watched) figure(t *testing.T, name string) float64 {
	t.Helper()
	for line := range strings.Lines(string(get(t, w.figures).wants(t, 200).body)) {
		if value, found := strings.CutPrefix(line, name+" "); found {
			return must[float64](t)(strconv.ParseFloat(strings.TrimSpace(value), 64))
		}
	}
	t.Fatalf("there is no figure %s", name)
	return 0
}

// has fails unless the figure has this value.
func (w *watched) has(t *testing.T, name string, want float64) error {
	t.Helper()
	if got := w.figure(t, name); got != want {
		return fmt.Errorf("%s is %v, want %v; see %s", name, got, want, w.log)
	}
	return nil
}

// state is what /readyz says: the status, with the parts that are down or the
// reason behind it.
func (g *gateway) state(t *testing.T) string {
	t.Helper()
	got := get(t, g.root+"/readyz")
	var said struct {
		Status, Reason string
		Degraded       []string
	}
	if err := json.Unmarshal(got.body, &said); err != nil {
		t.Fatalf("/readyz says %s", got.body)
	}
	return strings.TrimSpace(fmt.Sprint(got.StatusCode, " ", said.Status, " ", said.Reason, strings.Join(said.Degraded, " ")))
}

// becomes waits until /readyz says so.
func (g *gateway) becomes(t *testing.T, state string) {
	t.Helper()
	until(t, "/readyz becomes "+state, func() error {
		if is := g.state(t); is != state {
			return fmt.Errorf("it is %s; see %s", is, g.log)
		}
		return nil
	})
}

// said counts the lines of the log that have all of these in them.
func (p *process) said(t *testing.T, parts ...string) (n int) {
	t.Helper()
	text := must[[]byte](t)(os.ReadFile(p.log))
lines:
	for line := range strings.Lines(string(text)) {
		for _, part := range parts {
			if !strings.Contains(line, part) {
				continue lines
			}
		}
		n++
	}
	return n
}

// until waits for something that is sure to come, however slow the machine.
func until(t *testing.T, what string, is func() error) {
	t.Helper()
	last := errors.New("nobody looked")
	for began := time.Now(); time.Since(began) < 3*time.Minute; time.Sleep(50 * time.Millisecond) {
		if last = is(); last == nil {
			return
		}
	}
	t.Fatalf("%s: not within three minutes: %v", what, last)
}

// is fails unless the address answers with this status.
func is(status int, url string, fields ...header) error {
	req, err := http.NewRequest(http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	for _, field := range fields {
		name, value, _ := strings.Cut(string(field), ": ")
		req.Header.Add(name, value)
	}
	res, err := direct.Do(req)
	if err != nil {
		return err
	}
	_ = res.Body.Close()
	if res.StatusCode != status {
		return fmt.Errorf("%s is %s, and is to be %d", url, res.Status, status)
	}
	return nil
}
