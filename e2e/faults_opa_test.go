//go:build e2e

package e2e

import (
	"path/filepath"
	"testing"
)

// TestTheOPAServerIsKilled decides by a server that goes and comes: without its
// word nobody is let in, and nobody is called denied.
func TestTheOPAServerIsKilled(t *testing.T) {
	needs(t, needOPA)
	shows(t, "OPA", "a server that decides, killed and started again under load: 503 with `Retry-After` meanwhile, and no wrong decision")
	policy := filepath.Join(written(t, owners("geobeyond")), "authz.rego")
	port := must[string](t)(freePort())
	opa := must[*remoteOPA](t)(running.serveOPA("opa-mortal", port, policy))
	g := running.watchedGateway(t, running.moved, append(running.oidcMode(), "DEV_OPA_URL="+opa.url, "DEV_POLICY_TIMEOUT=5s")...)
	l := startLoad(t, g.gateway, running.moved, loadWorkers, asEver("the OPA server is there"), questions(running.demoPeople())...)
	l.settle(t)
	l.through(t, without("it is gone", deciding, "503"), func() {
		opa.die()
		g.becomes(t, "200 ready policy")
	})
	if g.figure(t, `geowarden_denials_total{class="opa-unreachable"}`) == 0 {
		t.Error("no figure tells that the OPA server is out of reach")
	}
	if err := g.has(t, `geowarden_degraded{part="policy"}`, 1); err != nil {
		t.Error(err)
	}
	l.through(t, asEver("it is back"), func() {
		opa = must[*remoteOPA](t)(running.serveOPA("opa-again", port, policy))
		g.becomes(t, "200 ready")
	})
	l.end(t)
	if err := opa.stop(); err != nil {
		t.Error(err)
	}
}
