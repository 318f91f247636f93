package metrics

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/geowarden/geowarden/proxy"
)

// served is a request as most are.
func served() proxy.Observation {
	return proxy.Observation{
		Mode: "oidc", Type: "items", Decision: "allow", Status: 200, Bytes: 3500,
		Took: 3 * time.Millisecond, Authn: 20 * time.Microsecond, Resolve: time.Microsecond, Authz: 60 * time.Microsecond, Upstream: 2 * time.Millisecond,
	}
}

func TestRequestsAreCountedByModeTypeDecisionAndStatus(t *testing.T) {
	m := New(Build{})
	denied := proxy.Observation{Mode: "oidc", Type: "item", Decision: "deny", Class: "denied", Status: 403, Bytes: 100, Took: time.Millisecond}
	for _, o := range []proxy.Observation{served(), served(), denied} {
		m.Observe(&o)
	}
	got := scrape(t, m)
	only(t, got, "geowarden_requests_total", map[string]float64{
		`geowarden_requests_total{decision="allow",mode="oidc",status="200",type="items"}`: 2,
		`geowarden_requests_total{decision="deny",mode="oidc",status="403",type="item"}`:   1,
	})
	for name, want := range map[string]float64{
		`geowarden_denials_total{class="denied"}`:                              1,
		`geowarden_denials_total{class="upstream"}`:                            0,
		`geowarden_response_bytes_total`:                                       7100,
		`geowarden_request_duration_seconds_count`:                             3,
		`geowarden_request_duration_seconds_bucket{le="0.001"}`:                1,
		`geowarden_request_duration_seconds_bucket{le="0.003"}`:                3,
		`geowarden_stage_duration_seconds_count{stage="authn"}`:                2,
		`geowarden_stage_duration_seconds_count{stage="resolve"}`:              2,
		`geowarden_stage_duration_seconds_count{stage="authz"}`:                2,
		`geowarden_stage_duration_seconds_count{stage="upstream"}`:             2,
		`geowarden_stage_duration_seconds_bucket{stage="authn",le="5e-05"}`:    2,
		`geowarden_stage_duration_seconds_bucket{stage="authz",le="5e-05"}`:    0,
		`geowarden_stage_duration_seconds_bucket{stage="authz",le="0.0001"}`:   2,
		`geowarden_stage_duration_seconds_bucket{stage="upstream",le="0.001"}`: 0,
	} {
		if value, ok := got[name]; !ok || value != want {
			t.Errorf("%s is %v (there: %v), want %v", name, value, ok, want)
		}
	}
}

func TestHealthChecksAreCountedButNotTimed(t *testing.T) {
	m := New(Build{})
	m.Observe(&proxy.Observation{Mode: "open", Type: "health", Decision: "none", Status: 200, Took: time.Second})
	got := scrape(t, m)
	if got[`geowarden_requests_total{decision="none",mode="open",status="200",type="health"}`] != 1 {
		t.Error("the health check is not counted")
	}
	if got["geowarden_request_duration_seconds_count"] != 0 {
		t.Error("the health check is among the times of requests")
	}
}

// A client, a back end or a later version may bring any word: none makes a
// series of its own, and none can be read at /metrics.
func TestWordsThatAreNotKnownMakeNoSeries(t *testing.T) {
	m := New(Build{})
	before := len(scrape(t, m))
	for i := range 1000 {
		word := fmt.Sprintf("canary-%d", i)
		m.Observe(&proxy.Observation{Mode: word, Type: word, Decision: word, Class: word, Status: 600 + i, Bytes: -i})
		m.Observe(&proxy.Observation{Mode: word, Type: word, Decision: word, Class: word, Status: -i})
	}
	got := scrape(t, m)
	if len(got) != before+1 {
		t.Errorf("2000 unknown words made %d series", len(got)-before)
	}
	if n := got[`geowarden_requests_total{decision="other",mode="other",status="other",type="other"}`]; n != 2000 {
		t.Errorf("%v requests are other, want 2000", n)
	}
	if n := got[`geowarden_denials_total{class="other"}`]; n != 2000 {
		t.Errorf("%v denials are other, want 2000", n)
	}
	if n := got["geowarden_response_bytes_total"]; n != 0 {
		t.Errorf("negative sizes changed the bytes: %v", n)
	}
	for name := range got {
		if strings.Contains(name, "canary") {
			t.Errorf("%s came from outside", name)
		}
	}
}

func TestStatusesAreNamedFromTheFirstToTheLast(t *testing.T) {
	m := New(Build{})
	for status, want := range map[int]string{99: "other", 100: "100", 101: "101", 599: "599", 600: "other"} {
		o := proxy.Observation{Mode: "jwks", Type: "landing", Decision: "allow", Status: status}
		before := scrape(t, m)
		m.Observe(&o)
		name := fmt.Sprintf(`geowarden_requests_total{decision="allow",mode="jwks",status=%q,type="landing"}`, want)
		if got := scrape(t, m)[name]; got != before[name]+1 {
			t.Errorf("status %d is not counted as %s", status, want)
		}
	}
}

func TestManyAtOnceLoseNoRequest(t *testing.T) {
	m := New(Build{})
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 1000 {
				o := served()
				o.Status = 200 + (i+worker)%4 // each series is made by whoever comes first
				m.Observe(&o)
			}
		})
	}
	all.Wait()
	got, sum := scrape(t, m), 0.0
	for name, value := range got {
		if strings.HasPrefix(name, "geowarden_requests_total{") {
			sum += value
		}
	}
	if sum != 8000 {
		t.Errorf("%v requests are counted, want 8000", sum)
	}
}

func TestObservingAllocatesNothing(t *testing.T) {
	m, o := New(Build{}), served()
	o.Class = "aborted"
	m.Observe(&o) // makes the series
	if n := testing.AllocsPerRun(100, func() { m.Observe(&o) }); n != 0 {
		t.Errorf("one request costs %v allocations", n)
	}
}

func BenchmarkObserve(b *testing.B) {
	m, o := New(Build{}), served()
	b.ReportAllocs()
	for b.Loop() {
		m.Observe(&o)
	}
}

func BenchmarkObserveParallel(b *testing.B) {
	m := New(Build{})
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		o := served()
		for pb.Next() {
			m.Observe(&o)
		}
	})
}
