package main

import (
	"fmt"
	"strings"
	"time"
)

// result is what a comparison came to. The first target is the bare proxy.
type result struct {
	comparison
	machine machine
	ready   map[string]time.Duration // by mode
	targets []*target
}

// row is one target in figures: medians over the rounds.
type row struct {
	name  string
	ratio float64 // of processor time to the bare proxy's in the same round
	sample
	ready time.Duration // 0 where it was not measured
}

func (r *result) rows() []row {
	rows := make([]row, 0, len(r.targets))
	for _, t := range r.targets {
		rows = append(rows, row{
			name: t.name, ratio: t.ratio(r.targets[0]), ready: r.ready[t.name],
			sample: sample{
				rate:      median(each(t.samples, func(s sample) float64 { return s.rate })),
				p50:       median(each(t.samples, func(s sample) time.Duration { return s.p50 })),
				p99:       median(each(t.samples, func(s sample) time.Duration { return s.p99 })),
				processor: median(each(t.samples, func(s sample) time.Duration { return s.processor })),
				allocs:    median(each(t.samples, func(s sample) float64 { return s.allocs })),
				allocated: median(each(t.samples, func(s sample) float64 { return s.allocated })),
				resident:  t.resident(),
			},
		})
	}
	return rows
}

func each[T any](samples []sample, figure func(sample) T) []T {
	figures := make([]T, 0, len(samples))
	for _, s := range samples {
		figures = append(figures, figure(s))
	}
	return figures
}

// ratio is the median of the ratios of each round: what slows the machine for a
// round slows both.
func (t *target) ratio(bare *target) float64 {
	var ratios []float64
	for i, s := range t.samples {
		if base := bare.samples[i].processor; base > 0 {
			ratios = append(ratios, float64(s.processor)/float64(base))
		}
	}
	return median(ratios)
}

// resident is the most over all rounds, not their median.
func (t *target) resident() (most int64) {
	for _, s := range t.samples {
		most = max(most, s.resident)
	}
	return most
}

// aim is a bound that is wanted of some rows.
type aim struct {
	what   string
	limit  string
	about  func(name string) bool
	figure func(row) float64
	most   float64
	unit   string
}

var aims = []aim{
	{"processor time, API key", "at most 1.10 of bare", in("API key"), ratioOf, 1.10, ""},
	{"processor time, API key, one of many", "at most 1.10 of bare", in("API key, one of"), ratioOf, 1.10, ""},
	{"processor time, JWKS", "at most 1.15 of bare", in("JWKS"), ratioOf, 1.15, ""},
	{"processor time, OIDC and embedded OPA", "at most 1.35 of bare", in("OIDC"), ratioOf, 1.35, ""},
	{"resident memory under the load", "under 60 MiB", recommended, func(r row) float64 { return float64(r.resident) / (1 << 20) }, 60, " MiB"},
	{"ready after its start", "within 300 ms", recommended, func(r row) float64 { return float64(r.ready) / float64(time.Millisecond) }, 300, " ms"},
}

// in are the rows of a mode, as recommended or not.
func in(beginning string) func(string) bool {
	many := strings.Contains(beginning, "one of")
	return func(name string) bool {
		return strings.HasPrefix(name, beginning) && (recommended(name) || many)
	}
}

// recommended is every mode but those that rewrite links, which a back end that
// knows its address spares, or read a file of very many keys.
func recommended(name string) bool {
	return !strings.Contains(name, "rewritten") && !strings.Contains(name, "one of")
}

func ratioOf(r row) float64 { return r.ratio }

// verdict says whether the rows keep to the aim, and what the worst one has.
func (a aim) verdict(rows []row) string {
	var worst row
	for _, r := range rows[1:] {
		if a.about(r.name) && (worst.name == "" || a.figure(r) > a.figure(worst)) {
			worst = r
		}
	}
	word := "met"
	if worst.name == "" || a.figure(worst) > a.most {
		word = "**missed**"
	}
	return fmt.Sprintf("%s: %.2f%s (%s)", word, a.figure(worst), a.unit, worst.name)
}
