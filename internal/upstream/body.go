package upstream

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
)

// A body is open until it was read to its end, failed, or was closed. Whoever
// takes it out of open gives the connection back, and nobody else does.
const (
	open int32 = iota
	over
	closed
)

// body is the body of an answer. One goroutine reads; another may close.
type body struct {
	io.ReadCloser // as net/http frames it; never closed, because that would read on to its end
	c             *conn
	req           *http.Request
	keep          bool // the connection is good for another request afterwards
	state         atomic.Int32
	err           error // what ended it
}

// attach ties the connection to the end of the answer's body.
func (c *conn) attach(res *http.Response) *http.Response {
	keep := !res.Close && res.ProtoAtLeast(1, 1)
	if res.StatusCode == http.StatusSwitchingProtocols {
		res.Body, keep = http.NoBody, false // raw bytes would follow, which nobody decided on
	}
	c.inBody = true
	if res.Body == http.NoBody {
		c.release(keep)
		return res
	}
	res.Body = &body{ReadCloser: res.Body, c: c, req: res.Request, keep: keep}
	return res
}

// Read reads on. A connection that ends before the body does is
// io.ErrUnexpectedEOF, and a context that does is its error.
func (b *body) Read(p []byte) (int, error) {
	if b.state.Load() == closed {
		return 0, http.ErrBodyReadAfterClose
	}
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.err = b.finish(err)
	}
	return n, b.err
}

// finish gives the connection back, if Close has not, and tells what ended the
// body.
func (b *body) finish(err error) error {
	ours := b.state.CompareAndSwap(open, over)
	if errors.Is(err, io.EOF) {
		if ours {
			b.c.release(b.keep)
		}
		return io.EOF
	}
	if !ours {
		return http.ErrBodyReadAfterClose
	}
	b.c.release(false)
	if ctx := b.req.Context(); ctx.Err() != nil {
		return ended(ctx)
	}
	return err
}

// Close ends the body where it is. A connection with a rest on it is closed,
// and so a Read that waits for that rest ends.
func (b *body) Close() error {
	if b.state.Swap(closed) == open {
		b.c.release(false)
	}
	return nil
}
