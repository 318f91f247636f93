package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Sources are the parts that are asked at each scrape. They must answer within
// a scrape's patience and may be called from many goroutines. A part that is nil, or that has
// nothing to tell yet (a zero time), has no series.
type Sources struct {
	Ready    func() bool     // requests can be decided
	Degraded func() []string // the parts that are down while the gateway answers: provider, policy, upstream

	InFlight          func() int // requests under way
	Connections       func() int // open connections
	CertificateExpiry func() time.Time
	APIKeys           func() int                   // keys in force
	KeySetRead        func() time.Time             // when the keys in force were fetched
	KeySetFailing     func() bool                  // the last fetch failed
	KeySetCeiling     func() time.Duration         // the age at which they are refused, whatever fails
	TokenCache        func() (hits, misses uint64) // of verified tokens
	CollectionsRead   func() time.Time             // when the list in force was fetched
}

// Ask gives the parts to ask from now on.
func (m *Metrics) Ask(s Sources) { m.sources.Store(&s) }

// asked is the collector of what the parts answer.
type asked struct{ *Metrics }

var (
	ready         = prometheus.NewDesc("geowarden_ready", "1 while requests can be decided.", nil, nil)
	degraded      = prometheus.NewDesc("geowarden_degraded", "1 while this part is down, although the gateway answers.", []string{"part"}, nil)
	inFlight      = prometheus.NewDesc("geowarden_requests_in_flight", "Requests under way.", nil, nil)
	connections   = prometheus.NewDesc("geowarden_connections_open", "Open connections of clients.", nil, nil)
	expiry        = prometheus.NewDesc("geowarden_certificate_expiry_timestamp_seconds", "When the gateway's own certificate ends.", nil, nil)
	apiKeys       = prometheus.NewDesc("geowarden_api_keys", "API keys known, those that have ended or are disabled included.", nil, nil)
	keySetAge     = prometheus.NewDesc("geowarden_key_set_age_seconds", "The age of the identity provider's keys in force.", nil, nil)
	keySetCeiling = prometheus.NewDesc("geowarden_key_set_ceiling_seconds", "The age at which the identity provider's keys in force decide no more (JWKS_CEILING).", nil, nil)
	keySetFailing = prometheus.NewDesc("geowarden_key_set_failing", "1 while the last fetch of the identity provider's keys failed.", nil, nil)
	tokenCache    = prometheus.NewDesc("geowarden_token_cache_lookups_total", "Tokens looked for among those verified within the last minute.", []string{"result"}, nil)
	collections   = prometheus.NewDesc("geowarden_collections_age_seconds", "The age of the back end's list of collections in force.", nil, nil)
)

// Describe implements prometheus.Collector.
func (a asked) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{ready, degraded, inFlight, connections, expiry, apiKeys, keySetAge, keySetCeiling, keySetFailing, tokenCache, collections} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (a asked) Collect(to chan<- prometheus.Metric) {
	s := a.sources.Load()
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	counter := func(desc *prometheus.Desc, value uint64, labels ...string) {
		to <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(value), labels...)
	}
	a.collectHealth(s, gauge)
	for desc, number := range map[*prometheus.Desc]func() int{inFlight: s.InFlight, connections: s.Connections, apiKeys: s.APIKeys} {
		if number != nil {
			gauge(desc, float64(number()))
		}
	}
	for desc, read := range map[*prometheus.Desc]func() time.Time{keySetAge: s.KeySetRead, collections: s.CollectionsRead} {
		if at := known(read); !at.IsZero() {
			gauge(desc, a.now().Sub(at).Seconds())
		}
	}
	if at := known(s.CertificateExpiry); !at.IsZero() {
		gauge(expiry, float64(at.Unix()))
	}
	if s.KeySetCeiling != nil {
		gauge(keySetCeiling, s.KeySetCeiling().Seconds())
	}
	if s.KeySetFailing != nil {
		gauge(keySetFailing, oneIf(s.KeySetFailing()))
	}
	if s.TokenCache != nil {
		hits, misses := s.TokenCache()
		counter(tokenCache, hits, "hit")
		counter(tokenCache, misses, "miss")
	}
}

func (a asked) collectHealth(s *Sources, gauge func(*prometheus.Desc, float64, ...string)) {
	if s.Ready != nil {
		gauge(ready, oneIf(s.Ready()))
	}
	if s.Degraded == nil {
		return
	}
	down := make([]bool, len(parts.list))
	for _, part := range s.Degraded() {
		down[parts.of(part)] = true
	}
	for i, part := range parts.list {
		gauge(degraded, oneIf(down[i]), part)
	}
}

func known(read func() time.Time) time.Time {
	if read == nil {
		return time.Time{}
	}
	return read()
}
