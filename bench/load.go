package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"syscall"
	"time"
)

// trial is how the gateway is loaded beyond what is usual.
type trial struct {
	binary string
	herd   int // slow and idle connections
	rounds int
	lasts  time.Duration // of each turn of those that behave
	bytes  int64         // of each long body
	keys   int
	out    io.Writer
}

func loadCommand(ctx context.Context, args []string, out io.Writer) error {
	c := trial{out: out, keys: 100_000}
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	flags.StringVar(&c.binary, "binary", "bin/geowarden", "the program")
	flags.IntVar(&c.herd, "connections", 10_000, "slow and idle connections")
	flags.IntVar(&c.rounds, "rounds", 5, "how often it is measured with them and without")
	flags.DurationVar(&c.lasts, "lasts", 5*time.Second, "how long each turn lasts")
	flags.Int64Var(&c.bytes, "bytes", 2<<30, "of each long body")
	quick := flags.Bool("quick", false, "fewer connections, shorter bodies, one short round")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *quick {
		c.herd, c.rounds, c.lasts, c.bytes, c.keys = 1000, 1, 500*time.Millisecond, 128<<20, 10_000
	}
	if c.rounds < 1 || c.herd < 1 || c.bytes < 1 || c.bytes > maxStream {
		return errors.New("-rounds, -connections and -bytes must be at least 1")
	}
	if err := enoughFiles(c.herd); err != nil {
		return err
	}
	s, err := newStack(ctx, c.binary)
	if err != nil {
		return err
	}
	defer s.close()
	backend, err := s.backend(ctx, publicName)
	if err != nil {
		return err
	}
	for _, part := range []func(context.Context, *stack, *process) error{c.crowd, c.bulk, c.manyKeys} {
		if err := part(ctx, s, backend); err != nil {
			return err
		}
	}
	return nil
}

func (c trial) say(format string, args ...any) { _, _ = fmt.Fprintf(c.out, format+"\n", args...) }

// enoughFiles looks whether a process may have so many connections. Programs in
// Go raise their soft limit to the hard one by themselves, those started here
// too.
func enoughFiles(many int) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	if need := uint64(many) + 1000; limit.Max < need {
		return fmt.Errorf("a process may open %d files: %d are needed; raise the hard limit (ulimit -Hn)", limit.Max, need)
	}
	return nil
}

// manyKeys compares a file of very many keys with one of few.
func (c trial) manyKeys(ctx context.Context, s *stack, backend *process) error {
	var pair []*target
	for _, many := range []int{10, c.keys} {
		m, err := s.manyKeysMode(many)
		if err != nil {
			return err
		}
		t, err := c.target(ctx, s, m, backend)
		if err != nil {
			return err
		}
		pair = append(pair, t)
	}
	for round := range c.rounds {
		for i := range pair {
			t := pair[(i+round)%len(pair)]
			got, err := t.turn(ctx, c.lasts)
			if err != nil {
				return err
			}
			t.samples = append(t.samples, got)
		}
	}
	c.say("%d keys beside 10: %.2f times the processor time, %d MiB resident beside %d",
		c.keys, pair[1].ratio(pair[0]), pair[1].resident()>>20, pair[0].resident()>>20)
	return nil
}

// target starts a gateway and learns what it answers.
func (c trial) target(ctx context.Context, s *stack, m mode, backend *process) (*target, error) {
	log, err := s.logFile(m.name)
	if err != nil {
		return nil, err
	}
	g, err := s.startGateway(ctx, m, backend, log)
	if err != nil {
		return nil, err
	}
	t := &target{name: m.name, server: g, request: request(contextPath+itemsPath, m.credential)}
	return t, t.learn(ctx, rightPage)
}
