package listen_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/geowarden/geowarden/internal/listen"
)

const request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"

// One address cannot take what others need: CVE-2007-6750's class.
func TestOneAddressCannotHoldMoreThanItsShare(t *testing.T) {
	var refused atomic.Int64
	r := serve(t, listen.Config{
		MaxConnectionsPerAddress: 3,
		Uncounted:                []netip.Prefix{netip.MustParsePrefix("127.9.0.0/16")},
		OnRefused:                func() { refused.Add(1) },
	})
	var held []net.Conn
	for range 3 {
		c := dial(t, r, "127.0.0.2")
		send(c, request)
		if got := answer(t, c); !strings.HasPrefix(got, "HTTP/1.1 200") {
			t.Fatalf("within the share: %q", got)
		}
		held = append(held, c)
	}
	for range 5 {
		if got := closed(t, dial(t, r, "127.0.0.2")); got != "" {
			t.Errorf("beyond the share: %q", got)
		}
	}
	if refused.Load() != 5 || r.OpenConnections() != 3 {
		t.Errorf("%d refused and %d open, want 5 and 3", refused.Load(), r.OpenConnections())
	}
	if lines := r.logs.FilterMessageSnippet("as many as are allowed"); lines.Len() == 0 || lines.All()[0].ContextMap()["client_ip"] != "127.0.0.2" {
		t.Error("the log does not say who was refused")
	}
	for i := range 10 { // of others, and of a proxy that stands for many
		for _, from := range []string{fmt.Sprintf("127.0.1.%d", i+1), "127.9.0.1"} {
			c := dial(t, r, from)
			send(c, request)
			if got := answer(t, c); !strings.HasPrefix(got, "HTTP/1.1 200") {
				t.Fatalf("from %s: %q", from, got)
			}
		}
	}
	_ = held[0].Close()
	eventually(t, "a place is free again", func() bool {
		c := dial(t, r, "127.0.0.2")
		defer func() { _ = c.Close() }()
		send(c, request)
		return strings.HasPrefix(answer(t, c), "HTTP/1.1 200")
	})
}

func TestMoreConnectionsThanInAllWait(t *testing.T) {
	const many, allowed = 50, 2
	g := newGate(t)
	var most atomic.Int64
	var r *rig
	started := make(chan struct{})
	r = serve(t, listen.Config{MaxConnections: allowed, Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		<-started
		g.ServeHTTP(w, req)
		raise(&most, int64(r.OpenConnections()))
	})})
	close(started)
	var clients []net.Conn
	for range many {
		c := dial(t, r, "")
		send(c, "GET /held HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		clients = append(clients, c)
	}
	for range allowed {
		<-g.entered
	}
	g.release()
	for i, c := range clients {
		if got := closed(t, c); !strings.HasPrefix(got, "HTTP/1.1 200") {
			t.Fatalf("client %d got %q", i, got)
		}
	}
	if most.Load() > allowed {
		t.Errorf("%d were open at once", most.Load())
	}
}

// raise keeps the largest of the numbers.
func raise(most *atomic.Int64, n int64) {
	for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
	}
}

// A server whose connections are all taken can be stopped.
func TestAFullServerStops(t *testing.T) {
	r := serve(t, listen.Config{MaxConnections: 1})
	c := dial(t, r, "")
	send(c, request)
	answer(t, c)
	if err := r.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

// Every place is given back, once, however a connection ends.
func TestClosedConnectionsGiveTheirPlaceBackOnce(t *testing.T) {
	r := serve(t, listen.Config{MaxConnections: 4, MaxConnectionsPerAddress: 4})
	for range 200 {
		c := dial(t, r, "")
		send(c, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		if got := closed(t, c); !strings.HasPrefix(got, "HTTP/1.1 200") {
			t.Fatalf("got %q", got)
		}
		cut := dial(t, r, "")
		send(cut, "nonsense")
		_ = cut.Close()
	}
	eventually(t, "all are closed", func() bool { return r.OpenConnections() == 0 })
}

// faulty fails to accept in ways that pass, between connections.
type faulty struct {
	net.Listener
	faults chan error
}

func (l *faulty) Accept() (net.Conn, error) {
	select {
	case err := <-l.faults:
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: err}
	default:
		return l.Listener.Accept()
	}
}

// Too many open files, no memory, a client or a network that is gone: none of
// them may end a gateway.
func TestAFaultOfAcceptingEndsNothing(t *testing.T) {
	listener, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &faulty{Listener: listener, faults: make(chan error, 10)}
	faults := []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ECONNABORTED, syscall.EPERM, errors.New("another")}
	for _, fault := range faults {
		l.faults <- fault
	}
	r := serveOn(t, l, listen.Config{})
	served(t, client(t, nil), "http://"+r.addr())
	told := r.logs.FilterMessageSnippet("no connection could be accepted").All()
	if len(told) != len(faults) || told[0].ContextMap()["error"] != "accept tcp: too many open files" {
		t.Errorf("told: %v", told)
	}
}

// Thousands of idle connections leave others served, and are closed in time.
func TestThousandsOfIdleConnectionsLeaveOthersServed(t *testing.T) {
	limit, known := listen.OpenFiles()
	if !known || limit < 500 {
		t.Fatalf("this process may open %d files only", limit)
	}
	many := min(3000, int(limit-200)/2) // both ends are here
	r := serve(t, listen.Config{HeaderTimeout: time.Hour})
	idle := make([]net.Conn, many)
	for i := range idle {
		idle[i] = dial(t, r, fmt.Sprintf("127.1.%d.%d", i/200, i%200+1))
		if i%2 == 0 {
			send(idle[i], "GET /slow HTTP/1.1\r\nHost: loc")
		}
	}
	eventually(t, "all are open", func() bool { return r.OpenConnections() == many })
	for range 20 {
		served(t, client(t, nil), "http://"+r.addr())
	}
	for _, c := range idle {
		_ = c.Close()
	}
	eventually(t, "all are closed", func() bool { return r.OpenConnections() <= 20 })
}

func TestSlowHeadersAndIdleConnectionsEnd(t *testing.T) {
	r := serve(t, listen.Config{HeaderTimeout: 200 * time.Millisecond, IdleTimeout: 200 * time.Millisecond})
	for name, begin := range map[string]string{
		"nothing at all":                     "",
		"half a line":                        "GET /",
		"a header without an end, slowloris": "GET / HTTP/1.1\r\nHost: localhost\r\nX-A: a\r\n",
		"an idle connection":                 request,
		"a slow one after a good one":        request + "GET / HTTP/1.1\r\nX-B",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := dial(t, r, "")
			send(c, begin)
			got := closed(t, c)
			if good := strings.HasPrefix(begin, request); strings.HasPrefix(got, "HTTP/1.1 200") != good {
				t.Errorf("before it was closed came %q", got)
			}
		})
	}
}

// An answer that nobody takes is not waited for without end.
func TestAnAnswerThatNobodyTakesEnds(t *testing.T) {
	ended := make(chan error, 1)
	r := serve(t, listen.Config{AnswerTimeout: 200 * time.Millisecond, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, err := w.Write(make([]byte, 64<<20))
		ended <- err
	})})
	send(dial(t, r, ""), request)
	select {
	case err := <-ended:
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(patience):
		t.Error("it goes on")
	}
}

// Dripping a byte now and then does not prolong it.
func TestADrippingHeaderEnds(t *testing.T) {
	r := serve(t, listen.Config{HeaderTimeout: 300 * time.Millisecond})
	c := dial(t, r, "")
	send(c, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Drip: ")
	dripping := make(chan struct{})
	go func() {
		defer close(dripping)
		for {
			if _, err := c.Write([]byte("a")); err != nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
	closed(t, c)
	<-dripping
}

func TestAHeaderThatIsTooLargeIs431(t *testing.T) {
	reached := make(chan struct{}, 1)
	handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached <- struct{}{} })
	r := serve(t, listen.Config{MaxHeaderBytes: 8 << 10, Handler: handler})
	for name, head := range map[string]string{
		"one large field":   "GET / HTTP/1.1\r\nHost: localhost\r\nX-A: " + strings.Repeat("a", 16<<10),
		"many small fields": "GET / HTTP/1.1\r\nHost: localhost\r\n" + strings.Repeat("X-A: a\r\n", 2<<10),
		"a long target":     "GET /" + strings.Repeat("a", 16<<10),
	} {
		c := dial(t, r, "")
		send(c, head[:12<<10]) // all that is read: what is left would cut the answer short
		if got := answer(t, c); !strings.HasPrefix(got, "HTTP/1.1 431 ") {
			t.Errorf("%s: %.60q", name, got)
		}
	}
	if len(reached) > 0 {
		t.Error("the handler was reached")
	}
	c := dial(t, r, "")
	send(c, "GET / HTTP/1.1\r\nHost: localhost\r\nX-A: "+strings.Repeat("a", 7<<10)+"\r\n\r\n")
	if got := answer(t, c); !strings.HasPrefix(got, "HTTP/1.1 200") {
		t.Errorf("within the limit: %.60q", got)
	}
}

// HTTP/2 in the clear is a second way in that a proxy in front does not see.
func TestHTTP2IsNotSpokenInTheClear(t *testing.T) {
	reached := make(chan string, 10)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached <- r.Method + " " + r.Proto
		ok(w, r)
	})
	r := serve(t, listen.Config{Handler: handler})
	c := dial(t, r, "")
	send(c, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00")
	if got := closed(t, c); !strings.HasPrefix(got, "HTTP/1.1 400 ") {
		t.Errorf("the preface of HTTP/2 got %.60q", got)
	}
	if len(reached) > 0 {
		t.Errorf("the handler was reached by %s", <-reached)
	}
	c = dial(t, r, "")
	send(c, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n")
	if got := answer(t, c); !strings.HasPrefix(got, "HTTP/1.1 200") || strings.Contains(got, "Upgrade") {
		t.Errorf("an upgrade to h2c got %.60q", got)
	}
}
