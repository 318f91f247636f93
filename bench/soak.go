package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// soak asks three gateways, one a mode, while everything around them changes.
type soak struct {
	*stack
	around world
	*tally

	front    *process // the back end
	gateways []*guarded
	policy   string // the folder of the policy
	keysFile string
	secrets  *secrets
	marks    atomic.Int64
}

// guarded is a gateway, and what is looked at beside its answers.
type guarded struct {
	*gateway
	mode   string
	shots  arsenal
	log    *logScanner
	memory []int64 // resident, at the start, in the middle and at the end
}

// slowWorkers of each gateway's send what waits for something.
const slowWorkers = 3

func soakCommand(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("soak", flag.ContinueOnError)
	binary := flags.String("binary", "bin/geowarden", "the program")
	duration := flags.Duration("duration", 10*time.Minute, "how long")
	workers := flags.Int("workers", 8, "clients at once, a gateway")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *duration <= 0 || *workers <= slowWorkers {
		return fmt.Errorf("-duration must be more than 0, and -workers more than %d", slowWorkers)
	}
	base, err := newStack(ctx, *binary)
	if err != nil {
		return err
	}
	defer base.close()
	s := &soak{stack: base, tally: newTally(out)}
	if err := s.startAll(ctx); err != nil {
		return err
	}
	s.run(ctx, *duration, *workers)
	if err := ctx.Err(); err != nil {
		return err
	}
	s.afterwards(ctx)
	s.report(s.gateways)
	if n := s.wrong(); n > 0 {
		return fmt.Errorf("%d were wrong", n)
	}
	return nil
}

// startAll starts the back end and a gateway for each mode.
func (s *soak) startAll(ctx context.Context) (err error) {
	if s.front, err = s.backend(ctx, publicName); err != nil {
		return err
	}
	if s.secrets, err = newSecrets(s.issuer); err != nil {
		return err
	}
	if s.keysFile, err = s.file("keys/keys.yaml", keysFile(0)); err != nil {
		return err
	}
	path, err := s.file("policy/authz.rego", policyText(0))
	if err != nil {
		return err
	}
	s.policy = filepath.Dir(path)
	short := []string{"JWKS_REFRESH_INTERVAL=1s", "JWKS_MAX_AGE=" + maxAge.String(), "POLICY_TIMEOUT=5s"}
	for _, g := range []struct {
		name  string
		mode  mode
		shots arsenal
	}{
		{"api-key", keyMode().with("", "API_KEYS_FILE="+s.keysFile), keyShots},
		{"jwks", s.jwksMode().with("", short...), jwksShots},
		{"oidc", s.oidcMode("soak", s.policy).with("", short...), oidcShots},
	} {
		log := &logScanner{tally: s.tally, name: g.name, secrets: s.secrets}
		started, err := s.startGateway(ctx, g.mode, s.front, log)
		if err != nil {
			return err
		}
		s.gateways = append(s.gateways, &guarded{gateway: started, mode: g.name, shots: g.shots.and(everyShots), log: log})
	}
	return nil
}

// run shoots and turns until the time is over. What turns goes on until the
// last shot is answered.
func (s *soak) run(ctx context.Context, duration time.Duration, workers int) {
	turning, stop := context.WithCancel(ctx)
	var turns, shots sync.WaitGroup
	for name, turn := range map[string]func(context.Context) error{
		"policy": s.turnPolicy, "keys file": s.turnKeys, "provider": s.turnProvider, "back end": s.turnBackend,
	} {
		turns.Go(func() {
			for turning.Err() == nil {
				if err := turn(turning); err != nil && turning.Err() == nil {
					s.complain("turn "+name, nil, reply{}, err)
				}
			}
		})
	}
	shooting, cancel := context.WithTimeout(ctx, duration)
	defer cancel()
	for _, g := range s.gateways {
		for n := range workers {
			these := g.shots.fast
			if n < slowWorkers {
				these = g.shots.slow
			}
			shots.Go(func() { s.shootUntil(shooting, g, these) })
		}
	}
	s.sampleMemory(shooting, duration)
	shots.Wait()
	stop()
	turns.Wait()
}

// sampleMemory notes the gateways' memory once they are warm, half way and at
// the end.
func (s *soak) sampleMemory(ctx context.Context, duration time.Duration) {
	for _, part := range []time.Duration{duration / 5, duration * 3 / 10, duration / 2} {
		wait(ctx, part)
		for _, g := range s.gateways {
			now, err := g.resident()
			if err != nil {
				s.complain("memory of "+g.mode, nil, reply{}, err)
				continue
			}
			g.memory = append(g.memory, now)
		}
	}
}

// shootUntil asks one gateway, one shot after the other.
func (s *soak) shootUntil(ctx context.Context, g *guarded, shots []shooter) {
	var l *line
	defer func() {
		if l != nil {
			_ = l.Close()
		}
	}()
	for ctx.Err() == nil {
		before := s.around.look()
		one := shots[rand.IntN(len(shots))](s, g.gateway, before) //nolint:gosec // which is next is no secret
		var r reply
		var err error
		// What was begun is ended: the time that is over is no reason to be wrong.
		r, l, err = one.fire(context.WithoutCancel(ctx), l)
		if err == nil {
			err = one.judge(r, span{before, s.around.look()})
		}
		s.count(g.mode, one, r)
		if err != nil {
			s.complain(g.mode+", "+one.kind, one, r, err)
		}
	}
}
