//go:build !linux

package listen

func boundUnsent(uintptr) {}
