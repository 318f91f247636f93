package limits_test

import (
	"math/rand/v2"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/geowarden/geowarden/internal/limits"
)

// clock is moved by hand.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newMemory(t *testing.T, events int, per time.Duration) (*limits.Memory, *clock) {
	t.Helper()
	c := &clock{at: time.Unix(1_700_000_000, 0)}
	m, ok := limits.New(limits.Rate{Events: events, Per: per}, c.now).(*limits.Memory)
	if !ok {
		t.Fatal("no limiter for a rate")
	}
	return m, c
}

func TestRates(t *testing.T) {
	type step struct {
		after      time.Duration // since the step before
		allowed    bool
		remaining  int
		reset      time.Duration
		retryAfter time.Duration
	}
	tests := map[string]struct {
		events int
		per    time.Duration
		steps  []step
	}{
		"all at once, then one after the other": {3, time.Minute, []step{
			{0, true, 2, 20 * time.Second, 0}, {0, true, 1, 40 * time.Second, 0}, {0, true, 0, time.Minute, 20 * time.Second},
			{0, false, 0, time.Minute, 20 * time.Second},
			{19 * time.Second, false, 0, 41 * time.Second, time.Second},
			{time.Second, true, 0, time.Minute, 20 * time.Second},
			{time.Hour, true, 2, 20 * time.Second, 0},
		}},
		"one a second": {1, time.Second, []step{
			{0, true, 0, time.Second, time.Second}, {0, false, 0, time.Second, time.Second},
			{time.Second - time.Millisecond, false, 0, time.Millisecond, time.Millisecond}, {time.Millisecond, true, 0, time.Second, time.Second},
		}},
		"a refusal costs nothing": {1, time.Hour, []step{
			{0, true, 0, time.Hour, time.Hour}, {time.Minute, false, 0, 59 * time.Minute, 59 * time.Minute},
			{time.Minute, false, 0, 58 * time.Minute, 58 * time.Minute}, {58 * time.Minute, true, 0, time.Hour, time.Hour},
		}},
		"a clock that goes back gives nothing": {1, time.Minute, []step{
			{0, true, 0, time.Minute, time.Minute}, {-time.Hour, false, 0, time.Minute, time.Minute}, {time.Hour, false, 0, time.Minute, time.Minute},
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m, c := newMemory(t, tt.events, tt.per)
			for i, s := range tt.steps {
				c.at = c.at.Add(s.after)
				look := m.Look(limits.Name("a"))
				got := m.Take(limits.Name("a"))
				if look.Allowed != s.allowed {
					t.Errorf("step %d: Look says %v before Take says %v", i, look.Allowed, got.Allowed)
				}
				if got.Allowed != s.allowed || got.Remaining != s.remaining || !near(got.Reset, s.reset) || !near(got.RetryAfter, s.retryAfter) {
					t.Errorf("step %d: %+v, want %+v", i, got, s)
				}
			}
		})
	}
}

// near is within the rounding of a bucket that is kept as a float.
func near(a, b time.Duration) bool { return (a - b).Abs() <= time.Microsecond }

func TestLookCountsNothing(t *testing.T) {
	m, _ := newMemory(t, 2, time.Minute)
	for range 10 {
		if res := m.Look(limits.Name("a")); !res.Allowed || res.Remaining != 2 || res.Reset != 0 {
			t.Fatalf("%+v", res)
		}
	}
	if m.Keys() != 0 {
		t.Error("a look takes up memory")
	}
}

func TestNoRateIsNoLimiter(t *testing.T) {
	for _, r := range []limits.Rate{{}, {Events: 1}, {Per: time.Second}, {Events: -1, Per: time.Second}} {
		if limits.New(r, nil) != nil {
			t.Errorf("%+v makes a limiter", r)
		}
	}
}

func TestKeysOfAddresses(t *testing.T) {
	tests := []struct {
		a, b string
		same bool
	}{
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"192.0.2.1", "::ffff:192.0.2.1", true},
		{"::ffff:192.0.2.1", "::ffff:192.0.2.2", false}, // all of IPv4 is not one /64
		{"2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true},
		{"2001:db8::1", "2001:db8:0:1::1", false},
		{"fe80::1%eth0", "fe80::1%eth1", true},
		{"", "", true},
		{"", "192.0.2.1", false},
		{"", "::1", false},
	}
	for _, tt := range tests {
		a, _ := netip.ParseAddr(tt.a)
		b, _ := netip.ParseAddr(tt.b)
		if same := limits.Address(a) == limits.Address(b); same != tt.same {
			t.Errorf("%q and %q: one key is %v, want %v", tt.a, tt.b, same, tt.same)
		}
	}
}

// CVE-2026-33496, CVE-2026-71326: parts that run together are another's key.
func TestKeysOfNamesAreNotConfused(t *testing.T) {
	names := [][]string{{"a", "b"}, {"ab", ""}, {"", "ab"}, {"a|b"}, {"a", "", "b"}, {"ab"}, {"a\x00b"}, {"user", "https://a", "x"}, {"user", "https://ax", ""}, {strings.Repeat("x", 1<<16)}}
	seen := map[limits.Key][]string{}
	for _, parts := range names {
		k := limits.Name(parts...)
		if other, taken := seen[k]; taken {
			t.Errorf("%q and %q are one key", parts, other)
		}
		seen[k] = parts
	}
}

// Row 24: whoever has many names or networks does not grow the memory.
func TestKeysAreBounded(t *testing.T) {
	m, _ := newMemory(t, 1, time.Hour)
	victim := limits.Name("victim")
	m.Take(victim)
	for i := range limits.MaxKeys - 1 {
		m.Take(limits.Name("flood", strconv.Itoa(i)))
	}
	if m.Take(victim).Allowed {
		t.Error("a key is forgotten before the bound is reached")
	}
	for i := range limits.MaxKeys + 1000 {
		m.Take(limits.Name("flood", "again", strconv.Itoa(i)))
	}
	if n := m.Keys(); n != limits.MaxKeys {
		t.Errorf("%d keys, want %d", n, limits.MaxKeys)
	}
	if !m.Take(victim).Allowed {
		t.Error("a forgotten key does not start anew")
	}
}

// However many ask at once, no more than the rate gets through, and a key that
// two begin at once has one bucket.
func TestParallelTakesShareABucket(t *testing.T) {
	for range 20 {
		m, _ := newMemory(t, 5, time.Hour)
		var allowed atomic.Int64
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if m.Take(limits.Name("a")).Allowed {
					allowed.Add(1)
				}
			})
		}
		wg.Wait()
		if allowed.Load() != 5 {
			t.Fatalf("%d were allowed, want 5", allowed.Load())
		}
	}
}

func TestTighter(t *testing.T) {
	refused := limits.Result{RetryAfter: time.Second}
	few := limits.Result{Allowed: true, Remaining: 1, Reset: time.Second}
	many := limits.Result{Allowed: true, Remaining: 9, Reset: time.Hour}
	long := limits.Result{Allowed: true, Remaining: 1, Reset: time.Minute}
	order := []limits.Result{refused, long, few, many}
	for range 50 {
		i, j := rand.IntN(len(order)), rand.IntN(len(order))
		if got := limits.Tighter(order[i], order[j]); got != order[min(i, j)] {
			t.Errorf("of %+v and %+v: %+v", order[i], order[j], got)
		}
	}
}

func BenchmarkTake(b *testing.B) {
	m := limits.New(limits.Rate{Events: 1_000_000, Per: time.Second}, nil)
	b.ReportAllocs()
	for b.Loop() {
		m.Take(limits.Name("user", "https://issuer.example/realms/geowarden", "8f2c7e0a-1d3b-4a47-9d8e-1b2f3c4d5e6f"))
	}
}
