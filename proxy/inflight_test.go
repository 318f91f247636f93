package proxy_test

import (
	"io"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/geowarden/geowarden/authz"
	"github.com/geowarden/geowarden/proxy"
)

// Row 24: a flood that the back end holds up takes no more than its share, and
// the gateway still says that it is well.
func TestFloodIsShedAtOnce(t *testing.T) {
	const most = 8
	arrived, release := make(chan bool, most), make(chan bool)
	r := newRig(t, "open", serving(t, func(http.ResponseWriter, *http.Request) {
		arrived <- true
		<-release
	}), func(_ *rig, cfg *proxy.Config) { cfg.MaxInFlight = most })

	var held sync.WaitGroup
	for range most {
		held.Go(func() { wantStatus(t, r.do("GET", "/processes"), http.StatusOK) })
	}
	for range most {
		<-arrived
	}
	if n := r.proxy.InFlight(); n != most {
		t.Errorf("%d requests in flight, want %d", n, most)
	}
	for _, method := range []string{"GET", "HEAD", "POST"} {
		a := r.send(method, "/a//b", map[string]string{"POST": "{}"}[method]) // before anything of it is looked at
		if a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") != "1" || a.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: status %d, %v", method, a.StatusCode, a.Header)
		}
		if method != "HEAD" && a.problem(t)["code"] != "ServiceUnavailable" {
			t.Errorf("%s: %s", method, a.body)
		}
		if line := r.log.line(t, a.Header.Get("X-Request-Id")); line["failure"] != "overloaded" || line["path"] != nil {
			t.Errorf("%s: the log says %v", method, line)
		}
	}
	if a, _, _ := r.raw("GET /healthz HTTP/1.1\r\nHost: gateway.test\r\n\r\n"); a.StatusCode != http.StatusOK {
		t.Errorf("health: status %d", a.StatusCode)
	}
	wantStatus(t, r.do("OPTIONS", "/processes", "Origin: https://a.test", "Access-Control-Request-Method: GET"), http.StatusNoContent)
	close(release)
	held.Wait()
	wantStatus(t, r.do("GET", "/processes"), http.StatusOK)
	if n := r.proxy.InFlight(); n != 0 {
		t.Errorf("%d requests in flight after the last", n)
	}
}

// Whoever reads nothing holds the places of its own address, and not those of
// others: not a stranger's on the public API definition either.
func TestOneAddressHasNotAllPlaces(t *testing.T) {
	const share = 3
	arrived, release := make(chan bool, 2*share), make(chan bool)
	slow := serving(t, func(http.ResponseWriter, *http.Request) {
		arrived <- true
		<-release
	})
	r := newRig(t, "open", slow, func(_ *rig, cfg *proxy.Config) {
		cfg.MaxInFlight, cfg.MaxShare, cfg.TrustedPeers = 100, share, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	var held sync.WaitGroup
	hold := func(from string) {
		held.Go(func() { wantStatus(t, r.do("GET", "/processes", from), http.StatusOK) })
		<-arrived
	}
	for _, from := range []string{"2001:db8::1", "2001:db8::2", "2001:db8::3"} {
		hold("X-Forwarded-For: " + from)
	}
	a := r.do("GET", "/processes", "X-Forwarded-For: 2001:db8::4")
	if a.StatusCode != http.StatusTooManyRequests || a.Header.Get("Retry-After") != "1" || !strings.Contains(a.body, "under way") {
		t.Errorf("status %d: %s", a.StatusCode, a.body)
	}
	hold("X-Forwarded-For: 198.51.100.7") // another address
	for range share {
		hold("Accept: */*") // the proxy itself, which asks for many
	}
	if n := r.proxy.InFlight(); n != 2*share+1 {
		t.Errorf("%d requests in flight, want %d", n, 2*share+1)
	}
	close(release)
	held.Wait()
	wantStatus(t, r.do("GET", "/processes", "X-Forwarded-For: 2001:db8::4"), http.StatusOK)
}

// However a request ends, its place is free again, and free once.
func TestPlacesAreGivenBackOnce(t *testing.T) {
	r := newRig(t, "open", serving(t, func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/jobs" { // cut in the middle
			w.Header().Set("Content-Length", "1000000")
			_, _ = w.Write(make([]byte, 100_000))
		}
	}), func(_ *rig, cfg *proxy.Config) {
		cfg.MaxInFlight = 1
		cfg.Authz = deciding(func(in authz.Input) (authz.Decision, error) {
			if in.Request.Segments[0] == "conformance" {
				panic("boom")
			}
			return authz.Decision{Allow: true}, nil
		})
	})
	for range 3 {
		wantStatus(t, r.do("GET", "/conformance"), http.StatusInternalServerError)
		wantStatus(t, r.do("GET", "/a//b"), http.StatusBadRequest)
		res := r.begin("/jobs")
		if _, err := io.Copy(io.Discard, res.Body); err == nil {
			t.Error("a cut looks like a whole answer")
		}
		_ = res.Body.Close()
		wantStatus(t, r.do("GET", "/processes"), http.StatusOK)
		if n := r.proxy.InFlight(); n != 0 {
			t.Errorf("%d requests in flight", n)
		}
	}
}
