//go:build e2e

package e2e

import (
	"net/http"
	"testing"
	"time"
)

// TestKeycloakFails rotates the keys of a Keycloak under a flood, kills it, starts
// it again and turns its clock, one after the other under one load.
func TestKeycloakFails(t *testing.T) {
	needs(t, needKeycloak, needClock)
	turned, env := newClock(t)
	k := must[*keycloak](t)(running.serveKeycloak("keycloak-mortal", env...))
	k.isNoted(t)
	k.administer(t, http.MethodPut, "", map[string]any{"accessTokenLifespan": int((2 * time.Hour).Seconds())})
	p := people{expired: k.tokenAt(t, turned, -3*time.Hour, "tomkralidis")}
	p.osgeo, p.geobeyond = k.tokenAt(t, turned, 0, "tomkralidis"), k.user(t, "francbartoli")

	settings := append(k.oidcMode(), "DEV_POLICY_PATH="+written(t, owners("geobeyond")), "DEV_POLICY_TIMEOUT=5s", "DEV_JWKS_REFRESH_INTERVAL=2s", "DEV_JWKS_MAX_AGE=8s")
	g := running.watchedGateway(t, running.moved, settings...)
	l := startLoad(t, g.gateway, running.moved, loadWorkers, asEver("Keycloak runs"), questions(p)...)
	l.settle(t)
	var old *load
	whole := t
	t.Run("its key is rotated", func(t *testing.T) {
		shows(t, "Keycloak", "its signing key rotated under load and a flood of unknown key ids: no token of a key that is published is refused, and one of a key that was removed is")
		l, old = rotates(whole, t, g, k, l, p)
	})
	if t.Failed() {
		return
	}
	t.Run("it is killed", func(t *testing.T) {
		shows(t, "Keycloak", "killed and started again under load: valid tokens stay good, `/readyz` says degraded, and a gateway that starts meanwhile answers 503 until it is back")
		isKilled(t, g, k, l, old, env, settings)
	})
	if t.Failed() {
		return
	}
	t.Run("its clock is wrong", func(t *testing.T) {
		shows(t, "Keycloak", "its clock 20 seconds off: tokens are good; 10 minutes off: 401, which says by how much")
		k.administer(t, http.MethodPut, "", map[string]any{"accessTokenLifespan": 300})
		for ahead, says := range skews {
			judgeSkew(t, g.gateway, k.tokenAt(t, turned, ahead, "tomkralidis"), ahead, says)
		}
		turned.set(t, 0)
		l.settle(t)
	})
	l.end(t)
	_ = k.stop()
}

// isKilled kills Keycloak and starts it again. Old are those who ask with a token
// of a key that it had removed.
func isKilled(t *testing.T, g *watched, k *keycloak, l, old *load, env, settings []string) {
	t.Helper()
	l.through(t, asEver("Keycloak is dead"), func() {
		old.enter(without("until Keycloak is dead", keys, "401", "503"))
		k.die()
		g.becomes(t, "200 ready provider")
	})
	// Nobody can tell whether a key that is not known is one.
	old.enter(without("Keycloak is dead", keys, "503"))
	old.settle(t)
	for name, want := range map[string]float64{"geowarden_key_set_failing": 1, `geowarden_degraded{part="provider"}`: 1, "geowarden_ready": 1} {
		if err := g.has(t, name, want); err != nil {
			t.Error(err)
		}
	}
	if g.said(t, `"level":"warn"`, "the key set could not be fetched") == 0 {
		t.Errorf("the log does not tell: see %s", g.log)
	}

	cold := running.coldGateway(t, running.moved, settings...)
	cold.becomes(t, "503 not-ready keys")
	c := l.alsoOf(t, cold, without("it began while Keycloak was dead", keys, "503"))
	c.settle(t)

	c.enter(asEver("Keycloak is back").or(c.now()))
	old.enter(without("until Keycloak is back", keys, "401", "503"))
	l.through(t, asEver("Keycloak is back"), func() {
		if err := running.restartKeycloak(k, "keycloak-mortal-again", env...); err != nil {
			t.Fatal(err)
		}
		g.becomes(t, "200 ready")
		cold.becomes(t, "200 ready")
	})
	c.enter(asEver("Keycloak is back"))
	old.enter(without("Keycloak is back", keys, "401", "503")) // it may be slow to begin with
	for name, gateway := range map[string]*gateway{"one that ran": g.gateway, "one that began meanwhile": cold} {
		if got := get(t, gateway.url+"/collections/obs/items?f=json", bearer(k.user(t, "tomkralidis"))); got.StatusCode != http.StatusOK {
			t.Errorf("%s refuses a new token: %s %s", name, got.Status, got.body)
		}
	}
	c.settle(t)
	old.settle(t)
	c.end(t)
	old.end(t)
}
