package main

import (
	"context"
	"fmt"
	"io"
	"time"
)

// measureStarts starts each mode several times and returns how long each took
// until /readyz was 200, the median, by the mode's name.
func (c comparison) measureStarts(ctx context.Context, s *stack, out io.Writer) (map[string]time.Duration, error) {
	public, moved, err := s.backends(ctx)
	if err != nil {
		return nil, err
	}
	defer moved.stop()
	defer public.stop()
	modes, err := c.modes(s)
	if err != nil {
		return nil, err
	}
	medians := map[string]time.Duration{}
	for _, m := range modes {
		var took []time.Duration
		for range c.starts {
			one, err := s.measureStart(ctx, m, public)
			if err != nil {
				return nil, err
			}
			took = append(took, one)
		}
		medians[m.name] = median(took)
		_, _ = fmt.Fprintf(out, "ready    %-36s %v\n", m.name, medians[m.name].Round(time.Millisecond))
	}
	return medians, nil
}

func (s *stack) measureStart(ctx context.Context, m mode, backend *process) (time.Duration, error) {
	log, err := s.logFile("start")
	if err != nil {
		return 0, err
	}
	g, err := s.newGateway(m, backend, log)
	if err != nil {
		return 0, err
	}
	defer g.stop()
	began := time.Now()
	if err := g.start(); err != nil {
		return 0, err
	}
	err = g.ready(ctx, "/readyz", time.Millisecond)
	return time.Since(began), err
}
