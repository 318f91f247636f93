package proxy

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
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

// bufferPool lends the reverse proxy its copy buffers.
type bufferPool struct{ sync.Pool }

func newBufferPool() *bufferPool {
	return &bufferPool{sync.Pool{New: func() any { b := make([]byte, 32<<10); return &b }}}
}

func (p *bufferPool) Get() []byte { return *p.Pool.Get().(*[]byte) } //nolint:forcetypeassert // only *[]byte is put in

func (p *bufferPool) Put(b []byte) { p.Pool.Put(&b) }
