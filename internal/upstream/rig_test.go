package upstream_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/geowarden/geowarden/internal/upstream"
)

// patience is for what must not happen: a test that waits that long fails.
const patience = 30 * time.Second

// backend is a server of raw bytes.
type backend struct {
	url   string
	conns atomic.Int32 // how many were accepted
	open  atomic.Int32 // how many of them are still open
}

// line is one connection to a backend, from its side.
type line struct {
	net.Conn
	reader *bufio.Reader
	number int // of the connection, from 1
}

// hear reads the next request; ok is false when there is none.
func (l *line) hear() (req *http.Request, ok bool) {
	req, err := http.ReadRequest(l.reader)
	return req, err == nil
}

// say writes; who is gone by then hears nothing.
func (l *line) say(text string) { _, _ = io.WriteString(l, text) }

// wait returns when the other side has closed the connection.
func (l *line) wait() { _, _ = io.Copy(io.Discard, l.reader) }

// listen starts a backend that serves each connection, and closes it then.
func listen(t testing.TB, serve func(*line)) *backend {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &backend{url: "http://" + listener.Addr().String()}
	var mu sync.Mutex
	var all []net.Conn
	var served sync.WaitGroup
	served.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			l := &line{conn, bufio.NewReader(conn), int(b.conns.Add(1))}
			b.open.Add(1)
			mu.Lock()
			all = append(all, conn)
			mu.Unlock()
			served.Go(func() {
				serve(l)
				_ = conn.Close()
				b.open.Add(-1)
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		mu.Lock()
		for _, c := range all {
			_ = c.Close()
		}
		mu.Unlock()
		served.Wait()
	})
	return b
}

// own answers a request with its own path.
func own(req *http.Request) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(req.URL.Path), req.URL.Path)
}

// polite answers each request with its own path.
func polite(l *line) {
	for {
		req, ok := l.hear()
		if !ok {
			return
		}
		l.say(own(req))
	}
}

// dialed hands out the transport's side of each connection.
type dialed chan net.Conn

func (d dialed) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err == nil {
		d <- conn
	}
	return conn, err
}

// plain is the http.Transport that a test's Transport is made of.
func plain(change ...func(*http.Transport)) *http.Transport {
	t := &http.Transport{DisableCompression: true, ResponseHeaderTimeout: patience, MaxIdleConnsPerHost: 256}
	for _, c := range change {
		c(t)
	}
	return t
}

// direct is a Transport.
func direct(t testing.TB, change ...func(*http.Transport)) *upstream.Transport {
	t.Helper()
	rt := upstream.New(plain(change...))
	t.Cleanup(rt.CloseIdleConnections)
	return rt
}

// result is what a caller got.
type result struct {
	*http.Response
	body string
	err  error // of the request or of the body
}

// ask sends a request and reads the answer to its end.
func ask(t testing.TB, rt http.RoundTripper, method, url string) result {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return send(rt, req)
}

func send(rt http.RoundTripper, req *http.Request) result {
	res, err := rt.RoundTrip(req)
	if err != nil {
		return result{nil, "", err}
	}
	body, err := io.ReadAll(res.Body)
	return result{res, string(body), errors.Join(err, res.Body.Close())}
}

// mustOwn fails the test unless a GET of a path gets its own answer.
func mustOwn(t testing.TB, rt http.RoundTripper, b *backend, path string) {
	t.Helper()
	if got := ask(t, rt, http.MethodGet, b.url+path); got.err != nil || got.body != path {
		t.Fatalf("GET %s got %q, %v", path, got.body, got.err)
	}
}

// eventually waits for what happens in another goroutine with nothing to wait
// for.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}
