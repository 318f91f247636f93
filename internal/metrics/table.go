package metrics

import (
	"strconv"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/geowarden/geowarden/proxy"
)

// The statuses of RFC 9110 section 15 are those from 100 to 599.
const (
	firstStatus = 100
	lastStatus  = 599
)

// table finds the counter of a request by arithmetic. A row holds the counters
// of one mode, type and decision, by status; it is made when it is first
// needed, and so is each of its counters, so that only what happened is shown.
type table struct {
	vec  *prometheus.CounterVec
	rows []atomic.Pointer[row]
}

type row [1 + lastStatus - firstStatus + 1]atomic.Pointer[prometheus.Counter]

func newTable() table {
	return table{
		vec: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "geowarden_requests_total", Help: "Requests, by mode, type of resource, decision and status.",
		}, []string{"mode", "type", "decision", "status"}),
		rows: make([]atomic.Pointer[row], len(modes.list)*len(types.list)*len(decisions.list)),
	}
}

// at returns the counter of a request.
func (t *table) at(o *proxy.Observation) prometheus.Counter {
	mode, kind, decision := modes.of(o.Mode), types.of(o.Type), decisions.of(o.Decision)
	place := &t.rows[(mode*len(types.list)+kind)*len(decisions.list)+decision]
	r := place.Load()
	if r == nil {
		place.CompareAndSwap(nil, &row{})
		r = place.Load()
	}
	status := 0 // another
	if o.Status >= firstStatus && o.Status <= lastStatus {
		status = o.Status - firstStatus + 1
	}
	counter := r[status].Load()
	if counter == nil {
		c := t.vec.WithLabelValues(modes.list[mode], types.list[kind], decisions.list[decision], statusWord(status))
		counter = &c // the vector gives the same counter to whoever asks
		r[status].Store(counter)
	}
	return *counter
}

func statusWord(status int) string {
	if status == 0 {
		return other
	}
	return strconv.Itoa(status + firstStatus - 1)
}
