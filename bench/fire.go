package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// line is a connection that a worker keeps open to a gateway.
type line struct {
	net.Conn
	reader *bufio.Reader
	used   bool
}

// patience is how long an answer may take: more than any time that the gateway
// itself gives.
const patience = 90 * time.Second

func open(ctx context.Context, address string) (*line, error) {
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &line{Conn: conn, reader: bufio.NewReader(conn)}, nil
}

// fire sends the shot on a connection that is open already, if there is one,
// and returns the reply, and the connection where it can be used again.
func (s *shot) fire(ctx context.Context, l *line) (reply, *line, error) {
	if l != nil && s.alone {
		_ = l.Close()
		l = nil
	}
	if l == nil {
		var err error
		if l, err = open(ctx, s.gateway.address); err != nil {
			return reply{}, nil, err
		}
	}
	_ = l.SetDeadline(time.Now().Add(patience))
	reused := l.used
	r := s.exchange(ctx, l)
	switch {
	case reused && r.status == noAnswer && !s.alone: // closed between two requests, as a server may (RFC 9112 section 9.3.1)
		_ = l.Close()
		return s.fire(ctx, nil)
	case s.alone || r.err != nil || r.header.Get("Connection") == "close":
		_ = l.Close()
		return r, nil, nil //nolint:nilerr // an answer that is not whole is for the judge
	}
	l.used = true
	return r, l, nil
}

// exchange writes while it reads: one that is refused early is not read to its
// end.
func (s *shot) exchange(ctx context.Context, l *line) reply {
	written := make(chan struct{})
	go func() {
		defer close(written)
		if _, err := l.Write(s.raw); err != nil || s.rest == nil {
			return
		}
		wait(ctx, 100*time.Millisecond)
		_, _ = l.Write(s.rest)
	}()
	if s.leave {
		<-written
		return reply{err: errors.New("left")}
	}
	r := readReply(l.reader, s.method)
	if r.err != nil || s.alone {
		_ = l.Close() // what is still being written is not waited for
	}
	<-written
	return r
}

func readReply(from *bufio.Reader, method string) reply {
	res, err := http.ReadResponse(from, &http.Request{Method: method})
	if err != nil {
		return reply{err: err}
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if res.Close {
		res.Header.Set("Connection", "close")
	}
	return reply{res.StatusCode, res.Header, body, err}
}
