package metrics

import "github.com/prometheus/client_golang/prometheus"

// events is what happens beside the requests.
type events struct {
	keySetFetches, keysFileReloads, certificateReloads, policyReloads, collectionsFetches *prometheus.CounterVec

	connectionsRefused, logLost prometheus.Counter

	unchecked *prometheus.GaugeVec

	keysFileStale, certificateStale *prometheus.GaugeVec // no series where there is no such file
}

func newEvents() events {
	return events{
		keySetFetches:      results("geowarden_key_set_fetches_total", "Fetches of the identity provider's keys."),
		keysFileReloads:    results("geowarden_keys_file_reloads_total", "Reloads of API_KEYS_FILE after a change."),
		certificateReloads: results("geowarden_certificate_reloads_total", "Reloads of the gateway's own certificate after a change."),
		policyReloads:      results("geowarden_policy_reloads_total", "Reloads of the policy after a change."),
		collectionsFetches: results("geowarden_collections_fetches_total", "Fetches of the back end's list of collections."),
		connectionsRefused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "geowarden_connections_refused_total", Help: "Connections closed at once: their address had too many.",
		}),
		logLost: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "geowarden_log_lost_bytes_total", Help: "Bytes of the log that could not be written, to standard error or to the log's file.",
		}),
		unchecked: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "geowarden_unchecked_claim", Help: "1 where nothing checks this claim of a token: tokens made for others are accepted.",
		}, []string{"claim"}),
		keysFileStale:    stale("geowarden_keys_file_stale", "1 while API_KEYS_FILE as it is could not be loaded and the keys before it decide."),
		certificateStale: stale("geowarden_certificate_stale", "1 while the gateway's own certificate as it is on disk could not be loaded and the one before it is shown."),
	}
}

func stale(name, help string) *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, nil)
}

// results is a counter of tries, by how they ended: ok or failed. Both are
// there from the start, so that a first failure is a rise.
func results(name, help string) *prometheus.CounterVec {
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{"result"})
	vec.WithLabelValues("ok")
	vec.WithLabelValues("failed")
	return vec
}

func count(vec *prometheus.CounterVec, err error) {
	result := "ok"
	if err != nil {
		result = "failed"
	}
	vec.WithLabelValues(result).Inc()
}

// KeySetFetched counts a fetch of the identity provider's keys.
func (m *Metrics) KeySetFetched(err error) { count(m.events.keySetFetches, err) }

// KeysFileLoaded says that the file of API keys is in force from the start.
func (m *Metrics) KeysFileLoaded() { m.events.keysFileStale.WithLabelValues().Set(0) }

// KeysFileReloaded counts a reload of the file of API keys. One that failed
// leaves what is in force stale: the file says otherwise.
func (m *Metrics) KeysFileReloaded(err error) {
	count(m.events.keysFileReloads, err)
	m.events.keysFileStale.WithLabelValues().Set(oneIf(err != nil))
}

// CertificateLoaded says that the gateway's own certificate is in force from
// the start.
func (m *Metrics) CertificateLoaded() { m.events.certificateStale.WithLabelValues().Set(0) }

// CertificateReloaded counts a reload of the gateway's own certificate. One
// that failed leaves what is in force stale.
func (m *Metrics) CertificateReloaded(err error) {
	count(m.events.certificateReloads, err)
	m.events.certificateStale.WithLabelValues().Set(oneIf(err != nil))
}

// CollectionsFetched counts a fetch of the back end's list of collections.
func (m *Metrics) CollectionsFetched(err error) { count(m.events.collectionsFetches, err) }

// ConnectionRefused counts a connection that was closed at once.
func (m *Metrics) ConnectionRefused() { m.events.connectionsRefused.Inc() }

// LogLost counts what could not be written of the log.
func (m *Metrics) LogLost(bytes int) { m.events.logLost.Add(float64(bytes)) }

// Unchecked says which claims of a token nothing checks.
func (m *Metrics) Unchecked(audience, issuer bool) {
	for claim, unchecked := range map[string]bool{"audience": audience, "issuer": issuer} {
		m.events.unchecked.WithLabelValues(claim).Set(oneIf(unchecked))
	}
}

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

func (e *events) collectors() []prometheus.Collector {
	return []prometheus.Collector{
		e.keySetFetches, e.keysFileReloads, e.certificateReloads, e.policyReloads, e.collectionsFetches, e.connectionsRefused, e.logLost, e.unchecked,
		e.keysFileStale, e.certificateStale,
	}
}
