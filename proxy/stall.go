package proxy

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// client is the other end of a request: what it sends, and what it reads of
// the answer. Neither may pause for longer than the stall timeout. A client
// that sends a byte within it, or takes a piece of the answer within three
// quarters of it, is never cut: how many go on so slowly at once is bounded by
// the requests in flight.
//
// Its clock is the real one, because the connection's deadlines are.
type client struct {
	http.ResponseWriter
	stall   time.Duration
	streams bool      // HTTP/2: a deadline that passes ends the stream, whether a write waits or not
	set     time.Time // when the deadline for writes was set; zero where there is none of ours
	ev      *event
	body    *watchedBody // nil where none is sent
}

// watch returns the writer for an answer, and lets the request's body be read
// through it. The caller calls finish when the answer was written.
func (p *Proxy) watch(w http.ResponseWriter, r *http.Request) *client {
	c := &client{ResponseWriter: w, stall: p.Stall, streams: r.ProtoMajor >= 2, ev: eventOf(r)}
	if c.stall > 0 && r.Body != nil && r.Body != http.NoBody {
		c.body = &watchedBody{ReadCloser: r.Body, connection: c.connection(), stall: c.stall}
		r.Body, c.ev.body = c.body, c.body
		if c.streams { // the server's own deadline for the answer would end a long upload
			_ = c.connection().SetWriteDeadline(time.Time{})
		}
	}
	return c
}

func (c *client) connection() *http.ResponseController {
	return http.NewResponseController(c.ResponseWriter)
}

// onePiece bounds what is written against one deadline: a large document is
// not to be read within one pause.
const onePiece = 32 << 10

func (c *client) Write(b []byte) (written int, err error) {
	for {
		piece := b[:min(len(b), onePiece)]
		c.begin()
		n, err := c.ResponseWriter.Write(piece)
		c.end(err)
		written += n
		if b = b[n:]; err != nil || len(b) == 0 {
			return written, err
		}
	}
}

// FlushError flushes for http.ResponseController, which finds it before Unwrap.
func (c *client) FlushError() error {
	c.begin()
	err := c.connection().Flush()
	c.end(err)
	return err
}

// Unwrap lets http.ResponseController reach the connection.
func (c *client) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// begin moves the deadline before a write that may wait. It is moved only now
// and then: to set it costs as much as a small write.
func (c *client) begin() {
	if c.stall <= 0 {
		return
	}
	if c.body != nil {
		c.body.begin() // net/http may read the rest of a body before it writes
	}
	if now := time.Now(); now.Sub(c.set) >= c.stall/4 {
		c.set = now
		_ = c.connection().SetWriteDeadline(now.Add(c.stall)) // a writer in a test has none
	}
}

func (c *client) end(err error) {
	if c.stall <= 0 {
		return
	}
	if c.body != nil {
		c.body.end()
	}
	if err != nil && time.Since(c.set) >= c.stall {
		c.ev.failed("client-stalled", err)
	}
	if c.streams { // the back end may take its time until the next write
		c.set = time.Time{}
		_ = c.connection().SetWriteDeadline(time.Time{})
	}
}

// finish leaves time for what net/http still holds of the answer. The server
// resets the deadline before it reads the connection's next request.
func (c *client) finish() {
	if c.body != nil {
		c.body.release()
	}
	if c.streams { // here and not after the handler, so that its place is held meanwhile
		_ = c.FlushError()
		return
	}
	if c.stall > 0 && time.Since(c.set) >= c.stall/4 {
		_ = c.connection().SetWriteDeadline(time.Now().Add(c.stall))
	}
}

// watchedBody is a request's body whose client may not pause for too long. A
// timer runs while somebody waits for the client, and only a pause that was too
// long sets a deadline on the connection: one that were left behind would end
// the request while the back end works on it, because net/http reads on in the
// background to see whether the client is still there.
type watchedBody struct {
	io.ReadCloser
	connection *http.ResponseController
	stall      time.Duration
	stalled    atomic.Bool

	mu      sync.Mutex
	timer   *time.Timer
	waiting int       // those who wait for the client
	since   time.Time // when the last of them began
	over    bool      // nothing of it is waited for any more
	ended   bool      // it was read to its end
}

func (b *watchedBody) Read(buf []byte) (int, error) {
	b.begin()
	defer b.end()
	n, err := b.ReadCloser.Read(buf)
	if errors.Is(err, io.EOF) {
		b.mu.Lock()
		b.ended = true
		b.mu.Unlock()
	}
	return n, err
}

func (b *watchedBody) begin() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.waiting++; b.over {
		return
	}
	b.since = time.Now()
	if b.timer == nil {
		b.timer = time.AfterFunc(b.stall, b.cut)
		return
	}
	b.timer.Reset(b.stall)
}

func (b *watchedBody) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.waiting--; b.waiting == 0 && b.timer != nil {
		b.timer.Stop()
	}
}

// release ends the watch together with the request: the connection may serve
// another soon, and whoever still reads is not to be cut then. Of a body that
// was not read to its end, net/http reads on before it sends the answer, and
// nobody but this deadline would end that.
func (b *watchedBody) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = true
	if !b.ended { // after its end, the deadline would end the connection's next request
		_ = b.connection.SetReadDeadline(time.Now().Add(refusedBody))
	}
}

// cut ends a wait that was too long. The timer may have gone off for one that
// ended just then.
func (b *watchedBody) cut() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over || b.waiting == 0 || time.Since(b.since) < b.stall {
		return
	}
	b.stalled.Store(true)
	_ = b.connection.SetReadDeadline(time.Unix(1, 0)) // long ago: the read returns at once
}
