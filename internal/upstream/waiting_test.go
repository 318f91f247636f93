package upstream_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

// phases are where a request may wait for a back end.
var phases = []struct {
	name   string
	says   string // after the request came
	inBody bool
}{
	{"before the answer", "", false},
	{"in the head", "HTTP/1.1 200 OK\r\nContent-", false},
	{"between informational answers", "HTTP/1.1 103 Early Hints\r\n\r\n", false},
	{"in a body of a length", ok + "Content-Length: 10\r\n\r\nhello", true},
	{"in a chunk", ok + "Transfer-Encoding: chunked\r\n\r\na\r\nhello", true},
	{"in a trailer", ok + "Transfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: ", true},
	{"in a body without a length", ok + "\r\nhello", true},
}

// stalling is a backend that says so much and no more. It tells when it has
// said it, and when the caller has hung up.
func stalling(t *testing.T, says string) (b *backend, said, gone chan struct{}) {
	said, gone = make(chan struct{}), make(chan struct{})
	return listen(t, func(l *line) {
		if _, ok := l.hear(); ok {
			l.say(says)
			close(said)
			l.wait()
			close(gone)
		}
	}), said, gone
}

// A caller that goes away takes its request with it, wherever that is.
func TestTheRequestEndsWithItsContext(t *testing.T) {
	for _, phase := range phases {
		t.Run(phase.name, func(t *testing.T) {
			for _, want := range []error{context.Canceled, context.DeadlineExceeded} {
				b, said, gone := stalling(t, phase.says)
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				reached := said
				if phase.inBody {
					reached = make(chan struct{})
				}
				go func() {
					<-reached
					cancel(want)
				}()
				req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url, nil)
				if err != nil {
					t.Fatal(err)
				}
				res, err := direct(t).RoundTrip(req)
				if phase.inBody {
					if err != nil {
						t.Fatal(err)
					}
					close(reached)
					_, err = io.ReadAll(res.Body)
					_ = res.Body.Close()
				}
				if !errors.Is(err, want) || !errors.Is(err, context.Canceled) {
					t.Errorf("got %v, want %v", err, want)
				}
				<-gone
			}
		})
	}
}

func TestADeadlineIsATimeout(t *testing.T) {
	b, _, _ := stalling(t, "")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := send(direct(t), req)
	if !errors.Is(got.err, context.DeadlineExceeded) || !timeout(got.err) {
		t.Errorf("got %v", got.err)
	}
}

func timeout(err error) bool {
	var slow net.Error
	return errors.As(err, &slow) && slow.Timeout()
}

// A request whose context is done asks nobody, on a new connection or an idle
// one.
func TestADeadRequestIsNotSent(t *testing.T) {
	var heard atomic.Int32
	b := listen(t, func(l *line) {
		for {
			req, ok := l.hear()
			if !ok {
				return
			}
			heard.Add(1)
			l.say(own(req))
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	rt := direct(t)
	for n := range int32(3) {
		if got := send(rt, req); !errors.Is(got.err, context.Canceled) || heard.Load() != n {
			t.Errorf("got %v, %d requests arrived", got.err, heard.Load())
		}
		mustOwn(t, rt, b, "/alive")
	}
	if n := b.conns.Load(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

// So does one that waits for a connection.
func TestConnectingEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	rt := direct(t, func(p *http.Transport) {
		p.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			cancel()
			<-ctx.Done()
			return nil, errors.New("the dialer's own words")
		}
	})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://backend.test", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := send(rt, req); !errors.Is(got.err, context.Canceled) {
		t.Errorf("got %v", got.err)
	}
}

func TestConnectingIsBoundedInTime(t *testing.T) {
	rt := direct(t, func(p *http.Transport) {
		p.ResponseHeaderTimeout = 20 * time.Millisecond
		p.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
	})
	if got := ask(t, rt, http.MethodGet, "http://backend.test"); !timeout(got.err) || errors.Is(got.err, context.Canceled) {
		t.Errorf("got %v", got.err)
	}
}

// A back end that does not begin its answer times out, on a fresh connection
// and on one that was used before; it is not asked again.
func TestASlowHeadTimesOut(t *testing.T) {
	var slow atomic.Int32
	b := listen(t, func(l *line) {
		for {
			req, ok := l.hear()
			if !ok {
				return
			}
			if req.URL.Path == "/slow" {
				slow.Add(1)
				continue
			}
			l.say(own(req))
		}
	})
	rt := direct(t, func(p *http.Transport) { p.ResponseHeaderTimeout = 100 * time.Millisecond })
	for n := range int32(2) {
		if got := ask(t, rt, http.MethodGet, b.url+"/slow"); !timeout(got.err) || errors.Is(got.err, context.Canceled) {
			t.Errorf("got %v", got.err)
		}
		if got := slow.Load(); got > n+1 {
			t.Errorf("asked %d times for %d requests", got, n+1)
		}
		eventually(t, "a connection is idle", func() bool { return ask(t, rt, http.MethodGet, b.url+"/warm").err == nil })
	}
}

// Nor does it win time by saying a little at a time.
func TestADrippingHeadTimesOut(t *testing.T) {
	b := listen(t, func(l *line) {
		if _, heard := l.hear(); !heard {
			return
		}
		for _, err := io.WriteString(l, ok); err == nil; _, err = io.WriteString(l, "X-A: b\r\n") {
			time.Sleep(time.Millisecond) // until the caller has had enough
		}
	})
	rt := direct(t, func(p *http.Transport) { p.ResponseHeaderTimeout = 100 * time.Millisecond })
	if got := ask(t, rt, http.MethodGet, b.url); !timeout(got.err) || errors.Is(got.err, context.Canceled) {
		t.Errorf("got %v", got.err)
	}
}

// watched notes the deadline that holds at each read. It hides the socket, so
// nobody can look whether it is silent.
type watched struct {
	net.Conn
	deadline time.Time
	atReads  chan time.Time
}

func (w *watched) SetDeadline(d time.Time) error {
	w.deadline = d
	return w.Conn.SetDeadline(d)
}

func (w *watched) Read(p []byte) (int, error) {
	w.atReads <- w.deadline
	return w.Conn.Read(p)
}

// watching makes a Transport over watched connections.
func watching(t *testing.T) (http.RoundTripper, chan time.Time) {
	reads := make(chan time.Time, 100)
	return direct(t, func(p *http.Transport) {
		p.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
			return &watched{Conn: conn, atReads: reads}, err
		}
	}), reads
}

// The time to begin an answer is not the time to send it.
func TestABodyMayTakeItsTime(t *testing.T) {
	more := make(chan struct{})
	b := listen(t, func(l *line) {
		if _, heard := l.hear(); heard {
			l.say(ok + "Content-Length: 10\r\n\r\nhello")
			<-more
			l.say("world")
		}
	})
	rt, reads := watching(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := rt.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if (<-reads).IsZero() {
		t.Error("the head was read without a deadline")
	}
	if _, err := io.ReadFull(res.Body, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	for len(reads) > 0 { // a head in pieces
		<-reads
	}
	close(more)
	if rest, err := io.ReadAll(res.Body); err != nil || string(rest) != "world" {
		t.Errorf("got %q, %v", rest, err)
	}
	if d := <-reads; !d.IsZero() {
		t.Errorf("the body was read with a deadline, %v", d)
	}
	_ = res.Body.Close()
}

func TestAConnectionThatCannotBeLookedAtIsNotUsedTwice(t *testing.T) {
	b := listen(t, polite)
	rt, _ := watching(t)
	for range 2 {
		mustOwn(t, rt, b, "/a")
	}
	if n := b.conns.Load(); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}

// counted is a context that knows how many wait for its end.
type counted struct {
	context.Context
	done    chan struct{}
	waiting atomic.Int32
}

func (c *counted) Done() <-chan struct{} { return c.done }

func (c *counted) AfterFunc(func()) (stop func() bool) {
	c.waiting.Add(1)
	return func() bool {
		c.waiting.Add(-1)
		return true
	}
}

// A context may outlive its requests by far, and must not gather what is left
// of them.
func TestNothingIsLeftOnTheContext(t *testing.T) {
	for name, raw := range map[string]string{
		"a body":      ok + "Content-Length: 5\r\n\r\nhello",
		"none":        ok + "Content-Length: 0\r\n\r\n",
		"no answer":   "",
		"a bad head":  "no HTTP\r\n\r\n",
		"a cut body":  ok + "Content-Length: 5\r\n\r\nhell",
		"a bad chunk": ok + "Transfer-Encoding: chunked\r\n\r\nno size\r\n",
	} {
		ctx := &counted{Context: t.Context(), done: make(chan struct{})}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, saying(t, raw, true).url+"/raw", nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = send(direct(t), req)
		if n := ctx.waiting.Load(); n != 0 {
			t.Errorf("%s: %d left", name, n)
		}
	}
}
