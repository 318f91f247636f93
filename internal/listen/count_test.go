package listen

import (
	"errors"
	"net"
	"net/netip"
	"testing"
)

// Whoever has a /64 has all the addresses in it.
func TestAddressesOfOneHouseholdCountTogether(t *testing.T) {
	prefix := New(Config{}).cfg.IPv6Prefix
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"2001:db8::1", "2001:db8::ffff:1", true},
		{"2001:db8::1", "2001:db8:0:1::1", false},
		{"::ffff:192.0.2.1", "192.0.2.1", true},
		{"::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
		{"fe80::1%eth0", "fe80::1%eth1", true},
	} {
		a, b := household(addressOf(from(tt.a)), prefix), household(addressOf(from(tt.b)), prefix)
		if (a == b) != tt.same || !a.IsValid() {
			t.Errorf("%s and %s: %s and %s", tt.a, tt.b, a, b)
		}
	}
}

// A proxy in front is known whatever form its address comes in.
func TestUncountedAddressesAreKnownInEveryForm(t *testing.T) {
	l := &connections{uncounted: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("fe80::/10")}}
	for _, addr := range []string{"192.0.2.1", "::ffff:192.0.2.1", "fe80::1%eth0"} {
		if key, ok := l.take(addressOf(from(addr))); !ok || key.IsValid() {
			t.Errorf("%s is counted", addr)
		}
	}
	if _, ok := l.take(addressOf(from("198.51.100.1"))); ok {
		t.Error("another address is let in without a share")
	}
}

// from is a connection from an address.
func from(addr string) net.Conn {
	return peer{addr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(addr), 1))}
}

type peer struct {
	net.Conn
	addr net.Addr
}

func (p peer) RemoteAddr() net.Addr { return p.addr }

// What is counted for an address is gone with its last connection, or a scan
// from many would be remembered for ever; and no place is given back twice.
func TestNothingIsRememberedOfAddressesThatAreGone(t *testing.T) {
	l := &connections{slots: make(chan struct{}, 10), perAddress: 2, held: map[netip.Prefix]int{}}
	a := netip.MustParseAddr("192.0.2.1")
	var open []*connection
	for range 2 {
		l.slots <- struct{}{}
		key, ok := l.take(a)
		if !ok {
			t.Fatal("refused within the share")
		}
		l.open.Add(1)
		open = append(open, &connection{Conn: closable{}, release: func() { l.release(key) }})
	}
	if _, ok := l.take(a); ok {
		t.Error("a third is let in")
	}
	for range 3 {
		_ = open[0].Close()
	}
	if n := len(l.slots); n != 1 || l.held[household(a, l.ipv6Prefix)] != 1 || l.open.Load() != 1 {
		t.Errorf("after one was closed: %d places, %v", n, l.held)
	}
	_ = open[1].Close()
	if len(l.held) != 0 || len(l.slots) != 0 {
		t.Errorf("remembered: %v", l.held)
	}
}

type closable struct{ net.Conn }

func (closable) Close() error { return nil }

// A listener that is closed holds nobody in Accept, not even while it is full.
func TestClosingEndsTheWaitForAPlace(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &connections{Listener: inner, slots: make(chan struct{}), closed: make(chan struct{})}
	ended := make(chan error, 1)
	go func() {
		_, err := l.Accept()
		ended <- err
	}()
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept ended with %v", err)
	}
	if err := l.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed twice: %v", err)
	}
}
