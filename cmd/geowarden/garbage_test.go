package main

import (
	"runtime/debug"
	"testing"
)

func TestGOGCOfTheEnvironmentStays(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	collectLessOften([]string{"PATH=/bin", "GOGC=100"})
	if got := debug.SetGCPercent(100); got != 100 {
		t.Errorf("GOGC=100 became %d", got)
	}
	collectLessOften([]string{"PATH=/bin"})
	if got := debug.SetGCPercent(100); got != gcPercent {
		t.Errorf("without GOGC it is %d", got)
	}
}
