package listen_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/geowarden/geowarden/internal/listen"
)

// patience is how long a test waits for what must come, on a busy machine.
const patience = 30 * time.Second

// rig is a server that listens on every address of 127.0.0.0/8, and its log.
type rig struct {
	*listen.Server
	port string
	logs *observer.ObservedLogs
}

// addr is the server as seen from an address of this machine's own.
func (r *rig) addr() string { return net.JoinHostPort("127.0.0.1", r.port) }

func ok(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }

// serve runs a server until the test ends.
func serve(t *testing.T, cfg listen.Config) *rig {
	t.Helper()
	listener, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveOn(t, listener, cfg)
}

func serveOn(t *testing.T, listener net.Listener, cfg listen.Config) *rig {
	t.Helper()
	if cfg.Handler == nil {
		cfg.Handler = http.HandlerFunc(ok)
	}
	core, logs := observer.New(zapcore.DebugLevel)
	cfg.Log = zap.New(core)
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{Server: listen.New(cfg), port: port, logs: logs}
	ended := make(chan error, 1)
	go func() { ended <- r.Serve(listener) }()
	t.Cleanup(func() {
		_ = r.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("the server ended with %v", err)
		}
	})
	return r
}

// secure runs a server with a certificate of the authority, which follows its
// files; reloads tells how each reload ended.
func secure(t *testing.T, cfg listen.Config, files listen.Files) (r *rig, reloads <-chan error) {
	t.Helper()
	told := make(chan error, 1000)
	certificates, err := listen.NewCertificates(files, func(err error) { told <- err })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	watching := make(chan error, 1)
	go func() { watching <- certificates.Watch(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-watching; err != nil {
			t.Errorf("Watch: %v", err)
		}
	})
	cfg.Certificates = certificates
	return serve(t, cfg), told
}

// await gives the first reload that ended as it should: files that are replaced
// one after the other may be read in between.
func await(t *testing.T, reloads <-chan error, good bool) error {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case err := <-reloads:
			if (err == nil) == good {
				return err
			}
		case <-deadline:
			t.Fatal("no such reload")
		}
	}
}

// dial opens a connection from a source address; "" leaves it to the system.
func dial(t *testing.T, r *rig, from string) net.Conn {
	t.Helper()
	d := net.Dialer{Timeout: patience}
	if from != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	c, err := d.Dial("tcp", r.addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// send writes to a connection; that the other end has closed it is no fault.
func send(c net.Conn, text string) { _, _ = io.WriteString(c, text) }

// answer is the beginning of what comes back for one request.
func answer(t *testing.T, c net.Conn) string {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4096)
	n, err := io.ReadAtLeast(c, buf, 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return err.Error()
	}
	return string(buf[:n])
}

// closed waits until the other end has closed the connection, and returns what
// came before that.
func closed(t *testing.T, c net.Conn) string {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(c)
	if ne := net.Error(nil); errors.As(err, &ne) && ne.Timeout() {
		t.Fatalf("the connection is still open, after %.300q", got)
	}
	return string(got)
}

// service is how a request was served.
type service struct {
	proto int // the major version of HTTP
	tls   *tls.ConnectionState
}

// served fails unless a client is answered.
func served(t *testing.T, client *http.Client, url string) service {
	t.Helper()
	res, err := client.Get(url)
	if err != nil {
		t.Fatalf("others are not served: %v", err)
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("others are not served: %s %v", res.Status, err)
	}
	return service{res.ProtoMajor, res.TLS}
}

// client is a new one, with connections of its own.
func client(t *testing.T, cfg *tls.Config) *http.Client {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: cfg, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: patience}
}

// eventually waits for something that follows from what has happened.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// gate is a handler that holds requests until it is opened.
type gate struct {
	entered chan struct{}
	open    chan struct{}
	once    sync.Once
}

func newGate(t *testing.T) *gate {
	g := &gate{entered: make(chan struct{}, 100_000), open: make(chan struct{})}
	t.Cleanup(g.release)
	return g
}

func (g *gate) release() { g.once.Do(func() { close(g.open) }) }

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/held" {
		g.entered <- struct{}{}
		select {
		case <-g.open:
		case <-r.Context().Done():
		}
	}
	ok(w, r)
}
