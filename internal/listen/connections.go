package listen

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// connections is a listener that bounds how many connections are open at once.
// In all: more wait to be accepted until one is closed. Of one address: more
// are closed at once, so that nobody can make all others wait.
type connections struct {
	net.Listener
	slots      chan struct{} // one for each open connection
	perAddress int
	ipv6Prefix int // how many bits of an IPv6 address are one client's
	uncounted  []netip.Prefix
	refused    func(netip.Addr)
	failed     func(error)

	closing sync.Once
	closed  chan struct{}

	mu   sync.Mutex
	held map[netip.Prefix]int // open connections of each address that has any
	open atomic.Int64
}

const maxAcceptPause = time.Second

// Accept gives the next connection within the bounds. It fails only once the
// listener is closed: any other fault, such as too many open files (EMFILE) or
// a client that is gone already, is told and waited out, for a gateway that
// ends is down for everybody.
func (l *connections) Accept() (net.Conn, error) {
	select {
	case l.slots <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	for pause := 5 * time.Millisecond; ; {
		c, err := l.Listener.Accept()
		switch {
		case err == nil:
			addr := addressOf(c)
			if key, ok := l.take(addr); ok {
				l.open.Add(1)
				tellSoon(c)
				return &connection{Conn: c, release: func() { l.release(key) }}, nil
			}
			l.refused(addr)
			_ = c.Close()
			continue
		case errors.Is(err, net.ErrClosed):
			<-l.slots
			return nil, err
		}
		l.failed(err)
		select {
		case <-time.After(pause):
			pause = min(2*pause, maxAcceptPause)
		case <-l.closed:
		}
	}
}

// Close stops accepting. Connections that are open stay so.
func (l *connections) Close() error {
	l.closing.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// take counts a connection for its address, unless that has enough. The key is
// what to give back; the zero key stands for an address that is not counted.
func (l *connections) take(addr netip.Addr) (key netip.Prefix, ok bool) {
	for _, p := range l.uncounted {
		if p.Contains(addr) {
			return key, true
		}
	}
	key = household(addr, l.ipv6Prefix)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[key] >= l.perAddress {
		return key, false
	}
	l.held[key]++
	return key, true
}

// release gives back what Accept and take counted. An address without a
// connection leaves nothing behind.
func (l *connections) release(key netip.Prefix) {
	if key.IsValid() {
		l.mu.Lock()
		if l.held[key]--; l.held[key] == 0 {
			delete(l.held, key)
		}
		l.mu.Unlock()
	}
	l.open.Add(-1)
	<-l.slots
}

// addressOf is the address at the other end, in the one way that an IPv4
// address is written, and without the zone, which is ours.
func addressOf(c net.Conn) netip.Addr {
	at, is := c.RemoteAddr().(*net.TCPAddr)
	if !is {
		return netip.IPv6Unspecified() // all that have none share one count
	}
	return at.AddrPort().Addr().Unmap().WithZone("")
}

// household is what one client can be expected to hold: an IPv4 address, or so
// much of an IPv6 network, in which it may take any address.
func household(addr netip.Addr, ipv6Prefix int) netip.Prefix {
	bits := ipv6Prefix
	if addr.Is4() {
		bits = 32
	}
	return netip.PrefixFrom(addr, bits).Masked()
}

// connection gives its place back when it is closed, once.
type connection struct {
	net.Conn
	release func()
	closing sync.Once
}

// CloseWrite sends the end of an answer while the client may still send:
// net/http does so where it answers without having read everything, and looks
// for this method.
func (c *connection) CloseWrite() error {
	if half, can := c.Conn.(interface{ CloseWrite() error }); can {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// SetLinger lets a connection end in a reset: package proxy does so with an
// answer that is cut, and looks for this method.
func (c *connection) SetLinger(sec int) error {
	if socket, can := c.Conn.(interface{ SetLinger(sec int) error }); can {
		return socket.SetLinger(sec)
	}
	return errors.ErrUnsupported
}

func (c *connection) Close() error {
	err := c.Conn.Close()
	c.closing.Do(c.release)
	return err
}
