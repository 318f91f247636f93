package proxy_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/geowarden/geowarden/authn"
	"github.com/geowarden/geowarden/authz"
	"github.com/geowarden/geowarden/ogcapi"
	"github.com/geowarden/geowarden/proxy"
)

// network is one of pipes, so that a test's time need not be real: in a
// synctest bubble an hour of waiting takes no time, and is exact. A pipe holds
// nothing back: who does not read is noticed at once.
type network struct {
	conns   chan net.Conn
	down    chan struct{}
	once    sync.Once
	dialled atomic.Int32
}

func newNetwork() *network { return &network{conns: make(chan net.Conn), down: make(chan struct{})} }

func (n *network) Accept() (net.Conn, error) {
	select {
	case c := <-n.conns:
		return c, nil
	case <-n.down:
		return nil, net.ErrClosed
	}
}

func (n *network) Close() error {
	n.once.Do(func() { close(n.down) })
	return nil
}

func (n *network) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (n *network) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	n.dialled.Add(1)
	near, far := net.Pipe()
	select {
	case n.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// serve runs a server on the network until the function it returns is called.
func (n *network) serve(s *http.Server) (stop func()) {
	var done sync.WaitGroup
	done.Go(func() { _ = s.Serve(n) })
	return func() {
		_ = s.Close()
		done.Wait()
	}
}

// settled is a back end without ids that need resolving.
type settled struct{}

func (settled) Resolve(context.Context, *ogcapi.Request) error { return nil }

// piped is a gateway in front of a back end, on networks of pipes.
type piped struct {
	t      *testing.T
	proxy  *proxy.Proxy
	client *http.Client
	front  *network
	log    *logBuffer
	ended  chan error // for the back end to say how it ended
}

const (
	stall        = 30 * time.Second
	writeTimeout = 65 * time.Second // the server's own, as a gateway sets it
)

// inBubble runs a test of time over both versions of HTTP. In a bubble time
// goes on when all wait, but not while one waits for a lock: where a client is
// slow to read, the back end says the length of its answer, or the reverse proxy
// flushes from another goroutine and waits for the one that writes.
func inBubble(t *testing.T, backend func(*piped, http.ResponseWriter, *http.Request), test func(*piped), change ...func(*proxy.Config)) {
	t.Helper()
	for _, version := range []string{"HTTP/1.1", "HTTP/2"} {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &piped{t: t, front: newNetwork(), log: &logBuffer{}, ended: make(chan error, 1)}
				back := newNetwork()
				toBack := &http.Transport{DialContext: back.dial, DisableCompression: true}
				cfg := proxy.Config{
					Context: contexts, Public: "http://gateway.test" + contexts, Upstream: &url.URL{Scheme: "http", Host: "inside.test"}, Transport: toBack,
					Authn: authn.Open{}, Authz: authz.Flat{}, Resolver: settled{}, Stall: stall,
					Log: zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(p.log), zapcore.DebugLevel)),
				}
				for _, c := range change {
					c(&cfg)
				}
				var err error
				if p.proxy, err = proxy.New(cfg); err != nil {
					t.Fatal(err)
				}
				var protocols, speaks http.Protocols
				protocols.SetHTTP1(true)
				protocols.SetUnencryptedHTTP2(true)
				speaks.SetHTTP1(version == "HTTP/1.1")
				speaks.SetUnencryptedHTTP2(version == "HTTP/2")
				toFront := &http.Transport{DialContext: p.front.dial, Protocols: &speaks, HTTP2: &http.HTTP2Config{MaxReceiveBufferPerStream: 64 << 10}}
				p.client = &http.Client{Transport: toFront}
				stopBack := back.serve(&http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { backend(p, w, req) })})
				stopFront := p.front.serve(&http.Server{Handler: p.proxy.Handler(), WriteTimeout: writeTimeout, Protocols: &protocols})
				defer stopBack()
				defer toBack.CloseIdleConnections()
				defer stopFront()
				defer toFront.CloseIdleConnections()
				test(p)
			})
		})
	}
}

// begin sends a request below the context, and leaves the answer to be read.
func (p *piped) begin(method, path string, body io.Reader) *http.Response {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, "http://gateway.test"+contexts+path, body)
	if err != nil {
		p.t.Fatal(err)
	}
	res, err := p.client.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	return res
}

// read reads an answer in steps, with a pause before each.
func (p *piped) read(res *http.Response, step int64, pause time.Duration) (total int64, err error) {
	defer func() { _ = res.Body.Close() }()
	for err == nil {
		time.Sleep(pause)
		var n int64
		n, err = io.CopyN(io.Discard, res.Body, step)
		total += n
	}
	if err == io.EOF { //nolint:errorlint // as CopyN tells a clean end
		err = nil
	}
	return total, err
}

// slowly is a body that comes in pieces, with a pause before each.
type slowly struct {
	pieces int
	piece  []byte
	pause  time.Duration
}

func (s *slowly) Read(b []byte) (int, error) {
	if s.pieces == 0 {
		return 0, io.EOF
	}
	s.pieces--
	time.Sleep(s.pause)
	return copy(b, s.piece), nil
}
