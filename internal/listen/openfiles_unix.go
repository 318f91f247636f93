//go:build unix

package listen

import "syscall"

// OpenFiles is how many files and connections this process may hold open at
// once; ok is false where that is not known.
func OpenFiles() (limit uint64, ok bool) {
	var l syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l)
	return uint64(l.Cur), err == nil //nolint:unconvert // it is signed on FreeBSD
}
