package listen

import (
	"net"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

func TestConnectionsTellSoonWhenTheirClientReadsOn(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	bounded := &connections{Listener: listener, slots: make(chan struct{}, 1), perAddress: 1, closed: make(chan struct{}), held: map[netip.Prefix]int{}}
	defer func() { _ = bounded.Close() }()
	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	conn, err := bounded.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	raw, err := conn.(*connection).Conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	bound := 0
	if err := raw.Control(func(fd uintptr) { bound, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT) }); err != nil || bound != unsent {
		t.Errorf("%d bytes may wait: %v", bound, err)
	}
}
