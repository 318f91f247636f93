package metrics

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
)

// listening serves m until the test ends, and returns its address.
func listening(t *testing.T, m *Metrics, gateway http.Handler) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serving(t, m, gateway, l)
	return l.Addr().String()
}

func serving(t *testing.T, m *Metrics, gateway http.Handler, l net.Listener) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.Serve(ctx, l, gateway, zap.NewNop()) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("serving ended with %v", err)
		}
	})
}

func ask(t *testing.T, method, url, accept string) (status int, kind, body string) {
	t.Helper()
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", accept)
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	all, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Content-Type"), string(all)
}

// The listener has no gate: it answers three paths, as they are written, and
// nothing of the back end's.
func TestTheListenerAnswersNothingElse(t *testing.T) {
	gateway := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" && r.URL.Path != "/readyz" {
			t.Errorf("%s reached the gateway past its gate", r.URL)
		}
		_, _ = io.WriteString(w, "the gateway's answer")
	})
	address := "http://" + listening(t, New(Build{Version: "v9"}), gateway)
	for _, c := range []struct {
		method, path string
		status       int
		body         string
	}{
		{http.MethodGet, "/metrics", 200, `geowarden_build_info{commit="",go="",version="v9"} 1`},
		{http.MethodGet, "/metrics?x=1", 200, "go_goroutines"},
		{http.MethodHead, "/metrics", 200, ""},
		{http.MethodGet, "/healthz", 200, "the gateway's answer"},
		{http.MethodGet, "/readyz", 200, "the gateway's answer"},
		{http.MethodGet, "/", 404, ""},
		{http.MethodGet, "/geoapi/collections", 404, ""},
		{http.MethodGet, "/metrics/", 404, ""},
		{http.MethodGet, "//metrics", 404, ""},
		{http.MethodGet, "/x/../metrics", 404, ""},
		{http.MethodGet, "/x/../healthz", 404, ""},
		{http.MethodGet, "/%6detrics", 404, ""},
		{http.MethodGet, "/%68ealthz", 404, ""},
		{http.MethodGet, "/debug/pprof/", 404, ""},
		{http.MethodPost, "/metrics", 405, ""},
		{http.MethodPost, "/healthz", 405, ""},
		{http.MethodDelete, "/geoapi", 404, ""},
	} {
		status, _, body := ask(t, c.method, address+c.path, "*/*")
		if status != c.status || !strings.Contains(body, c.body) {
			t.Errorf("%s %s: %d, want %d with %q", c.method, c.path, status, c.status, c.body)
		}
	}
}

func TestOpenMetricsIsServedToWhoAsksForIt(t *testing.T) {
	address := "http://" + listening(t, New(Build{}), http.NotFoundHandler())
	_, kind, body := ask(t, http.MethodGet, address+"/metrics", "application/openmetrics-text; version=1.0.0")
	if !strings.HasPrefix(kind, "application/openmetrics-text") || !strings.HasSuffix(body, "# EOF\n") {
		t.Errorf("the answer is %s", kind)
	}
}

// What is asked of the parts at a scrape may hang; others must still be served,
// and scrapes must not pile up.
func TestScrapesDoNotPileUp(t *testing.T) {
	m := New(Build{})
	entered, release := make(chan struct{}, 2*maxScrapes), make(chan struct{})
	m.Ask(Sources{InFlight: func() int { entered <- struct{}{}; <-release; return 0 }})
	gateway := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	address := "http://" + listening(t, m, gateway)
	ended := make(chan struct{})
	for range maxScrapes {
		go func() {
			defer func() { ended <- struct{}{} }()
			if resp, err := http.Get(address + "/metrics"); err == nil {
				_ = resp.Body.Close()
			}
		}()
	}
	for range maxScrapes {
		<-entered
	}
	if status, _, _ := ask(t, http.MethodGet, address+"/metrics", "*/*"); status != http.StatusServiceUnavailable {
		t.Errorf("one scrape too many got %d, want 503", status)
	}
	if len(entered) != 0 {
		t.Error("one scrape too many asked the parts")
	}
	if status, _, _ := ask(t, http.MethodGet, address+"/healthz", "*/*"); status != http.StatusOK {
		t.Errorf("the health check got %d beside scrapes that hang", status)
	}
	close(release)
	for range maxScrapes {
		<-ended
	}
}

func TestALargeHeaderIsRefused(t *testing.T) {
	address := listening(t, New(Build{}), http.NotFoundHandler())
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	_, _ = conn.Write([]byte("GET /metrics HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 2*maxHeader)))
	answer := make([]byte, 64)
	n, _ := io.ReadAtLeast(conn, answer, 12)
	if !bytes.HasPrefix(answer[:n], []byte("HTTP/1.1 431")) {
		t.Errorf("a header of %d bytes got %q", 2*maxHeader, answer[:n])
	}
}

// A kubelet that is not answered ends the pod, so nobody may take every place:
// one address that opens connection after connection, and keeps each that it can.
func TestOneAddressCannotStarveTheProbes(t *testing.T) {
	for name, disguise := range map[string]func(net.Listener) net.Listener{
		"IPv4":                         func(l net.Listener) net.Listener { return l },
		"IPv6, of one network (a /64)": func(l net.Listener) net.Listener { return node{l} },
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp4", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			serving(t, New(Build{}), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }), disguise(l))
			starve(t, l.Addr().String())
			kubelet := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
			for range 10 {
				resp, err := kubelet.Get("http://" + l.Addr().String() + "/healthz")
				if err != nil {
					t.Fatal(err)
				}
				if _ = resp.Body.Close(); resp.StatusCode != http.StatusOK {
					t.Errorf("the probe got %d", resp.StatusCode)
				}
			}
		})
	}
}

// starve opens twice as many connections as there are places, until the test ends.
func starve(t *testing.T, address string) {
	t.Helper()
	hostile := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}, Timeout: 10 * time.Second}
	requests := []string{"", "GET /hea", "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"}
	for i := range 2 * maxConnections {
		c, err := hostile.DialContext(t.Context(), "tcp4", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		_, _ = io.WriteString(c, requests[i%len(requests)]) // it is closed already where it is one too many
	}
}

// node is a listener where each address of loopback is one of IPv6, in the
// network of one node.
type node struct{ net.Listener }

func (n node) Accept() (net.Conn, error) {
	c, err := n.Listener.Accept()
	if err != nil {
		return nil, err
	}
	at := c.RemoteAddr().(*net.TCPAddr)
	of := net.ParseIP("fd00::")
	of[15] = at.IP.To4()[3]
	return from{c, &net.TCPAddr{IP: of, Port: at.Port}}, nil
}

type from struct {
	net.Conn
	addr net.Addr
}

func (c from) RemoteAddr() net.Addr { return c.addr }

// A body that does not come holds its connection no longer than a header would.
func TestABodyThatDoesNotComeIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	address := listening(t, New(Build{}), http.NotFoundHandler())
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(2 * scrapeTimeout))
	_, _ = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
	if _, err := io.Copy(io.Discard, conn); err != nil {
		t.Errorf("it is still open: %v", err)
	}
}
