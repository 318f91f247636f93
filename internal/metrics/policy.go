package metrics

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// policy is which policy decides. It is shown once one was loaded.
type policy struct {
	mu       sync.Mutex
	revision string
	loaded   time.Time
	stale    bool
}

// PolicyLoaded says which policy is in force from the start.
func (m *Metrics) PolicyLoaded(revision string) { m.policy.set(revision, m.now(), false) }

// PolicyReloaded counts a reload of the policy and says which is in force after
// it. One that failed leaves what is in force stale: the files say otherwise.
func (m *Metrics) PolicyReloaded(revision string, err error) {
	count(m.events.policyReloads, err)
	m.policy.set(revision, m.now(), err != nil)
}

func (p *policy) set(revision string, now time.Time, stale bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !stale {
		p.loaded = now
	}
	p.revision, p.stale = revision, stale
}

var (
	policyInfo   = prometheus.NewDesc("geowarden_policy_info", "The policy in force, by the beginning of its digest; always 1.", []string{"revision"}, nil)
	policyLoaded = prometheus.NewDesc("geowarden_policy_loaded_timestamp_seconds", "When the policy in force was loaded.", nil, nil)
	policyStale  = prometheus.NewDesc("geowarden_policy_stale", "1 while the last change of the policy could not be loaded and the one before it decides.", nil, nil)
)

// Describe implements prometheus.Collector.
func (p *policy) Describe(to chan<- *prometheus.Desc) {
	to <- policyInfo
	to <- policyLoaded
	to <- policyStale
}

// Collect implements prometheus.Collector. There is one revision at a time, and
// so one series of it.
func (p *policy) Collect(to chan<- prometheus.Metric) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.revision == "" {
		return
	}
	to <- prometheus.MustNewConstMetric(policyInfo, prometheus.GaugeValue, 1, p.revision)
	to <- prometheus.MustNewConstMetric(policyLoaded, prometheus.GaugeValue, float64(p.loaded.UnixMilli())/1000)
	to <- prometheus.MustNewConstMetric(policyStale, prometheus.GaugeValue, oneIf(p.stale))
}
