package proxy_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/geowarden/geowarden/proxy"
)

const execution = "/processes/hello-world/execution"

// Slow is not stalled: a client that goes on is served to the end, however
// long it takes. How many may do so at once is for MaxInFlight to say.
func TestSlowClientsThatGoOnAreServed(t *testing.T) {
	const size = 1 << 20
	inBubble(t, func(_ *piped, w http.ResponseWriter, req *http.Request) {
		n, err := io.Copy(io.Discard, req.Body)
		w.Header().Set("X-Got", fmt.Sprint(n, err))
		w.Header().Set("Content-Length", fmt.Sprint(size))
		_, _ = w.Write(make([]byte, size))
	}, func(p *piped) {
		res := p.begin("POST", execution, &slowly{pieces: 40, piece: []byte("x"), pause: 20 * time.Second}) //nolint:bodyclose // read closes it
		if got := res.Header.Get("X-Got"); res.StatusCode != http.StatusOK || got != "40 <nil>" {
			p.t.Errorf("status %d, %s arrived", res.StatusCode, got)
		}
		if n, err := p.read(res, 16<<10, 5*time.Second); n != size || err != nil {
			p.t.Errorf("%d bytes of %d: %v", n, size, err)
		}
	})
}

// A large document that is written at once is not to be read at once.
func TestSlowReadersOfThePublicDocumentAreServed(t *testing.T) {
	const size = 1 << 20
	inBubble(t, func(_ *piped, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write(bytes.Repeat([]byte("x"), size))
	}, func(p *piped) {
		res := p.begin("GET", "/openapi?f=html", nil) //nolint:bodyclose // read closes it
		if n, err := p.read(res, 16<<10, 5*time.Second); n != size || err != nil {
			p.t.Errorf("%d bytes of %d: %v", n, size, err)
		}
	}, func(cfg *proxy.Config) { cfg.PublicOpenAPI = true })
}

// What bounds the client's pauses does not bound the back end's, nor is it left
// behind for the connection's next request.
func TestBackEndMayTakeItsTime(t *testing.T) {
	inBubble(t, func(_ *piped, w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		time.Sleep(50 * time.Second)
		for range 3 {
			_, _ = io.WriteString(w, "x")
			_ = http.NewResponseController(w).Flush()
			time.Sleep(100 * time.Second)
		}
	}, func(p *piped) {
		for range 3 {
			for _, body := range []io.Reader{nil, strings.NewReader("{}"), &slowly{pieces: 2, piece: []byte("{}"), pause: time.Second}} {
				method := "GET"
				if body != nil {
					method = "POST"
				}
				res := p.begin(method, execution, body)
				if got, err := io.ReadAll(res.Body); string(got) != "xxx" || err != nil {
					p.t.Errorf("%s: %q, %v", method, got, err)
				}
				_ = res.Body.Close()
				time.Sleep(40 * time.Second) // what is left behind goes off between two requests
			}
		}
		if n := p.front.dialled.Load(); n != 1 {
			p.t.Errorf("%d connections were needed", n)
		}
	})
}

// Row 24: a body that stops coming holds neither the gateway nor the back end.
func TestStalledUploadIs408(t *testing.T) {
	inBubble(t, func(p *piped, _ http.ResponseWriter, req *http.Request) {
		_, err := io.Copy(io.Discard, req.Body)
		p.ended <- err
	}, func(p *piped) {
		body, sent := io.Pipe()
		defer func() { _ = sent.Close() }()
		go func() { _, _ = sent.Write([]byte("x")) }()
		start := time.Now()
		res := p.begin("POST", execution, body)
		got, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		a := answer{res, string(got)}
		if err != nil || a.StatusCode != http.StatusRequestTimeout || a.problem(p.t)["code"] != "RequestTimeout" {
			p.t.Fatalf("status %d, %v: %s", a.StatusCode, err, a.body)
		}
		if res.ProtoMajor == 1 && !res.Close {
			p.t.Error("the connection stays open for the rest of the body")
		}
		if took := time.Since(start); took < stall || took > stall+5*time.Second {
			p.t.Errorf("after %s", took)
		}
		if err := <-p.ended; err == nil {
			p.t.Error("the back end took a part for the whole")
		}
		if line := p.log.line(p.t, a.Header.Get("X-Request-Id")); line["failure"] != "client-stalled" {
			p.t.Errorf("the log says %v", line)
		}
		synctest.Wait()
		if n := p.proxy.InFlight(); n != 0 {
			p.t.Errorf("%d requests in flight", n)
		}
	})
}

// Row 24: an answer that nobody reads is not held for ever.
func TestUnreadAnswerIsCut(t *testing.T) {
	inBubble(t, func(p *piped, w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Length", "1000000000000")
		for req.Context().Err() == nil {
			_, _ = w.Write(make([]byte, 32<<10))
		}
		p.ended <- req.Context().Err()
	}, func(p *piped) {
		res := p.begin("GET", "/collections", nil)
		start := time.Now()
		if err := <-p.ended; err == nil {
			p.t.Error("the back end was let to its end")
		}
		if took := time.Since(start); took > 2*stall {
			p.t.Errorf("after %s", took)
		}
		if _, err := io.Copy(io.Discard, res.Body); err == nil {
			p.t.Error("a cut looks like a whole answer")
		}
		_ = res.Body.Close()
		if line := p.log.line(p.t, res.Header.Get("X-Request-Id")); line["failure"] != "client-stalled" {
			p.t.Errorf("the log says %v", line)
		}
	})
}

func stalling(_ *rig, cfg *proxy.Config) { cfg.Stall = 100 * time.Millisecond }

// The same at real sockets: one byte, then silence.
func TestSilentSenderIsCutOff(t *testing.T) {
	head := "POST " + contexts + execution + " HTTP/1.1\r\nHost: gateway.test\r\nContent-Type: application/json\r\n"
	for name, sent := range map[string]string{
		"with a length":      head + "Content-Length: 1000\r\n\r\n{",
		"chunked":            head + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
		"within a chunk":     head + "Transfer-Encoding: chunked\r\n\r\n100\r\n{",
		"before the trailer": head + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			ended := make(chan error, 1)
			r := newRig(t, "open", stalling, serving(t, func(_ http.ResponseWriter, req *http.Request) {
				_, err := io.Copy(io.Discard, req.Body)
				ended <- err
			}))
			a, reader, _ := r.raw(sent)
			if a.StatusCode != http.StatusRequestTimeout || !a.Close || !closed(reader) {
				t.Errorf("status %d, close %v", a.StatusCode, a.Close)
			}
			if err := <-ended; err == nil {
				t.Error("the back end took a part for the whole")
			}
		})
	}
}

// The same at real sockets: a reader that reads the head, and no more.
func TestSilentReaderIsCutOff(t *testing.T) {
	for name, change := range map[string]func(*rig, *proxy.Config){"HTTP/1.1": stalling, "HTTP/2": overHTTP2} {
		t.Run(name, func(t *testing.T) {
			ended := make(chan bool, 1)
			r := newRig(t, "open", change, stalling, serving(t, func(w http.ResponseWriter, req *http.Request) {
				for req.Context().Err() == nil {
					_, _ = w.Write(make([]byte, 32<<10))
				}
				ended <- true
			}))
			if name == "HTTP/2" {
				res, err := r.gateway.Client().Get(r.gateway.URL + contexts + "/collections")
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = res.Body.Close() }()
			} else {
				conn, err := net.Dial("tcp", r.gateway.Listener.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				_, _ = io.WriteString(conn, "GET "+contexts+"/collections HTTP/1.1\r\nHost: gateway.test\r\n\r\n")
				res, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = conn.Close(); _ = res.Body.Close() }() // in this order: Close reads on to the end
			}
			<-ended // or the test's own limit of time ends it
		})
	}
}

// early is a back end that answers without a look at the body.
type early int

func (size early) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusRequestEntityTooLarge, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
		ContentLength: int64(size), Body: io.NopCloser(bytes.NewReader(make([]byte, size))), Request: req,
	}, nil
}

// A back end that answers before it has read the body leaves net/http to wait
// for the rest of it: not for longer than for any other.
func TestEarlyAnswerDoesNotWaitForTheBody(t *testing.T) {
	for name, size := range map[string]int{"small": 10, "large": 100_000} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, "open", stalling, func(_ *rig, cfg *proxy.Config) { cfg.Transport = early(size) })
			conn, err := net.Dial("tcp", r.gateway.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			_, _ = io.WriteString(conn, "POST "+contexts+execution+" HTTP/1.1\r\nHost: gateway.test\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
			_ = conn.SetReadDeadline(time.Now().Add(30 * time.Second))
			if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("the answer waits for a body that does not come")
			}
		})
	}
}
