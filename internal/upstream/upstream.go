// Package upstream carries requests to a back end in the caller's own
// goroutine: it writes the request, waits for the answer and reads it without
// handing either to another goroutine, which is what a request over
// http.Transport mostly pays for.
//
// It takes this direct way only for what is simple: a GET, HEAD or OPTIONS
// without a body, in plain HTTP/1.1, to the back end itself. Everything else
// goes to the http.Transport that it is made of.
//
// Requests are written and answers read by net/http's own Request.Write and
// ReadResponse; what is ours is the connection. It refuses to guess about that:
// one on which anything came that nobody had asked for is never used again
// (response smuggling, RFC 9112 section 11.2). It follows no redirect,
// decompresses nothing and opens no tunnel: where a back end switches protocols
// unasked (101), the caller is told, and the connection is closed.
package upstream

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// What holds where the http.Transport leaves a limit open.
const (
	defaultMaxHead     = 256 << 10
	defaultMaxIdle     = 256
	defaultIdleTimeout = time.Minute
)

// freshFor is how long a connection may be idle and still carry what must not be
// repeated. A back end closes what is idle for longer than it likes (two seconds
// with gunicorn, five with uvicorn), and a request that crosses with that is lost:
// whether it was worked on nobody can tell.
const freshFor = time.Second

// Transport is an http.RoundTripper. It is safe for use by many goroutines.
type Transport struct {
	fallback *http.Transport
	writing  *http.Transport // the same, for what must not be repeated
	dialer   func(ctx context.Context, network, address string) (net.Conn, error)
	timeout  time.Duration // for the connection, and again for the answer's head; none when zero
	maxHead  int           // bytes, informational answers included
	idle     idle
}

// New returns a Transport that takes the direct way where it can, and fallback
// where it cannot. What fallback is set to holds for both: DialContext, Proxy,
// ResponseHeaderTimeout (which on the direct way bounds the making of a
// connection too, and may last an eighth longer), MaxResponseHeaderBytes (256
// KiB when zero), MaxIdleConns (256), IdleConnTimeout (a minute; for methods that
// are not safe, a second at most) and DisableKeepAlives. MaxConnsPerHost, hooks
// of httptrace and Request.Cancel have no effect on the direct way, which never
// asks for a compressed answer by itself.
func New(fallback *http.Transport) *Transport {
	t := &Transport{fallback: fallback, dialer: fallback.DialContext, timeout: fallback.ResponseHeaderTimeout, maxHead: int(fallback.MaxResponseHeaderBytes)}
	t.writing = fallback.Clone()
	if t.writing.IdleConnTimeout <= 0 || t.writing.IdleConnTimeout > freshFor {
		t.writing.IdleConnTimeout = freshFor
	}
	t.idle = idle{max: fallback.MaxIdleConns, timeout: fallback.IdleConnTimeout}
	if t.dialer == nil {
		t.dialer = (&net.Dialer{Timeout: 30 * time.Second}).DialContext
	}
	if t.maxHead <= 0 {
		t.maxHead = defaultMaxHead
	}
	if t.idle.max <= 0 {
		t.idle.max = defaultMaxIdle
	}
	if t.idle.timeout <= 0 {
		t.idle.timeout = defaultIdleTimeout
	}
	return t
}

// CloseIdleConnections closes the connections that serve no request now.
func (t *Transport) CloseIdleConnections() {
	t.idle.closeAll()
	t.fallback.CloseIdleConnections()
	t.writing.CloseIdleConnections()
}

// RoundTrip sends a request and returns the answer's head as soon as it is
// there. The answer's body must be read to its end, or closed.
//
// An error is the context's where that is done (errors.Is context.Canceled or
// context.DeadlineExceeded), a net.Error with Timeout() where the back end took
// too long, and otherwise that of the network or of an answer that is none.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL != nil && !isTarget(req.URL.RequestURI()) {
		return nil, errTarget
	}
	if !t.isDirect(req) {
		way := t.fallback
		if !isSafe(req.Method) {
			way, req = t.writing, once(req)
		}
		res, err := way.RoundTrip(req)
		return res, unquoted(err)
	}
	return t.exchange(req)
}

// exchange asks on a connection that is there, or on a new one. A back end may
// close a connection at any time, so one that was used before may fail through
// nobody's fault: then, and only before the first byte of an answer, the
// request is repeated on a new one (RFC 9110 section 9.2.2, RFC 9112 section
// 9.3.1).
func (t *Transport) exchange(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if ctx.Err() != nil {
		return nil, ended(ctx)
	}
	address := addressOf(req.URL)
	if c := t.idle.get(address, time.Now()); c != nil {
		res, err := c.roundTrip(req)
		if err == nil || c.began || isTimeout(err) {
			return res, err
		}
	}
	c, err := t.dial(ctx, address)
	if err != nil {
		return nil, err
	}
	return c.roundTrip(req)
}

func (t *Transport) dial(ctx context.Context, address string) (*conn, error) {
	patient, cancel := ctx, context.CancelFunc(func() {})
	if t.timeout > 0 {
		patient, cancel = context.WithTimeout(ctx, t.timeout)
	}
	defer cancel()
	nc, err := t.dialer(patient, "tcp", address)
	if err == nil {
		return newConn(t, nc, address), nil
	}
	if ctx.Err() != nil {
		return nil, ended(ctx)
	}
	return nil, fmt.Errorf("upstream: no connection: %w", err)
}

// ended is the error of a request whose context is done.
func ended(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}

func isTimeout(err error) bool {
	var slow net.Error
	return errors.As(err, &slow) && slow.Timeout()
}
