package listen

import (
	"net"
	"syscall"
)

// unsent is how much of an answer may wait in the kernel of what is not on its
// way yet. Without a bound the kernel lets a writer go on only when a third of
// megabytes is free again, and a client that reads slowly, but reads, would
// look for minutes as if it had stopped.
const unsent = 128 << 10

// tellSoon has a connection tell soon when its client reads on, where the
// system can do that.
func tellSoon(c net.Conn) {
	socket, has := c.(syscall.Conn)
	if !has {
		return
	}
	if raw, err := socket.SyscallConn(); err == nil {
		_ = raw.Control(boundUnsent) // it fails where the connection is gone already
	}
}
