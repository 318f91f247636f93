package upstream

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"time"
)

// bufferSize holds the head and the body of most answers, so that they arrive
// in one read.
const bufferSize = 8 << 10

// conn is one connection to the back end. At any time it belongs to one request
// or to the idle ones, and nobody else touches it but to close it.
type conn struct {
	t         *Transport
	nc        net.Conn
	raw       syscall.RawConn // nil where it cannot be looked at without waiting
	br        *bufio.Reader   // reads through Read below
	address   string
	idleSince time.Time
	until     time.Time // the deadline that is set; zero for none

	cut  func()      // ends a wait at once, whoever waits
	stop func() bool // keeps the request's context from cutting; false if it has

	request []byte // still to be sent before the next read
	inBody  bool   // the head was read, and the body may take its time
	began   bool   // something of an answer has come
	head    []byte // the lines of the head, kept for the next one
	turn    turn
}

func newConn(t *Transport, nc net.Conn, address string) *conn {
	c := &conn{t: t, nc: nc, address: address}
	c.cut = func() { _ = c.nc.Close() }
	c.raw = rawOf(nc)
	c.turn.step = c.takeTurn
	c.br = bufio.NewReaderSize(c, bufferSize)
	return c
}

// roundTrip sends a request and reads the answer's head. A failure closes the
// connection.
func (c *conn) roundTrip(req *http.Request, request []byte) (*http.Response, error) {
	ctx := req.Context()
	c.request, c.began, c.inBody = request, false, false
	c.stop = context.AfterFunc(ctx, c.cut)
	a, err := c.answer(req)
	c.request = nil // the buffer is somebody else's from now on
	if err == nil {
		return a, nil
	}
	c.stop()
	c.cut()
	switch {
	case ctx.Err() != nil:
		return nil, ended(ctx)
	case isTimeout(err):
		return nil, fmt.Errorf("upstream: no answer within %s: %w", c.t.timeout, err)
	}
	return nil, fmt.Errorf("upstream: %w", err)
}

func (c *conn) answer(req *http.Request) (*http.Response, error) {
	if err := c.hurry(time.Now()); err != nil {
		return nil, err
	}
	a, err := c.readAnswer(req)
	if err != nil {
		return nil, err
	}
	c.inBody = true
	if a.Body == http.NoBody {
		c.release(a.body.keep)
	}
	return &a.Response, nil
}

// hurry sets the deadline for the answer's head. One that was set for a request
// just before, and is no nearer than it should be, is left: that makes it up to
// an eighth later than it must be, and spares a change of timers a request.
func (c *conn) hurry(now time.Time) error {
	patience := c.t.timeout
	if patience <= 0 {
		return c.forgive()
	}
	if c.until.Sub(now) >= patience {
		return nil
	}
	c.until = now.Add(patience + patience/8)
	return c.nc.SetDeadline(c.until)
}

// forgive takes the deadline away.
func (c *conn) forgive() error {
	if c.until.IsZero() {
		return nil
	}
	c.until = time.Time{}
	return c.nc.SetDeadline(c.until)
}

// Read is the only way to the wire. It sends the request first if that is still
// to be done.
func (c *conn) Read(p []byte) (n int, err error) {
	switch {
	case c.request != nil:
		n, err = c.ask(p, c.request)
		c.request = nil
	case c.inBody:
		if err := c.forgive(); err != nil {
			return 0, err
		}
		n, err = c.nc.Read(p)
	default:
		n, err = c.nc.Read(p)
	}
	c.began = c.began || n > 0
	return n, err
}

// release ends the request's hold on a connection: it becomes idle if another
// request may use it, and is closed if not. What came after the answer's end
// would be taken for the answer to the next request.
func (c *conn) release(keep bool) {
	if c.stop() && keep && c.raw != nil && c.br.Buffered() == 0 && !c.t.fallback.DisableKeepAlives && c.t.idle.put(c, time.Now()) {
		return
	}
	c.cut()
}

// errUnasked is what an idle connection is given up for.
var errUnasked = errors.New("the connection was closed, or brought an answer that nobody asked for")
