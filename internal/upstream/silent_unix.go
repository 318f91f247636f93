//go:build unix

package upstream

import (
	"errors"
	"syscall"
)

// silent reports whether nothing has come on an idle connection, not even its
// end. It does not wait, and takes nothing.
func silent(raw syscall.RawConn) bool {
	nothing := false
	err := raw.Read(func(fd uintptr) bool {
		var first [1]byte
		_, _, err := syscall.Recvfrom(int(fd), first[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		nothing = errors.Is(err, syscall.EAGAIN)
		return true
	})
	return err == nil && nothing
}
