package proxy_test

import (
	"net/http"
	"testing"

	"github.com/geowarden/geowarden/proxy"
)

func TestTheLineNamesTheTrace(t *testing.T) {
	const id = "0123456789abcdef0123456789abcdef"
	var told proxy.Observation
	r := newRig(t, "open", func(_ *rig, cfg *proxy.Config) {
		cfg.Trace = func(r *http.Request, o *proxy.Observation) string {
			told = *o
			return r.Header.Get("X-Trace")
		}
	})
	traced := r.do("GET", "/collections/obs", "X-Trace: "+id)
	if line := r.log.line(t, traced.Header.Get("X-Request-Id")); line["trace_id"] != id {
		t.Errorf("the line says %v", line)
	}
	if told.Type != "collection" || told.Decision != "allow" || told.Status != http.StatusOK {
		t.Errorf("the trace is told %+v", told)
	}
	untraced := r.do("GET", "/collections/obs")
	if line := r.log.line(t, untraced.Header.Get("X-Request-Id")); line["trace_id"] != nil {
		t.Errorf("without a trace the line says %v", line)
	}
}
