package proxy_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/geowarden/geowarden/authn"
	"github.com/geowarden/geowarden/internal/limits"
	"github.com/geowarden/geowarden/proxy"
)

// hand is a clock that is moved by hand.
type hand struct{ since atomic.Int64 }

func (h *hand) now() time.Time { return time.Unix(1_700_000_000, h.since.Load()) }

func (h *hand) move(d time.Duration) { h.since.Add(int64(d)) }

func (h *hand) limit(events int) limits.Limiter {
	return limits.New(limits.Rate{Events: events, Per: time.Minute}, h.now)
}

// behindProxy makes the test a trusted proxy: each X-Forwarded-For is another client.
func behindProxy(_ *rig, cfg *proxy.Config) {
	cfg.TrustedPeers = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
}

func from(address string) string { return "X-Forwarded-For: " + address }

func wantStatus(t *testing.T, a answer, want int) {
	t.Helper()
	if a.StatusCode != want {
		t.Errorf("status %d, want %d: %.300s", a.StatusCode, want, a.body)
	}
}

// remaining is what an answer tells of a rate; empty where it tells nothing.
func remaining(a answer) string {
	return strings.Join([]string{a.Header.Get("RateLimit-Limit"), a.Header.Get("RateLimit-Remaining"), a.Header.Get("RateLimit-Reset"), a.Header.Get("RateLimit-Policy")}, " ")
}

func TestTooManyRequestsFromAnAddress(t *testing.T) {
	var clock hand
	r := newRig(t, "open", func(_ *rig, cfg *proxy.Config) { cfg.PerAddress = clock.limit(3) })
	for i, want := range []string{"3 2 20 3;w=60", "3 1 40 3;w=60", "3 0 60 3;w=60"} {
		a := r.do([]string{"GET", "HEAD", "POST"}[i], "/collections/obs", "Origin: https://page.example")
		if a.StatusCode == http.StatusTooManyRequests || remaining(a) != want {
			t.Errorf("request %d: status %d, %q, want %q", i, a.StatusCode, remaining(a), want)
		}
		if exposed := a.Header.Get("Access-Control-Expose-Headers"); !strings.Contains(exposed, "RateLimit-Remaining") {
			t.Errorf("a page cannot read the rate: %s", exposed)
		}
	}
	r.upstream.Reset()
	clock.move(500 * time.Millisecond)
	for _, path := range []string{"/collections/obs", "/a//b", "/openapi"} { // before the path is looked at
		a := r.do("GET", path)
		p := a.problem(t)
		if a.StatusCode != http.StatusTooManyRequests || p["code"] != "TooManyRequests" || p["title"] != "Too Many Requests" || a.Header.Get("Retry-After") != "20" || remaining(a) != "3 0 60 3;w=60" {
			t.Errorf("%s: status %d, %v\n%s", path, a.StatusCode, a.Header, a.body)
		}
		if line := r.log.line(t, a.Header.Get("X-Request-Id")); line["failure"] != "rate-address" {
			t.Errorf("the log says %v", line["failure"])
		}
	}
	if a := r.do("HEAD", "/collections/obs"); a.StatusCode != http.StatusTooManyRequests || a.body != "" || a.Header.Get("Retry-After") != "20" {
		t.Errorf("HEAD: status %d, body %q", a.StatusCode, a.body)
	}
	if n := len(r.arrived()); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
	wantStatus(t, r.do("OPTIONS", "/collections/obs", "Origin: https://a.test", "Access-Control-Request-Method: GET"), http.StatusNoContent)
	if a, _, _ := r.raw("GET /healthz HTTP/1.1\r\nHost: gateway.test\r\n\r\n"); a.StatusCode != http.StatusOK {
		t.Errorf("health: status %d", a.StatusCode)
	}
	clock.move(20 * time.Second)
	wantStatus(t, r.do("GET", "/collections/obs"), http.StatusOK)
	wantStatus(t, r.do("GET", "/collections/obs"), http.StatusTooManyRequests)
}

// Row 6: what an untrusted client says of its address wins it nothing.
func TestSpoofedAddressesShareABudget(t *testing.T) {
	var clock hand
	r := newRig(t, "open", func(_ *rig, cfg *proxy.Config) { cfg.PerAddress = clock.limit(3) })
	for i := range 5 {
		spoofed := fmt.Sprintf("198.51.100.%d", i)
		a := r.do("GET", "/collections/obs", from(spoofed), "X-Real-IP: "+spoofed, "True-Client-IP: "+spoofed, "Forwarded: for="+spoofed, "CF-Connecting-IP: "+spoofed)
		if limited := a.StatusCode == http.StatusTooManyRequests; limited != (i >= 3) {
			t.Errorf("request %d: status %d", i, a.StatusCode)
		}
	}
}

func TestAddressesBehindATrustedProxyAreToldApart(t *testing.T) {
	var clock hand
	r := newRig(t, "open", behindProxy, func(_ *rig, cfg *proxy.Config) { cfg.PerAddress = clock.limit(2) })
	for i, step := range []struct {
		from string
		want int
	}{
		{"203.0.113.1", 200}, {"198.51.100.9, 203.0.113.1", 200}, {"198.51.100.10, 203.0.113.1", 429}, {"203.0.113.2", 200},
		// Row 24: many addresses of one network are one client's.
		{"2001:db8::1", 200}, {"2001:db8::2", 200}, {"2001:db8::ffff:3", 429}, {"2001:db8:0:0:8000::", 429}, {"2001:db8:0:1::1", 200},
		{"not an address", 200}, {"", 200}, {"nor this", 429}, // who has none shares one
	} {
		if a := r.do("GET", "/collections/obs", from(step.from)); a.StatusCode != step.want {
			t.Errorf("request %d from %s: status %d, want %d", i, step.from, a.StatusCode, step.want)
		}
	}
}

func TestTooManyRequestsOfAnIdentity(t *testing.T) {
	var clock hand
	r := newRig(t, "oidc", behindProxy, func(_ *rig, cfg *proxy.Config) { cfg.PerIdentity = clock.limit(2) })
	for i, step := range []struct {
		headers []string
		want    int
		told    string
	}{
		{[]string{r.token(osgeo), from("203.0.113.1")}, 200, "2 1 30 2;w=60"},
		{[]string{r.token(osgeo), from("203.0.113.2")}, 200, "2 0 60 2;w=60"}, // from wherever
		{[]string{r.token(osgeo), from("203.0.113.3")}, 429, "2 0 60 2;w=60"},
		{[]string{r.token(geobeyond), from("203.0.113.3")}, 200, "2 1 30 2;w=60"},
		// Nobody learns of somebody's counters without their credential.
		{nil, 401, "   "},
		{[]string{"Authorization: Bearer x.y.z"}, 401, "   "},
		{[]string{"Authorization: Bearer " + strings.TrimSuffix(r.issuer.Token(osgeo), "x")[:40]}, 401, "   "},
	} {
		a := r.do("GET", "/collections", step.headers...)
		if a.StatusCode != step.want || remaining(a) != step.told {
			t.Errorf("request %d: status %d, want %d; told %q, want %q", i, a.StatusCode, step.want, remaining(a), step.told)
		}
		if step.want == http.StatusTooManyRequests {
			if line := r.log.line(t, a.Header.Get("X-Request-Id")); line["failure"] != "rate-identity" || line["subject"] == nil || a.Header.Get("Retry-After") != "30" {
				t.Errorf("the log says %v", line)
			}
		}
	}
}

// One who was not asked who they are has no identity that all of them share.
func TestNobodyIsNoIdentity(t *testing.T) {
	var clock hand
	r := newRig(t, "open", func(_ *rig, cfg *proxy.Config) { cfg.PerIdentity = clock.limit(1) })
	for range 3 {
		if a := r.do("GET", "/collections/obs"); a.StatusCode != http.StatusOK || remaining(a) != "   " {
			t.Errorf("status %d, told %q", a.StatusCode, remaining(a))
		}
	}
}

// counting notes how often a credential is read.
type counting struct {
	next  proxy.Authenticator
	reads atomic.Int32
}

func (c *counting) Authenticate(r *http.Request) (*authn.Principal, error) {
	c.reads.Add(1)
	return c.next.Authenticate(r)
}

// Guessing: when an address has used up its bad credentials, none from there is
// looked at, so that a right one among the guesses looks like a wrong one.
func TestGuessesAreLimited(t *testing.T) {
	var clock hand
	var seen counting
	r := newRig(t, "api-key", behindProxy, func(_ *rig, cfg *proxy.Config) {
		cfg.Failures = clock.limit(3)
		seen.next, cfg.Authn = cfg.Authn, &seen
	})
	wrong, here, there := "X-API-KEY: wrong", from("203.0.113.1"), from("203.0.113.2")
	for i, step := range []struct {
		headers []string
		want    int
		read    bool
	}{
		{[]string{here}, 401, true}, {[]string{here}, 401, true}, {[]string{here}, 401, true}, // none sent, none guessed
		{[]string{here, key()}, 200, true}, {[]string{here, key()}, 200, true},
		{[]string{here, wrong}, 401, true},
		{[]string{here, wrong, key()}, 400, true}, // two are a guess too
		{[]string{here, wrong}, 401, true},
		{[]string{here, key()}, 429, false},
		{[]string{here, wrong}, 429, false},
		{[]string{here, "Authorization: Bearer x.y.z"}, 429, false},
		{[]string{here}, 401, true}, // no credential, no guess
		{[]string{there, key()}, 200, true},
		{[]string{there, wrong}, 401, true},
	} {
		before := seen.reads.Load()
		a := r.do("GET", "/collections/obs", step.headers...)
		if a.StatusCode != step.want || (seen.reads.Load() > before) != step.read {
			t.Errorf("request %d: status %d, want %d; credential read %v, want %v", i, a.StatusCode, step.want, seen.reads.Load() > before, step.read)
		}
		if step.want == http.StatusTooManyRequests {
			if line := r.log.line(t, a.Header.Get("X-Request-Id")); line["failure"] != "rate-failures" || a.Header.Get("Retry-After") != "20" || remaining(a) != "3 0 60 3;w=60" {
				t.Errorf("request %d: %v %v", i, line["failure"], a.Header)
			}
		}
	}
	clock.move(20 * time.Second)
	wantStatus(t, r.do("GET", "/collections/obs", here, key()), http.StatusOK)
	wantStatus(t, r.do("GET", "/openapi", here, wrong), http.StatusOK) // where none is needed, none is read
}

// unavailable cannot check credentials now.
type unavailable struct{}

func (unavailable) Authenticate(*http.Request) (*authn.Principal, error) {
	return nil, &authn.Error{Failure: authn.Unavailable, Check: "keys", Detail: "the keys are out of reach"}
}

func TestAnOutageIsNobodysGuess(t *testing.T) {
	var clock hand
	r := newRig(t, "jwks", func(_ *rig, cfg *proxy.Config) { cfg.Authn, cfg.Failures = unavailable{}, clock.limit(1) })
	for range 3 {
		wantStatus(t, r.do("GET", "/collections/obs", "Authorization: Bearer x.y.z"), http.StatusServiceUnavailable)
	}
}

// The tightest of the rates is told, in place of what the back end says.
func TestTheTightestRateIsTold(t *testing.T) {
	var clock hand
	own := func(w http.ResponseWriter, _ *http.Request) {
		for _, name := range []string{"RateLimit-Limit", "ratelimit", "X-RateLimit-Remaining"} {
			w.Header().Set(name, "77")
		}
		_, _ = io.WriteString(w, "{}")
	}
	limited := newRig(t, "api-key", serving(t, own), func(_ *rig, cfg *proxy.Config) {
		cfg.PerAddress, cfg.PerIdentity, cfg.Failures = clock.limit(10), clock.limit(4), clock.limit(2)
	})
	for i, step := range []struct {
		path    string
		headers []string
		want    int
		told    string
	}{
		{"/processes", []string{key()}, 200, "4 3 15 4;w=60"},
		{"/processes", nil, 401, "10 8 12 10;w=60"},
		{"/processes", []string{"X-API-KEY: wrong"}, 401, "2 1 30 2;w=60"},
		{"/openapi?f=html", nil, 200, "10 6 24 10;w=60"},
	} {
		a := limited.do("GET", step.path, step.headers...)
		if a.StatusCode != step.want || remaining(a) != step.told {
			t.Errorf("request %d: status %d, want %d; told %q, want %q", i, a.StatusCode, step.want, remaining(a), step.told)
		}
		for name, values := range a.Header {
			if strings.Join(values, "") == "77" {
				t.Errorf("request %d: the back end's %s came through", i, name)
			}
		}
	}
	free := newRig(t, "open", serving(t, own))
	if a := free.do("GET", "/processes"); a.Header.Get("RateLimit-Limit") != "77" || a.Header.Get("RateLimit-Policy") != "" {
		t.Errorf("without a rate: %v", a.Header)
	}
}

func overHTTP2(r *rig, _ *proxy.Config) { r.gateway.EnableHTTP2 = true }

func TestTooManyRequestsOverHTTP2(t *testing.T) {
	var clock hand
	var connections atomic.Int32
	r := newRig(t, "open", overHTTP2, func(r *rig, cfg *proxy.Config) {
		cfg.PerAddress = clock.limit(2)
		r.gateway.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				connections.Add(1)
			}
		}
	})
	client := r.gateway.Client()
	for i, want := range []int{200, 200, 429, 429} {
		res, err := client.Post(r.gateway.URL+contexts+"/processes/hello-world/execution", "application/json", strings.NewReader(`{"inputs":{"name":"me"}}`))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		if res.StatusCode != want || res.ProtoMajor != 2 || res.Header.Get("Connection") != "" {
			t.Errorf("request %d: %s %d, want %d", i, res.Proto, res.StatusCode, want)
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections: a refusal ends the others of its connection", n)
	}
}

// Guesses that are under way together do not all learn whether they were right.
func TestGuessesTogetherAreLimitedToo(t *testing.T) {
	var clock hand
	const guesses = 10
	began, release := make(chan bool, guesses), make(chan bool)
	r := newRig(t, "api-key", func(_ *rig, cfg *proxy.Config) {
		cfg.Failures = clock.limit(3)
		cfg.Authn = waiting(func(*http.Request) (*authn.Principal, error) {
			began <- true
			<-release
			return nil, &authn.Error{Failure: authn.Invalid, Check: "unknown", Detail: "invalid api key"}
		})
	})
	statuses := make(chan int, guesses)
	for range guesses {
		go func() { statuses <- r.do("GET", "/collections/obs", "X-API-KEY: guess").StatusCode }()
	}
	for range guesses {
		<-began
	}
	close(release)
	got := map[int]int{}
	for range guesses {
		got[<-statuses]++
	}
	if got[http.StatusUnauthorized] != 3 || got[http.StatusTooManyRequests] != guesses-3 {
		t.Errorf("answers: %v", got)
	}
}

// waiting is an authenticator made of a function.
type waiting func(*http.Request) (*authn.Principal, error)

func (w waiting) Authenticate(r *http.Request) (*authn.Principal, error) { return w(r) }
