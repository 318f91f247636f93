//go:build unix

package upstream_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// arrived waits until something, or the end, has arrived on a connection, and
// takes nothing of it.
func arrived(t *testing.T, conn net.Conn) {
	t.Helper()
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Read(func(fd uintptr) bool {
		_, _, err := syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK)
		return !errors.Is(err, syscall.EAGAIN)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A back end that says something on an idle connection, an answer that an
// attacker made it send beforehand or its own 408, is not believed to have
// answered the next request (response smuggling).
func TestAnIdleConnectionThatSpeaksIsGivenUp(t *testing.T) {
	for name, unasked := range map[string]string{
		"an answer": "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
		"a timeout": "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
		"a byte":    "\n",
		"the end":   "",
	} {
		t.Run(name, func(t *testing.T) {
			speak := make(chan struct{})
			var heard atomic.Int32
			b := listen(t, func(l *line) {
				req, ok := l.hear()
				if !ok {
					return
				}
				heard.Add(1)
				l.say(own(req))
				if l.number == 1 {
					<-speak
					if l.say(unasked); unasked == "" {
						return
					}
				}
				l.wait()
			})
			conns := make(dialed, 2)
			rt := direct(t, func(p *http.Transport) { p.DialContext = conns.dial })
			mustOwn(t, rt, b, "/first")
			close(speak)
			arrived(t, <-conns)
			mustOwn(t, rt, b, "/second")
			if n, c := heard.Load(), b.conns.Load(); n != 2 || c != 2 {
				t.Errorf("%d requests on %d connections, want 2 on 2", n, c)
			}
		})
	}
}

// What comes before the first request was sent answers nothing either.
func TestAFreshConnectionThatSpeaksFirstIsRefused(t *testing.T) {
	b := listen(t, func(l *line) {
		l.say("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
		l.wait()
	})
	rt := direct(t, func(p *http.Transport) {
		conns := make(dialed, 1)
		p.DialContext = conns.dial
		dial := p.DialContext
		p.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			if err == nil {
				arrived(t, conn)
			}
			return conn, err
		}
	})
	if got := ask(t, rt, http.MethodGet, b.url); got.err == nil {
		t.Errorf("got %q", got.body)
	}
}

// A connection that fails before the first byte of an answer fails through
// nobody's fault if it was used before, and only then is the request repeated,
// once (RFC 9110 section 9.2.2).
func TestRequestsAreRepeatedOnceAfterAStaleConnection(t *testing.T) {
	cases := []struct {
		name     string
		before   bool // the connection answered a request before
		partial  string
		always   bool // the next connection fails in the same way
		requests int32
		answered bool
	}{
		{"used before", true, "", false, 3, true},
		{"used before, and the next one fails too", true, "", true, 3, false},
		{"used before, and an answer began", true, "HTTP/1.1 2", false, 2, false},
		{"fresh", false, "", false, 1, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var heard atomic.Int32
			b := listen(t, func(l *line) {
				for {
					req, ok := l.hear()
					if !ok {
						return
					}
					heard.Add(1)
					if req.URL.Path == "/fails" && (l.number == 1 || c.always) {
						l.say(c.partial)
						return
					}
					l.say(own(req))
				}
			})
			rt := direct(t)
			if c.before {
				mustOwn(t, rt, b, "/before")
			}
			got := ask(t, rt, http.MethodGet, b.url+"/fails")
			if (got.err == nil) != c.answered {
				t.Errorf("got %q, %v", got.body, got.err)
			}
			if n := heard.Load(); n != c.requests {
				t.Errorf("%d requests arrived, want %d", n, c.requests)
			}
		})
	}
}

// Closing a body before its end ends the connection: the rest would be taken
// for the next answer.
func TestClosingABodyEarlyClosesTheConnection(t *testing.T) {
	for name, head := range map[string]string{
		"length": "Content-Length: 100\r\n\r\nbegun",
		"chunks": "Transfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n",
		"end":    "\r\nbegun",
	} {
		t.Run(name, func(t *testing.T) {
			gone := make(chan struct{})
			b := listen(t, func(l *line) {
				if req, ok := l.hear(); ok && req.URL.Path != "/raw" {
					l.say(own(req))
					l.wait()
					return
				}
				l.say(ok + head)
				l.wait()
				close(gone)
			})
			rt := direct(t)
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/raw", nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := rt.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			if _, err := io.ReadFull(res.Body, make([]byte, 5)); err != nil {
				t.Fatal(err)
			}
			reading := make(chan error)
			go func() {
				_, err := res.Body.Read(make([]byte, 1))
				reading <- err
			}()
			if err := res.Body.Close(); err != nil {
				t.Error(err)
			}
			<-gone
			if err := <-reading; !errors.Is(err, http.ErrBodyReadAfterClose) {
				t.Errorf("a Read that waited ended with %v", err)
			}
			mustOwn(t, rt, b, "/next")
		})
	}
}

// A cut is never taken for the end.
func TestACutInMidBodyIsAnError(t *testing.T) {
	for name, head := range map[string]string{
		"length": "Content-Length: 100\r\n\r\nbegun",
		"chunks": "Transfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n",
	} {
		got := ask(t, direct(t), http.MethodGet, saying(t, ok+head, true).url+"/raw")
		if got.body != "begun" || !errors.Is(got.err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: got %q, %v", name, got.body, got.err)
		}
	}
}

// A head that never ends, in one line, in many, or in many heads, is given up.
func TestEndlessHeadsAreGivenUp(t *testing.T) {
	for name, more := range map[string]string{
		"one line":        strings.Repeat("x", 1<<10),
		"many lines":      "X-A: " + strings.Repeat("x", 1<<10) + "\r\n",
		"no end of hints": "\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n",
		"long hints":      "X-A: " + strings.Repeat("x", 8<<10) + "\r\n\r\nHTTP/1.1 103 Early Hints\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			b := listen(t, func(l *line) {
				if _, ok := l.hear(); !ok {
					return
				}
				l.say("HTTP/1.1 103 Early Hints\r\n")
				for {
					if _, err := io.WriteString(l, more); err != nil {
						return
					}
				}
			})
			conns := make(dialed, 1) // which also keeps it from being closed as garbage
			rt := direct(t, func(p *http.Transport) { p.MaxResponseHeaderBytes, p.DialContext = 32<<10, conns.dial })
			if got := ask(t, rt, http.MethodGet, b.url); got.err == nil {
				t.Errorf("got %d", got.StatusCode)
			}
			eventually(t, "the connection is closed", func() bool { return b.open.Load() == 0 })
		})
	}
}

// Heads are bounded together, or many of them would be one without an end.
func TestHeadsAreBoundedTogether(t *testing.T) {
	hint := "HTTP/1.1 103 Early Hints\r\nX-A: " + strings.Repeat("x", 8<<10) + "\r\n\r\n"
	last := ok + "Content-Length: 0\r\n\r\n"
	for hints, good := range map[int]bool{2: true, 5: false} {
		b := saying(t, strings.Repeat(hint, hints)+last, false)
		rt := direct(t, func(p *http.Transport) { p.MaxResponseHeaderBytes = 32 << 10 })
		if got := ask(t, rt, http.MethodGet, b.url+"/raw"); (got.err == nil) != good {
			t.Errorf("after %d hints: %v", hints, got.err)
		}
	}
}

// A body that breaks takes its connection with it, closed or not.
func TestABrokenBodyClosesTheConnection(t *testing.T) {
	b := saying(t, ok+"Transfer-Encoding: chunked\r\n\r\nno size\r\n", false)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/raw", nil)
	if err != nil {
		t.Fatal(err)
	}
	conns := make(dialed, 1)
	res, err := direct(t, func(p *http.Transport) { p.DialContext = conns.dial }).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(res.Body); err == nil {
		t.Errorf("read %q", got)
	}
	eventually(t, "the connection is closed", func() bool { return b.open.Load() == 0 })
	_ = res.Body.Close()
}

// What follows a 101 would be bytes of another protocol, that nobody decided
// on: the caller learns of it and gets none of them, and cannot send any.
func TestSwitchingProtocolsOpensNoTunnel(t *testing.T) {
	for _, then := range []string{"", "raw"} {
		b := saying(t, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"+then, false)
		got := ask(t, direct(t), http.MethodGet, b.url+"/raw")
		if got.err != nil || got.StatusCode != http.StatusSwitchingProtocols || got.body != "" {
			t.Errorf("got %q, %v", got.body, got.err)
		}
		if _, tunnel := got.Body.(io.Writer); tunnel {
			t.Error("the body can be written to")
		}
		eventually(t, "the connection is closed", func() bool { return b.open.Load() == 0 })
	}
}

// What must not be repeated does not go on a connection that the back end may be
// about to close: one that is idle for long is closed on this side first, before
// a back end does that closes it after two seconds. What may be repeated goes on it
// all the same.
func TestWhatMustNotBeRepeatedGoesOnAFreshConnection(t *testing.T) {
	var crossed atomic.Int32
	b := listen(t, func(l *line) {
		for {
			req, ok := l.hear()
			if !ok {
				return
			}
			l.say(own(req))
			if req.URL.Path != "/write" {
				continue
			}
			_ = l.SetReadDeadline(time.Now().Add(2 * time.Second))
			if _, err := l.reader.Peek(1); errors.Is(err, os.ErrDeadlineExceeded) {
				crossed.Add(1)
				return
			}
		}
	})
	rt := direct(t, func(p *http.Transport) { p.IdleConnTimeout = 10 * patience })
	mustOwn(t, rt, b, "/read")
	for n, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		for range 2 { // the second follows at once, and shares the connection of the first
			if got := ask(t, rt, method, b.url+"/write"); got.err != nil || got.body != "/write" {
				t.Fatalf("%s got %q, %v", method, got.body, got.err)
			}
		}
		if c := b.conns.Load(); int(c) != 2+n {
			t.Errorf("%s: %d connections, want %d", method, c, 2+n)
		}
		eventually(t, "the connection of a write is closed, and that of a read is not", func() bool { return b.open.Load() == 1 })
	}
	mustOwn(t, rt, b, "/read")
	if c := b.conns.Load(); c != 5 {
		t.Errorf("%d connections", c)
	}
	if n := crossed.Load(); n > 0 {
		t.Errorf("%d connections were closed by the back end first", n)
	}
}

// Attack: a client has a write sent twice by naming a key for it, where the back
// end breaks off: the header alone makes an http.Transport repeat it.
func TestAKeyOfIdempotencyHasNothingRepeated(t *testing.T) {
	for _, name := range []string{"", "Idempotency-Key", "X-Idempotency-Key"} {
		heard := make(chan *http.Request, 8)
		b := listen(t, func(l *line) {
			for answered := false; ; answered = true {
				req, ok := l.hear()
				if !ok {
					return
				}
				heard <- req
				if answered {
					return // the second on this connection has no answer
				}
				l.say(own(req))
			}
		})
		rt := direct(t)
		if got := ask(t, rt, http.MethodPost, b.url+"/first"); got.err != nil {
			t.Fatal(got.err)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+"/second", nil)
		if err != nil {
			t.Fatal(err)
		}
		if name != "" {
			req.Header.Set(name, "1")
		}
		if got := send(rt, req); got.err == nil {
			t.Errorf("with %q: %s", name, got.Status)
		}
		if <-heard; len(heard) != 1 {
			t.Fatalf("with %q it was sent %d times", name, len(heard))
		}
		if second := <-heard; name != "" && second.Header.Get(name) != "1" {
			t.Errorf("the back end got no %s: %v", name, second.Header)
		}
		if name != "" && req.Header.Get(name) != "1" {
			t.Errorf("the request was changed: %v", req.Header)
		}
	}
}
