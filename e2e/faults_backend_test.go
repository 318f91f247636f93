//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
)

// TestTheBackEndIsKilled kills pygeoapi in the middle of answers, starts it again,
// and has it hang, under both of its servers. Under Flask, a policy decides, and
// the gateway changes links, so that answers come in chunks; under Starlette any
// valid token is good, and answers come as they are, with the back end's length.
func TestTheBackEndIsKilled(t *testing.T) {
	p := running.demoPeople()
	for _, c := range []struct {
		server   string
		changed  bool
		settings []string
		ask      func(people) []*question
	}{
		{"Flask", true, append(running.oidcMode(), "DEV_POLICY_PATH="+written(t, owners("geobeyond")), "DEV_POLICY_TIMEOUT=5s"), questions},
		{"Starlette", false, running.jwksMode(), flatQuestions},
	} {
		t.Run(c.server, func(t *testing.T) {
			shows(t, "pygeoapi", "under "+c.server+": killed in the middle of answers, started again, and hanging, under load: a cut is a cut, else 502 and 504, and no wrong decision")
			port, name := must[string](t)(freePort()), elsewhere
			if !c.changed {
				name = "http://127.0.0.1:" + port + "/geoapi"
			}
			b := running.startMortal(t, strings.ToLower(c.server), name, longCollection(t))
			settings := append(c.settings, "DEV_UPSTREAM_TIMEOUT=4s")
			g := running.watchedGatewayAt(t, port, b.backend, settings...)
			isCut(t, g, b, p, c.ask(p), settings)
			hangs(t, g, b, p, c.ask(p))
		})
	}
}

// isCut kills the back end while it answers, and starts another gateway meanwhile,
// which has not been told of any collection: what a path of items is about depends
// on that.
func isCut(t *testing.T, g *watched, b *mortal, p people, all []*question, settings []string) {
	t.Helper()
	l := startLoad(t, g.gateway, b.backend, loadWorkers, asEver("pygeoapi runs"), all...)
	l.settle(t)
	for _, protocol := range []string{"HTTP/1.1", "HTTP/1.0"} {
		g.readSlowly(t, protocol, p.osgeo).isWhole(t)
	}
	var cut []*slowReader
	l.through(t, without("it is dead", backEnd, "502").but(kept, "200", "502"), func() {
		for _, protocol := range []string{"HTTP/1.1", "HTTP/1.0"} {
			cut = append(cut, g.readSlowly(t, protocol, p.osgeo))
		}
		b.die()
		g.becomes(t, "200 ready upstream")
		until(t, "the gateway knows that it cannot list", func() error {
			_ = is(http.StatusBadRequest, g.url+"/collections/not/listed/items", bearer(p.osgeo)) // which has it look again
			if g.figure(t, `geowarden_collections_fetches_total{result="failed"}`) == 0 {
				return fmt.Errorf("see %s", g.log)
			}
			return nil
		})
	}, without("", backEnd, "200 cut"))
	for _, line := range [][]string{{`"level":"warn"`, "the back end's collections could not be listed"}, {`"status":502`, `"failure":"upstream"`}} {
		if g.said(t, line...) == 0 {
			t.Errorf("%s is not in %s", line, g.log)
		}
	}
	for _, r := range cut {
		r.isCut(t)
	}
	if err := g.has(t, `geowarden_degraded{part="upstream"}`, 1); err != nil {
		t.Error(err)
	}
	until(t, "the log tells of each cut", func() error {
		if n := g.said(t, `"failure":"aborted"`, `"collection":"long"`); n != len(cut) {
			return fmt.Errorf("%d lines tell of %d: see %s", n, len(cut), g.log)
		}
		return nil
	})
	cold := running.coldGateway(t, b.backend, settings...)
	cold.becomes(t, "200 ready upstream")
	c := l.alsoOf(t, cold, without("it began while pygeoapi was dead", backEnd|kept, "502").but(list, "503"))
	c.settle(t)
	if cold.said(t, `"status":503`, `"failure":"no-collections"`) == 0 {
		t.Errorf("the log does not say why: see %s", cold.log)
	}
	c.enter(asEver("pygeoapi is back").or(c.now()))
	l.through(t, asEver("it is back"), func() {
		b.start(t)
		g.becomes(t, "200 ready")
	})
	until(t, "the gateway that knew no collections knows them", func() error { return is(http.StatusOK, cold.url+lakes, bearer(p.geobeyond)) })
	c.enter(asEver("pygeoapi is back"))
	c.settle(t)
	c.end(t)
	l.end(t)
}

// hangs stops the back end as it is, and has it go on.
func hangs(t *testing.T, g *watched, b *mortal, p people, all []*question) {
	t.Helper()
	l := startLoad(t, g.gateway, b.backend, 2*loadWorkers, asEver("pygeoapi goes"), all...)
	l.settle(t)
	answers := func(status int) func() error {
		return func() error { return is(status, g.url+"/conformance?f=json", bearer(p.osgeo)) }
	}
	l.through(t, without("it hangs", backEnd, "504").but(kept, "200", "502"), func() {
		b.signal(syscall.SIGSTOP)
		until(t, "a request takes too long", answers(504))
	})
	// It accepts connections, and that is all that is looked at.
	if state := g.state(t); state != "200 ready" {
		t.Errorf("/readyz says %s", state)
	}
	if g.figure(t, `geowarden_denials_total{class="upstream-timeout"}`) == 0 {
		t.Error("no figure tells that the back end is too slow")
	}
	l.through(t, asEver("it goes on"), func() {
		b.signal(syscall.SIGCONT)
		until(t, "it answers", answers(200))
	})
	l.end(t)
}
