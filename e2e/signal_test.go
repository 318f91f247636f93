//go:build e2e

package e2e

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A second signal ends the program at once: somebody who presses Ctrl-C again
// does not want to wait for what is under way.
func TestASecondSignalEndsIt(t *testing.T) {
	entered, release := make(chan struct{}, 1), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/processes" {
			entered <- struct{}{}
			<-release
		}
	}))
	defer slow.Close()
	defer close(release)
	ports, err := freePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	binary, err := filepath.Abs("../bin/geowarden")
	if err != nil {
		t.Fatal(err)
	}
	root := "http://127.0.0.1:" + ports[0]
	p, err := running.launch("second-signal", []string{"PORT=" + ports[0], "DEV_UPSTREAM_URL=" + slow.URL, "DEV_SHUTDOWN_TIMEOUT=10m"}, binary, "serve")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.answers(root + "/healthz"); err != nil {
		t.Fatal(err)
	}
	go func() {
		if res, err := http.Get(root + "/geoapi/processes"); err == nil {
			_ = res.Body.Close()
		}
	}()
	<-entered
	send := func() { _ = syscall.Kill(p.cmd.Process.Pid, syscall.SIGTERM) }
	send()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if log, _ := os.ReadFile(p.log); strings.Contains(string(log), "stopping") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("it does not begin to stop: see %s", p.log)
		}
	}
	select {
	case <-p.done:
		t.Fatalf("it did not wait for the request under way: see %s", p.log)
	case <-time.After(200 * time.Millisecond):
	}
	send()
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
		t.Errorf("the second signal was swallowed: see %s", p.log)
	}
}
