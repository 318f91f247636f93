// Package metrics keeps the figures of the gateway and serves them to
// Prometheus on a listener of their own. observe.go counts requests, events.go
// and policy.go what happens beside them, sources.go asks the parts at each
// scrape, and server.go serves it all.
//
// It refuses any label that a client could choose: every value is of a fixed
// set, and what is not in the set is "other". So nobody can make series, and
// nothing that a client sent can be read here.
package metrics

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Build is what was built, for geowarden_build_info.
type Build struct {
	Version string
	Commit  string
	Go      string
}

// Metrics is every figure of one process. Its methods may be called from many
// goroutines.
type Metrics struct {
	registry *prometheus.Registry
	now      func() time.Time

	requests requests
	events   events
	policy   policy
	sources  atomic.Pointer[Sources]
}

// New returns the figures, all of them at nothing.
func New(b Build) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), now: time.Now}
	m.sources.Store(&Sources{})
	m.requests = newRequests()
	m.events = newEvents()
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "geowarden_build_info", Help: "What runs; always 1.",
		ConstLabels: prometheus.Labels{"version": b.Version, "commit": b.Commit, "go": b.Go},
	})
	info.Set(1)
	m.registry.MustRegister(slices.Concat([]prometheus.Collector{
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		info, &m.policy, asked{m},
	}, m.requests.collectors(), m.events.collectors())...)
	return m
}

// Gatherer gives every figure as it is now.
func (m *Metrics) Gatherer() prometheus.Gatherer { return m.registry }
