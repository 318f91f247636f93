package listen

import "golang.org/x/sys/unix"

// boundUnsent fails on a kernel before 3.12, which is no reason not to serve.
func boundUnsent(fd uintptr) {
	_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, unsent)
}
