package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// connections is how many clients ask at once, each over its own connection.
const connections = 32

// target is one thing that is asked, and what it has to answer.
type target struct {
	name    string
	server  *gateway
	request []byte
	length  int64 // of the right answer's body

	samples []sample
}

// sample is what one turn of a target came to.
type sample struct {
	rate      float64       // requests a second
	p50, p99  time.Duration // of the time to an answer
	processor time.Duration // of the server process, a request
	allocs    float64       // objects, a request
	allocated float64       // bytes, a request
	resident  int64         // bytes, the most under the load
}

// learn asks once, and takes this answer's length for every other's after it
// was looked at.
func (t *target) learn(ctx context.Context, right func(body string) error) error {
	c, err := dial(ctx, t.server.address)
	if err != nil {
		return err
	}
	defer c.close()
	var body bytesOf
	if t.length, err = c.ask(t.request, &body); err != nil {
		return fmt.Errorf("%s: %w", t.name, err)
	}
	if err := right(string(body)); err != nil {
		return fmt.Errorf("%s: %w", t.name, err)
	}
	return nil
}

type bytesOf []byte

func (b *bytesOf) Write(p []byte) (int, error) {
	*b = append(*b, p...)
	return len(p), nil
}

// turn loads the target for a while and measures it. Every answer is checked,
// and a wrong one ends the run.
func (t *target) turn(ctx context.Context, lasts time.Duration) (sample, error) {
	before, err := t.read(ctx)
	if err != nil {
		return sample{}, err
	}
	resident := t.server.watchResident(ctx)
	began := time.Now()
	times, err := t.load(ctx, lasts)
	took := time.Since(began)
	most := resident()
	if err != nil {
		return sample{}, fmt.Errorf("%s: %w", t.name, err)
	}
	after, err := t.read(ctx)
	if err != nil {
		return sample{}, err
	}
	n := float64(len(times))
	if n == 0 {
		return sample{}, fmt.Errorf("%s: nothing was answered", t.name)
	}
	slices.Sort(times)
	return sample{
		rate: n / took.Seconds(), p50: percentile(times, 50), p99: percentile(times, 99),
		processor: time.Duration(float64(after.processor-before.processor) / n),
		allocs:    (after.allocs - before.allocs) / n, allocated: (after.allocated - before.allocated) / n,
		resident: most,
	}, nil
}

// reading is what a process has used so far.
type reading struct {
	processor         time.Duration
	allocs, allocated float64
}

func (t *target) read(ctx context.Context) (r reading, err error) {
	found, err := scrape(ctx, t.server.metrics)
	if err != nil {
		return r, fmt.Errorf("%s: %w", t.name, err)
	}
	r.allocs, r.allocated = found[mallocsName], found[allocatedName]
	r.processor, err = t.server.processorTime()
	return r, err
}

// load asks over all connections until the time is over, and returns how long
// each answer took.
func (t *target) load(ctx context.Context, lasts time.Duration) ([]time.Duration, error) {
	clients := make([]*client, connections)
	for i := range clients {
		c, err := dial(ctx, t.server.address)
		if err != nil {
			return nil, err
		}
		defer c.close()
		clients[i] = c
	}
	times := make([][]time.Duration, connections)
	errs := make([]error, connections)
	end := time.Now().Add(lasts)
	var wait sync.WaitGroup
	for i, c := range clients {
		wait.Go(func() { times[i], errs[i] = t.askUntil(ctx, c, end) })
	}
	wait.Wait()
	return slices.Concat(times...), errors.Join(append(errs, ctx.Err())...)
}

func (t *target) askUntil(ctx context.Context, c *client, end time.Time) (times []time.Duration, err error) {
	for began := time.Now(); began.Before(end) && ctx.Err() == nil; {
		n, err := c.ask(t.request, io.Discard)
		if err == nil && n != t.length {
			err = fmt.Errorf("an answer has %d bytes instead of %d", n, t.length)
		}
		if err != nil {
			return times, err
		}
		now := time.Now()
		times, began = append(times, now.Sub(began)), now
	}
	return times, nil
}

// percentile of times that are sorted, by the nearest rank.
func percentile(sorted []time.Duration, percent int) time.Duration {
	rank := (len(sorted)*percent + 99) / 100
	return sorted[max(rank, 1)-1]
}

// median of any figures; 0 of none.
func median[T ~int64 | ~float64](figures []T) T {
	if len(figures) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(figures))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}
