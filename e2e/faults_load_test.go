//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A load asks a gateway the same questions over and over while things break
// around it, and judges every answer by the phases that it was asked and
// answered in.
type load struct {
	gateway *gateway
	client  *http.Client
	stop    context.CancelFunc
	workers sync.WaitGroup
	ending  sync.Once

	mutex     sync.Mutex
	questions []*question
	phases    []phase           // those that were entered; the last one is now
	settled   map[*question]int // answers within the present phase
	counts    map[string]map[outcome]int
	sent      int
	wrongs    int
	wrong     []string // the first of them
}

// The bounds of a load: it goes to loopback, and to what others use meanwhile.
const (
	loadWorkers = 6
	loadPause   = 20 * time.Millisecond // of each worker, between two requests
	loadMost    = 50_000                // requests
	loadTime    = 15 * time.Minute
	enough      = 3 // answers to each question in each phase
)

// startLoad learns what the answers are while nothing is broken, and begins to
// ask. The test that began it ends it.
func startLoad(t *testing.T, g *gateway, behind *backend, workers int, first phase, questions ...*question) *load {
	t.Helper()
	l := newLoad(g, first)
	l.add(t, behind, questions...)
	l.begin(t, workers)
	return l
}

func newLoad(g *gateway, first phase) *load {
	return &load{
		gateway: g, phases: []phase{first}, settled: map[*question]int{}, counts: map[string]map[outcome]int{},
		client: &http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 4 * loadWorkers}, CheckRedirect: direct.CheckRedirect},
	}
}

func (l *load) begin(t *testing.T, workers int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), loadTime)
	l.stop = cancel
	for range workers {
		l.workers.Go(func() { l.work(ctx) })
	}
	t.Cleanup(func() { l.end(t) })
}

// alsoOf asks another gateway in front of the same back end the same questions,
// although something is broken. Its answers differ in its own address alone.
func (l *load) alsoOf(t *testing.T, g *gateway, first phase) *load {
	t.Helper()
	other := newLoad(g, first)
	for _, q := range l.questions {
		again := *q
		again.whole = strings.ReplaceAll(q.whole, l.gateway.url, g.url)
		other.questions = append(other.questions, &again)
	}
	other.begin(t, loadWorkers)
	return other
}

// add has the load ask more. What is answered now is whole; a question whose
// right answer comes later is compared with another's of the same path.
func (l *load) add(t *testing.T, behind *backend, questions ...*question) {
	t.Helper()
	for _, q := range questions {
		q.learn(t, l, behind)
		l.mutex.Lock()
		l.questions = append(l.questions, q)
		l.mutex.Unlock()
	}
}

func (l *load) work(ctx context.Context) {
	for ctx.Err() == nil {
		q, begun := l.next()
		if q == nil {
			return
		}
		l.judge(q, begun, q.ask(l.client, l.gateway.url))
		select {
		case <-ctx.Done():
		case <-time.After(loadPause):
		}
	}
}

// next is what to ask, in turn, and the phase that it is asked in.
func (l *load) next() (*question, int) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.sent++; l.sent > loadMost {
		return nil, 0
	}
	return l.questions[l.sent%len(l.questions)], len(l.phases) - 1
}

// judge counts an answer, and keeps it where it is wrong.
func (l *load) judge(q *question, begun int, r reply) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	during := l.phases[begun:]
	var right []outcome
	names := make([]string, 0, len(during))
	for _, p := range during {
		names = append(names, p.name)
		right = append(right, p.right(q)...)
	}
	when := strings.Join(names, ", then ")
	if len(during) == 1 {
		l.settled[q]++
		l.count(when+": "+q.kind, r.outcome)
	} else {
		l.count("between: "+q.kind, r.outcome)
	}
	err := q.judge(r, right)
	if err == nil {
		return
	}
	if l.wrongs++; l.wrongs <= 10 {
		l.wrong = append(l.wrong, fmt.Sprintf("%s: %s: %v\n\t%v %.600s %v", when, q.kind, err, r.header, r.body, r.err))
	}
}

func (l *load) count(what string, o outcome) {
	if l.counts[what] == nil {
		l.counts[what] = map[outcome]int{}
	}
	l.counts[what][o]++
}

// enter begins a phase.
func (l *load) enter(p phase) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.phases, l.settled = append(l.phases, p), map[*question]int{}
}

func (l *load) now() phase {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.phases[len(l.phases)-1]
}

// through does something, and returns once every question was answered in the
// phase that comes of it. Until it is done, what is right before, what is right
// after it, and what is right meanwhile, may be answered.
func (l *load) through(t *testing.T, to phase, do func(), meanwhile ...phase) {
	t.Helper()
	changing := to.or(l.now())
	for _, p := range meanwhile {
		changing = changing.or(p)
	}
	changing.name = "until " + to.name
	l.enter(changing)
	do()
	l.enter(to)
	l.settle(t)
}

// settle waits until each question was asked and answered often enough in the
// present phase. One that never is, is a test that cannot fail.
func (l *load) settle(t *testing.T) {
	t.Helper()
	waited := time.Now()
	for {
		missing, wrong := l.unsettled()
		switch {
		case wrong > 0:
			t.Fatalf("%d answers were wrong: they are listed below", wrong)
		case missing == "":
			return
		case time.Since(waited) > 3*time.Minute:
			t.Fatalf("never answered: %s; see %s", missing, l.gateway.log)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (l *load) unsettled() (missing string, wrong int) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	for _, q := range l.questions {
		if l.settled[q] < enough {
			missing = l.phases[len(l.phases)-1].name + ": " + q.kind
		}
	}
	return missing, l.wrongs
}

// end stops the load, and says what it counted, and all that was wrong.
func (l *load) end(t *testing.T) {
	t.Helper()
	l.ending.Do(func() { l.report(t) })
}

func (l *load) report(t *testing.T) {
	t.Helper()
	l.stop()
	l.workers.Wait()
	l.client.CloseIdleConnections()
	var table strings.Builder
	answered := 0
	for _, what := range slices.Sorted(maps.Keys(l.counts)) {
		fmt.Fprintf(&table, "\n%-110s", what)
		for _, o := range slices.Sorted(maps.Keys(l.counts[what])) {
			answered += l.counts[what][o]
			fmt.Fprintf(&table, "  %s: %d", o, l.counts[what][o])
		}
	}
	t.Logf("%d answers, by what was asked and when:%s", answered, table.String())
	if l.wrongs > 0 {
		t.Errorf("%d answers were wrong, see %s; the first of them:\n%s", l.wrongs, l.gateway.log, strings.Join(l.wrong, "\n"))
	}
	if l.sent > loadMost {
		t.Errorf("the load ended before the test: %d requests", loadMost)
	}
}
