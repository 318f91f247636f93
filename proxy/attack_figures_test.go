package proxy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/geowarden/geowarden/internal/metrics"
	"github.com/geowarden/geowarden/proxy"
)

// Row 25: in every mode, nothing that a client wrote, credential or not, is to
// be read in the figures, and none makes a series of its own.
func TestFiguresSayNothingOfWhatWasSent(t *testing.T) {
	for _, mode := range []string{"open", "api-key", "jwks", "oidc"} {
		t.Run(mode, func(t *testing.T) {
			figures := metrics.New(metrics.Build{})
			r := newRig(t, mode, func(_ *rig, cfg *proxy.Config) { cfg.Observe = figures.Observe })
			for _, canary := range []string{"cAnArY", "another-cAnArY"} {
				good := r.token(osgeo)
				for _, credential := range []string{key(), good, "X-API-KEY: " + canary, good + canary, "Authorization: Bearer " + canary, "Authorization: " + canary} {
					for _, path := range []string{"/collections/obs", "/collections/" + canary + "/items", "/" + canary, "/processes/" + canary, "//" + canary} {
						r.raw(request("GET", contexts+path+"?q="+canary, credential, "User-Agent: "+canary, "Origin: https://"+canary+".test", "X-Request-Id: "+canary))
					}
				}
				r.raw(request("GET", "/"+canary))
				r.raw(request(strings.ToUpper(strings.ReplaceAll(canary, "-", "")), contexts+"/"))
			}
			r.gateway.Close() // every request is counted
			families, err := figures.Gatherer().Gather()
			if err != nil {
				t.Fatal(err)
			}
			series := 0
			for _, family := range families {
				if text := fmt.Sprint(family); strings.Contains(strings.ToLower(text), "canary") || strings.Contains(text, goodKey) || strings.Contains(text, osgeo) {
					t.Errorf("a client is in %s", text)
				}
				if strings.HasPrefix(family.GetName(), "geowarden_requests") {
					series += len(family.GetMetric())
				}
			}
			if series == 0 || series > 40 {
				t.Errorf("%d series of requests", series)
			}
		})
	}
}
