package proxy

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// clientBody notes whether reading the caller's body failed: then the fault is
// the caller's (a bad chunk, a cut connection), and not the back end's.
type clientBody struct {
	io.ReadCloser
	failed atomic.Bool
}

func (b *clientBody) Read(buf []byte) (int, error) {
	n, err := b.ReadCloser.Read(buf)
	if err != nil && !errors.Is(err, io.EOF) {
		b.failed.Store(true)
	}
	return n, err
}

// refuseBody ends the connection of a request that is answered without its
// body. net/http would read on, for as long as the client likes, before it
// sends the answer: a flood of requests that never send their body would hold
// their connections, and a shutdown, for nothing.
func refuseBody(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength == 0 || r.Body == nil || r.Body == http.NoBody || r.ProtoMajor >= 2 {
		return // a stream of HTTP/2 is reset by itself, and the connection goes on
	}
	w.Header().Set("Connection", "close")
	// A writer that has no connection, as in a test, has no deadline either.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(refusedBody))
}

// refusedBody is how long a body that nobody wants may still come.
const refusedBody = time.Second

// bufferPool lends the reverse proxy its copy buffers.
type bufferPool struct{ sync.Pool }

func newBufferPool() *bufferPool {
	return &bufferPool{sync.Pool{New: func() any { b := make([]byte, 32<<10); return &b }}}
}

func (p *bufferPool) Get() []byte { return *p.Pool.Get().(*[]byte) } //nolint:forcetypeassert // only *[]byte is put in

func (p *bufferPool) Put(b []byte) { p.Pool.Put(&b) }
