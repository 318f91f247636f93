package upstream

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"
)

const (
	// readBuffer holds the head and the body of most answers, so that they
	// arrive in one read; writeBuffer the whole of most requests.
	readBuffer  = 8 << 10
	writeBuffer = 2 << 10

	// maxInformational is how many answers that are none yet (1xx) may come
	// before the one that is.
	maxInformational = 8
)

// conn is one connection to the back end. At any time it belongs to one request
// or to the idle ones, and nobody else touches it but to close it.
type conn struct {
	t         *Transport
	nc        net.Conn
	raw       syscall.RawConn // nil where it cannot be looked at without waiting
	br        *bufio.Reader   // reads through Read below
	bw        *bufio.Writer
	address   string
	idleSince time.Time

	cut  func()      // ends a wait at once, whoever waits
	stop func() bool // keeps the request's context from cutting; false if it has

	room   int   // bytes that may still be read of the head
	inBody bool  // the head was read, and the body may take its time
	timed  bool  // there is a deadline
	began  bool  // something of an answer has come
	failed error // why nothing more can be read
}

func newConn(t *Transport, nc net.Conn, address string) *conn {
	c := &conn{t: t, nc: nc, address: address}
	c.cut = func() { _ = c.nc.Close() }
	if socket, ok := nc.(syscall.Conn); ok {
		c.raw, _ = socket.SyscallConn() // nil where there is none
	}
	c.br, c.bw = bufio.NewReaderSize(c, readBuffer), bufio.NewWriterSize(nc, writeBuffer)
	return c
}

// roundTrip sends a request and reads the answer's head. A failure closes the
// connection.
func (c *conn) roundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	c.room, c.began, c.inBody = c.t.maxHead, false, false
	c.stop = context.AfterFunc(ctx, c.cut)
	res, err := c.ask(req)
	if err == nil {
		return c.attach(res), nil
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

// ask sends a request, unless something came that was not asked for, and reads
// answers until one is final.
func (c *conn) ask(req *http.Request) (*http.Response, error) {
	if c.t.timeout > 0 {
		if err := c.deadline(time.Now().Add(c.t.timeout)); err != nil {
			return nil, err
		}
	}
	if c.raw != nil && !silent(c.raw) {
		return nil, errUnasked
	}
	if err := req.Write(c.bw); err != nil {
		return nil, err
	}
	if err := c.bw.Flush(); err != nil {
		return nil, err
	}
	for range maxInformational + 1 {
		res, err := http.ReadResponse(c.br, req)
		switch {
		case err != nil && c.failed != nil:
			return nil, c.failed // the wire's own fault, and not one of what came over it
		case err != nil:
			return nil, errMalformed
		case res.StatusCode >= http.StatusOK || res.StatusCode == http.StatusSwitchingProtocols:
			return res, nil
		case res.StatusCode < http.StatusContinue:
			return nil, errMalformed
		}
	}
	return nil, errFlood
}

// deadline sets when a wait ends; the zero time is never.
func (c *conn) deadline(at time.Time) error {
	c.timed = !at.IsZero()
	return c.nc.SetDeadline(at)
}

// Read is the only way from the wire. The head is bounded in size, as a whole
// and with the informational answers before it, and in time.
func (c *conn) Read(p []byte) (n int, err error) {
	switch {
	case c.inBody && c.timed:
		if err := c.deadline(time.Time{}); err != nil {
			return 0, err
		}
	case c.inBody:
	case c.room <= 0:
		c.failed = errTooLong
		return 0, errTooLong
	default:
		p = p[:min(len(p), c.room)]
	}
	n, err = c.nc.Read(p)
	c.room -= n
	c.began = c.began || n > 0
	if errors.Is(err, io.EOF) {
		c.failed = io.ErrUnexpectedEOF
	} else if err != nil {
		c.failed = err
	}
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
