package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/geowarden/geowarden/proxy"
)

// buckets reach from a decision in memory to an answer that nobody waits for,
// in seconds.
var buckets = []float64{.00005, .0001, .0003, .001, .003, .01, .03, .1, .3, 1, 3, 10, 60}

// requests is what is counted of each request. The series that a request
// touches are found without hashing labels: this is on every request's way.
type requests struct {
	total    table
	denials  *prometheus.CounterVec
	classes  []prometheus.Counter // by place in classes
	bytes    prometheus.Counter
	duration prometheus.Histogram
	stages   *prometheus.HistogramVec

	authn, resolve, authz, upstream prometheus.Observer
}

func newRequests() requests {
	r := requests{
		total: newTable(),
		denials: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "geowarden_denials_total", Help: "Requests that were not served, by why.",
		}, []string{"class"}),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "geowarden_response_bytes_total", Help: "Bytes of answers' bodies.",
		}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "geowarden_request_duration_seconds", Help: "From a request's arrival to the end of its answer, health checks left out.", Buckets: buckets,
		}),
		stages: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "geowarden_stage_duration_seconds", Help: "Each stage of a request that reached it: who asks (authn), which collection (resolve), may they (authz), and the wait for the back end's answer to begin (upstream).", Buckets: buckets,
		}, []string{"stage"}),
	}
	for _, class := range classes.list {
		r.classes = append(r.classes, r.denials.WithLabelValues(class))
	}
	r.authn, r.resolve = r.stages.WithLabelValues("authn"), r.stages.WithLabelValues("resolve")
	r.authz, r.upstream = r.stages.WithLabelValues("authz"), r.stages.WithLabelValues("upstream")
	return r
}

func (r *requests) collectors() []prometheus.Collector {
	return []prometheus.Collector{r.total.vec, r.denials, r.bytes, r.duration, r.stages}
}

// Observe counts one request. It keeps nothing of o.
func (m *Metrics) Observe(o *proxy.Observation) {
	r := &m.requests
	r.total.at(o).Inc()
	if o.Class != "" {
		r.classes[classes.of(o.Class)].Inc()
	}
	r.bytes.Add(float64(max(o.Bytes, 0)))
	if o.Type != "health" {
		r.duration.Observe(o.Took.Seconds())
	}
	reached(r.authn, o.Authn)
	reached(r.resolve, o.Resolve)
	reached(r.authz, o.Authz)
	reached(r.upstream, o.Upstream)
}

func reached(stage prometheus.Observer, took time.Duration) {
	if took > 0 {
		stage.Observe(took.Seconds())
	}
}
