package main

import (
	"fmt"
	"strings"
	"time"
)

// document is the page that the documentation has of a result.
func (r *result) document() string {
	var b strings.Builder
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(&b, format+"\n", args...) }
	rows := r.rows()
	say("# What a request costs\n")
	say("This page is written by `make bench`. It compares each mode of the gateway with a bare `httputil.ReverseProxy` in front of the same back end, in the same run.\n")
	say("## Processor time beside a bare proxy\n")
	say("| | ratio | processor µs a request | requests/s | p50 ms | p99 ms |\n|---|---|---|---|---|---|")
	for _, w := range rows {
		say("| %s | %.2f | %.1f | %.0f | %.2f | %.2f |", w.name, w.ratio, micros(w.processor), w.rate, millis(w.p50), millis(w.p99))
	}
	say("\n## Memory and start\n")
	say("| | allocations a request | bytes allocated a request | resident MiB under the load | ready after ms |\n|---|---|---|---|---|")
	for _, w := range rows {
		ready := "–"
		if w.ready > 0 {
			ready = fmt.Sprintf("%.0f", millis(w.ready))
		}
		say("| %s | %.0f | %.0f | %.1f | %s |", w.name, w.allocs, w.allocated, float64(w.resident)/(1<<20), ready)
	}
	say("\n## What is aimed at\n")
	say("| | aim | outcome: the worst of the rows that it is about |\n|---|---|---|")
	for _, a := range aims {
		say("| %s | %s | %s |", a.what, a.limit, a.verdict(rows))
	}
	say("\nThe aims are about the recommended set-up, where the back end knows its public address and no link is rewritten. Memory and start of the row with very many keys are those of reading their file, and stand in the table alone.\n")
	r.method(say)
	return b.String()
}

// method is how it was measured, and on what.
func (r *result) method(say func(string, ...any)) {
	m := r.machine
	say("## How it was measured\n")
	say("- Commit %s; built with %s.", m.commit, m.golang)
	say("- %s, %d cores, %s of memory, %s. Clients and back end ran on the same machine, and share its processors: requests/s and the percentiles are of all three together; processor time is the proxy's process alone.", m.model, m.cores, m.memory, m.kernel)
	say("- Rounds: %d, of %v a row, in an order that rotates, after a round that warms up; every figure is the median of the rounds, resident memory the most. A ratio is the median of the ratios to the bare proxy of the same round.", r.rounds, r.lasts)
	say("- %d connections that are kept open, each asking for the next page as soon as it has one. The page is GeoJSON of 3.5 kB. Each answer's status and length is checked.", connections)
	say("- The bare proxy is `httputil.ReverseProxy` with `SetURL` over `http.Transport` with as many idle connections as the gateway has, and nothing else, at Go's own setting for garbage (`GOGC=100`). The gateway sets %s for itself, so a second bare proxy has that too; the ratios are to the first.", gatewayGOGC)
	say("- The gateway logs every request at level info to a file and serves its metrics. A token is RS256, the same for all requests, as that of a client is for its lifetime. Ready is the time from the start of the program until `/readyz` is 200, the median of %d starts.", r.starts)
	say("- Processor time is user and system time of the process as the kernel counts it; allocations are what the Go runtime counts.")
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
