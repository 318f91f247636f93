package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

const (
	// grows is how much more memory a gateway may have at the end than half way.
	grows = 24 << 20

	// atRest is how many goroutines a gateway may have when nobody asks it.
	atRest = 100
)

// afterwards looks at what is left when the load is over.
func (s *soak) afterwards(ctx context.Context) {
	for _, g := range s.gateways {
		one := s.newShot(g.gateway, "after all of it", http.MethodGet, openPath, nil, s.good(g.gateway))
		r, l, err := one.fire(ctx, nil)
		if err == nil {
			now := s.around.look()
			err = one.judge(r, span{now, now})
		}
		if l != nil {
			_ = l.Close()
		}
		s.count(g.mode, one, r)
		if err != nil {
			s.complain(g.mode+", "+one.kind, one, r, err)
		}
		if n := len(g.memory); n == 3 && g.memory[2] > g.memory[1]+grows {
			s.complain(g.mode, nil, reply{}, fmt.Errorf("its memory grew from %d to %d bytes", g.memory[1], g.memory[2]))
		}
		if err := s.settles(ctx, g); err != nil {
			s.complain(g.mode, nil, reply{}, err)
		}
	}
}

// settles waits until the metrics say what was counted here, and nothing is
// under way any more.
func (s *soak) settles(ctx context.Context, g *guarded) (err error) {
	for range 100 {
		var found figures
		if found, err = scrape(ctx, g.metrics); err == nil {
			err = s.tally.agrees(g.mode, found)
		}
		if err == nil {
			return nil
		}
		wait(ctx, 100*time.Millisecond)
	}
	return err
}

// agrees compares the metrics with the counts: each answer that came was
// counted, and none was that was not asked for. Whoever left before the answer
// does not know its status.
func (t *tally) agrees(mode string, found figures) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	const requests = "geowarden_requests_total"
	for _, status := range slices.Sorted(maps.Keys(t.handled[mode])) {
		label := `status="` + strconv.Itoa(status) + `"`
		counted := int(found.sum(requests, label) - found.sum(requests, label, `type="health"`))
		got := t.handled[mode][status]
		if counted < got || counted > got+t.unanswered[mode] {
			return fmt.Errorf("the metrics count %d answers of status %d: %d came, and %d were not waited for", counted, status, got, t.unanswered[mode])
		}
	}
	if n := found.sum("go_goroutines"); n > atRest {
		return fmt.Errorf("it has %v goroutines although nobody asks", n)
	}
	return nil
}
