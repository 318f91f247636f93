package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
)

// tally counts what was sent and what came back, and prints what was wrong.
type tally struct {
	mu         sync.Mutex
	out        io.Writer
	kinds      map[string]map[int]int // by mode and kind, then by status
	handled    map[string]map[int]int // by mode, then by status: what the gateway itself answered
	unanswered map[string]int         // by mode
	bad        map[string]int         // by what was wrong
}

func newTally(out io.Writer) *tally {
	return &tally{out: out, kinds: map[string]map[int]int{}, handled: map[string]map[int]int{}, unanswered: map[string]int{}, bad: map[string]int{}}
}

// count notes one reply.
func (t *tally) count(mode string, s *shot, r reply) {
	t.mu.Lock()
	defer t.mu.Unlock()
	add(t.kinds, mode+", "+s.kind, r.status)
	switch {
	case r.status == noAnswer:
		t.unanswered[mode]++
	case r.status < 300 || r.problem():
		add(t.handled, mode, r.status)
	}
}

func add(counts map[string]map[int]int, name string, status int) {
	if counts[name] == nil {
		counts[name] = map[int]int{}
	}
	counts[name][status]++
}

const (
	maxPrinted = 4000 // bytes of a request or an answer
	maxAlike   = 10   // of one kind; the rest are counted
)

// complain prints what was wrong, whole: the request, what was expected, and
// what came.
func (t *tally) complain(what string, s *shot, r reply, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bad[what]++; t.bad[what] > maxAlike {
		return
	}
	_, _ = fmt.Fprintf(t.out, "WRONG %s: %v\n", what, err)
	if s == nil {
		return
	}
	_, _ = fmt.Fprintf(t.out, "  sent %q\n  expected %+v\n  got %d %v %q %v\n", s.raw[:min(len(s.raw), maxPrinted)], s.arrives, r.status, r.header, r.body[:min(len(r.body), maxPrinted)], r.err)
}

func (t *tally) wrong() (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, alike := range t.bad {
		n += alike
	}
	return n
}

// report prints the counts by kind, and the memory.
func (t *tally) report(gateways []*guarded) {
	t.mu.Lock()
	defer t.mu.Unlock()
	total := 0
	for _, kind := range slices.Sorted(maps.Keys(t.kinds)) {
		_, _ = fmt.Fprintf(t.out, "%-70s", kind)
		for _, status := range slices.Sorted(maps.Keys(t.kinds[kind])) {
			n := t.kinds[kind][status]
			total += n
			_, _ = fmt.Fprintf(t.out, "  %d: %d", status, n)
		}
		_, _ = fmt.Fprintln(t.out)
	}
	for _, g := range gateways {
		_, _ = fmt.Fprintf(t.out, "%s: resident MiB", g.mode)
		for _, bytes := range g.memory {
			_, _ = fmt.Fprintf(t.out, " %.1f", float64(bytes)/(1<<20))
		}
		_, _ = fmt.Fprintf(t.out, "; %d lines of log\n", g.log.lines.Load())
	}
	_, _ = fmt.Fprintf(t.out, "%d requests\n", total)
}
