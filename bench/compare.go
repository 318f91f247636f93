package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// comparison is how a comparison is run.
type comparison struct {
	binary   string
	policies string // the folder of the policies that ship
	document string // where the result is written
	rounds   int
	lasts    time.Duration // of each turn
	starts   int           // of each mode, to see when it is ready
	keys     int           // in the file of the mode with many
}

func compareCommand(ctx context.Context, args []string, out io.Writer) error {
	var c comparison
	flags := flag.NewFlagSet("compare", flag.ContinueOnError)
	flags.StringVar(&c.binary, "binary", "bin/geowarden", "the program")
	flags.StringVar(&c.policies, "policies", "policies", "the folder of the policies that ship")
	flags.StringVar(&c.document, "document", "docs/benchmarks.md", "where the result is written")
	flags.IntVar(&c.rounds, "rounds", 7, "how often each is measured, in turns; one more round warms up")
	flags.DurationVar(&c.lasts, "lasts", 3*time.Second, "how long each turn lasts")
	flags.IntVar(&c.starts, "starts", 5, "how often each is started, to see when it is ready")
	quick := flags.Bool("quick", false, "one short round: see that every answer is right, not what it costs")
	if err := flags.Parse(args); err != nil {
		return err
	}
	c.keys = 100_000
	if *quick {
		c.rounds, c.lasts, c.starts = 1, 200*time.Millisecond, 1
	}
	if c.rounds < 1 || c.starts < 1 {
		return errors.New("-rounds and -starts must be at least 1")
	}
	r, err := c.run(ctx, out)
	if err != nil {
		return err
	}
	document := r.document()
	_, _ = fmt.Fprintf(out, "\n%s", document)
	return os.WriteFile(c.document, []byte(document), 0o644) //nolint:gosec // a page of the documentation
}

// run measures every target, in rounds whose order rotates: what disturbs the
// machine for a while falls on all of them.
func (c comparison) run(ctx context.Context, out io.Writer) (*result, error) {
	s, err := newStack(ctx, c.binary)
	if err != nil {
		return nil, err
	}
	defer s.close()
	machine, err := thisMachine(s.binary)
	if err != nil {
		return nil, err
	}
	r := &result{comparison: c, machine: machine}
	if r.ready, err = c.measureStarts(ctx, s, out); err != nil {
		return nil, err
	}
	if r.targets, err = c.startTargets(ctx, s); err != nil {
		return nil, err
	}
	for round := range c.rounds + 1 {
		for i := range r.targets {
			t := r.targets[(i+round)%len(r.targets)]
			got, err := t.turn(ctx, c.lasts)
			if err != nil {
				return nil, err
			}
			if round > 0 {
				t.samples = append(t.samples, got)
			}
			_, _ = fmt.Fprintf(out, "round %d  %-36s %8.0f/s  %6.1f µs\n", round, t.name, got.rate, micros(got.processor))
			if err := os.Truncate(filepath.Join(s.folder, t.name+".log"), 0); err != nil && !errors.Is(err, os.ErrNotExist) {
				return nil, err
			}
		}
	}
	return r, nil
}

// modes are those that are compared.
func (c comparison) modes(s *stack) ([]mode, error) {
	many, err := s.manyKeysMode(c.keys)
	if err != nil {
		return nil, err
	}
	company, err := filepath.Abs(filepath.Join(c.policies, "examples", "company"))
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(company); err != nil {
		return nil, err
	}
	return []mode{
		openMode(), keyMode(), many, s.jwksMode(), s.oidcMode("the policy that ships", ""),
		s.oidcMode("a collection a company", company), keyMode().with(", links rewritten", movedSetting),
	}, nil
}

// movedSetting makes the gateway rewrite links: the back end has another name.
const movedSetting = "UPSTREAM_SERVER_URL=" + movedName

const (
	itemsPath = "/collections/obs/items?f=json"
	itemsMark = `"numberReturned":10`
)

// startTargets starts the back ends, the bare proxy and a gateway a mode.
func (c comparison) startTargets(ctx context.Context, s *stack) ([]*target, error) {
	public, moved, err := s.backends(ctx)
	if err != nil {
		return nil, err
	}
	var targets []*target
	for _, b := range []struct{ name, gogc string }{{bareName, "100"}, {lessOftenName, gatewayGOGC}} {
		bare, err := s.child(ctx, "/metrics", "bare", "-backend", "http://"+public.address, "-gogc", b.gogc)
		if err != nil {
			return nil, err
		}
		targets = append(targets, &target{name: b.name, server: &gateway{bare, bare.address}, request: request(itemsPath)})
	}
	modes, err := c.modes(s)
	if err != nil {
		return nil, err
	}
	for _, m := range modes {
		log, err := s.logFile(m.name)
		if err != nil {
			return nil, err
		}
		behind := public
		if m.moved() {
			behind = moved
		}
		g, err := s.startGateway(ctx, m, behind, log)
		if err != nil {
			return nil, err
		}
		targets = append(targets, &target{name: m.name, server: g, request: request(contextPath+itemsPath, m.credential)})
	}
	for _, t := range targets {
		if err := t.learn(ctx, rightPage); err != nil {
			return nil, err
		}
	}
	return targets, nil
}

// bareName is what the ratios are to.
const bareName = "bare ReverseProxy"

// The gateway collects its garbage less often than Go does by itself; so does
// a second bare proxy, to show how much that is.
const (
	gatewayGOGC   = "300"
	lessOftenName = "bare ReverseProxy, GOGC=" + gatewayGOGC
)

func rightPage(body string) error {
	if !strings.Contains(body, itemsMark) || !strings.Contains(body, publicName+"/collections/obs/items/9") || strings.Contains(body, movedName) {
		return fmt.Errorf("the answer is not the page that was asked for: %.200s", body)
	}
	return nil
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
