package metrics_test

import (
	"fmt"
	"time"

	"github.com/geowarden/geowarden/internal/metrics"
	"github.com/geowarden/geowarden/proxy"
)

// The gateway tells of each request when it is done.
func Example() {
	m := metrics.New(metrics.Build{Version: "v1.0.0"})
	m.Observe(&proxy.Observation{Mode: "jwks", Type: "items", Decision: "allow", Status: 200, Bytes: 3500, Took: 4 * time.Millisecond})

	families, err := m.Gatherer().Gather()
	if err != nil {
		fmt.Println(err)
	}
	for _, family := range families {
		if family.GetName() == "geowarden_response_bytes_total" {
			fmt.Println(family.GetMetric()[0].GetCounter().GetValue())
		}
	}
	// Output: 3500
}
