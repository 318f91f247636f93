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
//
// At its end it stays: net/http's server closes the body when the answer
// begins, http.Transport looks once more whether it has ended, and what it
// found then, a closed body, would make it cut the answer.
type clientBody struct {
	io.ReadCloser
	failed atomic.Bool
	ended  atomic.Bool
}

func (b *clientBody) Read(buf []byte) (int, error) {
	if b.ended.Load() {
		return 0, io.EOF
	}
	n, err := b.ReadCloser.Read(buf)
	switch {
	case errors.Is(err, io.EOF):
		b.ended.Store(true)
	case err != nil:
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
