//go:build unix

package upstream

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// rawOf is the connection's socket, which never blocks; nil if it has none.
func rawOf(nc net.Conn) syscall.RawConn {
	socket, ok := nc.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// turn is one question and the beginning of its answer.
type turn struct {
	step    func(fd uintptr) bool // takeTurn, bound once
	request []byte                // nil once it was sent
	into    []byte
	n       int
	err     error
}

// ask looks whether the connection is still silent, sends the request and waits
// for the first bytes of the answer, all in one wait: a look of its own, and a
// read that finds nothing yet, would each cost a system call a request.
func (c *conn) ask(p, request []byte) (int, error) {
	if c.raw == nil {
		if _, err := c.nc.Write(request); err != nil {
			return 0, err
		}
		return c.nc.Read(p)
	}
	c.turn.request, c.turn.into, c.turn.n, c.turn.err = request, p, 0, nil
	err := c.raw.Read(c.turn.step)
	c.turn.request, c.turn.into = nil, nil
	if err != nil {
		return 0, err
	}
	return c.turn.n, c.turn.err
}

// takeTurn is called before the first wait and after each one; true ends them.
// Whatever comes after its first look wakes it, so no answer is missed.
func (c *conn) takeTurn(fd uintptr) bool {
	t := &c.turn
	n, err := read(fd, t.into)
	nothing := errors.Is(err, syscall.EAGAIN)
	switch {
	case t.request != nil && !nothing:
		t.err = errUnasked
	case t.request != nil:
		_, t.err = c.nc.Write(t.request)
		t.request = nil
		return t.err != nil
	case nothing:
		return false
	case err != nil:
		t.err = os.NewSyscallError("read", err)
	case n == 0:
		t.err = io.EOF
	default:
		t.n = n
	}
	return true
}

func read(fd uintptr, p []byte) (int, error) {
	for {
		n, err := syscall.Read(int(fd), p)
		if !errors.Is(err, syscall.EINTR) {
			return n, err
		}
	}
}
