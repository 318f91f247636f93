package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// crowd measures those that behave alone, and beside thousands that do not, in
// turns.
func (c trial) crowd(ctx context.Context, s *stack, backend *process) error {
	t, err := c.target(ctx, s, keyMode(), backend)
	if err != nil {
		return err
	}
	if _, err := t.turn(ctx, c.lasts); err != nil { // warms up
		return err
	}
	var ratios []float64
	for round := range c.rounds {
		alone, err := t.turn(ctx, c.lasts)
		if err != nil {
			return err
		}
		beside, err := c.beside(ctx, s, t)
		if err != nil {
			return err
		}
		ratio := float64(beside.p99) / float64(alone.p99)
		ratios = append(ratios, ratio)
		c.say("round %d: p99 %.2f ms alone, %.2f ms beside %d slow and idle connections: %.2f times; resident %d MiB, then %d MiB",
			round+1, millis(alone.p99), millis(beside.p99), c.herd, ratio, alone.resident>>20, beside.resident>>20)
	}
	after, err := t.server.resident()
	if err != nil {
		return err
	}
	c.say("slow and many: p99 is %.2f times that without them, the median of %d rounds (aim: at most 2); resident afterwards %d MiB", median(ratios), c.rounds, after>>20)
	t.server.stop()
	return nil
}

// afterOpening lets pass what it costs to open so many connections at once: what
// is measured is that they are there.
const afterOpening = 2 * time.Second

// beside measures while the herd has all of its connections open.
func (c trial) beside(ctx context.Context, s *stack, t *target) (sample, error) {
	argv, err := self("herd", "-address", t.server.address, "-connections", strconv.Itoa(c.herd))
	if err != nil {
		return sample{}, err
	}
	from, to := io.Pipe()
	herd := &process{name: "herd", argv: argv, output: to}
	if err := herd.start(); err != nil {
		return sample{}, err
	}
	s.add(herd)
	lines := bufio.NewReader(from)
	first, err := lines.ReadString('\n')
	if err != nil || !strings.HasPrefix(first, herdReady) {
		return sample{}, fmt.Errorf("the slow connections are not all open: %s %w", first, err)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	wait(ctx, afterOpening)
	got, err := t.turn(ctx, c.lasts)
	herd.stop()
	_ = to.Close()
	return got, err
}
