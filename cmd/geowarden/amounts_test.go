package main

import (
	"testing"
	"time"
)

func TestSizesAreNumbersWithUnits(t *testing.T) {
	for value, want := range map[string]Size{"65536": 65536, "100B": 100, "64KiB": 64 << 10, "16MiB": 16 << 20, "2GiB": 2 << 30, "9999GiB": 9999 << 30, "4294967295GiB": 4294967295 << 30, "4294967296GiB": maxSize, "99999999999999999999GiB": maxSize} {
		var s Size
		if err := s.Decode(value); err != nil || s != want {
			t.Errorf("%q is %d, %v", value, s, err)
		}
	}
	for _, value := range []string{"0", "-1", "64KB", "64 KiB", "KiB", "1.5MiB", "64KiBMiB", "99999999999999999999KB", "0x10"} {
		var s Size
		if err := s.Decode(value); err == nil {
			t.Errorf("%q is taken for %d", value, s)
		}
	}
}

func TestRatesAreNumbersOfAPeriod(t *testing.T) {
	for value, want := range map[string]time.Duration{"5/s": time.Second, "600/m": time.Minute, "1/h": time.Hour} {
		var r Rate
		if err := r.Decode(value); err != nil || r.Per != want || r.Events == 0 || r.String() != value {
			t.Errorf("%q is %s, %v", value, r, err)
		}
	}
	for _, value := range []string{"0/s", "600", "600/", "/m", "-1/m", "600/d", "1000001/h", "6 00/m", "1.5/s", "600/m/m"} {
		var r Rate
		if err := r.Decode(value); err == nil {
			t.Errorf("%q is taken for %s", value, r)
		}
	}
}

func TestDelaysMayBeNothing(t *testing.T) {
	for value, good := range map[string]bool{"0": true, "200ms": true, "1m": true, "-1s": false, "2m": false, "5": false} {
		var d Delay
		if err := d.Decode(value); (err == nil) != good {
			t.Errorf("%q: %v", value, err)
		}
	}
}
