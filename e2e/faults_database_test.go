//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestTheDatabaseIsKilled kills PostgreSQL under pygeoapi. What pygeoapi makes of
// it is passed on as it is, and who may ask for what does not change, although
// pygeoapi leaves out of its list of collections what it cannot describe.
func TestTheDatabaseIsKilled(t *testing.T) {
	needs(t, needPostGIS)
	shows(t, "pygeoapi", "its database killed and started again under load: its own 500 is passed on for what needs that, and everything else is decided as ever, although its list of collections is shorter meanwhile; a path that is one of two collections stays refused while one of them is not listed")
	d := running.startMortalDatabase(t)
	b := running.startMortal(t, "flask", elsewhere, archive(t), d.setting()...)
	g := running.watchedGateway(t, b.backend, append(running.oidcMode(), "DEV_POLICY_PATH="+written(t, owners("geobeyond")), "DEV_POLICY_TIMEOUT=5s")...)
	p := running.demoPeople()
	const gauges, records, twofold = "/collections/gauges/items?f=json", "/collections/archive/items?f=json", "/collections/lakes/locations/items?f=json"
	reads := func(kind, path, token string, right outcome, says string, needs part) *question {
		return &question{kind: kind, method: http.MethodGet, path: path, fields: with(token), right: right, says: says, needs: needs}
	}
	l := startLoad(t, g.gateway, b.backend, loadWorkers, asEver("all is there"), append(questions(p),
		reads("osgeo reads gauges", gauges, p.osgeo, "200", `"Maxau"`, theDB|backEnd),
		reads("geobeyond is denied gauges", gauges, p.geobeyond, "403", "another company's", 0),
		reads("osgeo reads records", records, p.osgeo, "200", `"rhine-levels"`, backEnd),
		reads("geobeyond, to whom only features are open, is denied records", records, p.geobeyond, "403", "another company's", 0),
		reads("geobeyond reads locations of its lakes, or another's records", twofold, p.geobeyond, "400", "a route of two collections", 0),
	)...)
	l.settle(t)

	l.through(t, without("PostgreSQL is dead", theDB, "500"), func() {
		d.crash(t)
		until(t, "pygeoapi fails", func() error { return is(http.StatusInternalServerError, b.url+gauges) })
	})
	// A worker that began before the database was gone knows its tables; a new one
	// does not, and leaves out what has tiles there. It serves the records all the
	// same, and they are no features, which is what is not listed is taken for.
	l.through(t, without("PostgreSQL is dead, and what needs it is not listed", theDB, "500"), func() {
		b.renewWorkers(t)
		lists(t, g, b, "gauges", false)
		lists(t, g, b, "archive", false)
		lists(t, g, b, "lakes/locations", false)
	}, without("", backEnd, "502"))
	if state := g.state(t); state != "200 ready" {
		t.Errorf("/readyz says %s", state)
	}
	if g.said(t, `"status":500`) == 0 || g.said(t, `"status":500`, `"failure"`) > 0 {
		t.Errorf("the back end's own errors are not told apart from the gateway's: see %s", g.log)
	}
	l.through(t, asEver("all is back"), func() {
		again := must[*database](t)(running.serveDatabase("postgis-again", d.port, "TMPDIR="+openFolder(t)))
		t.Cleanup(func() { _ = again.stop() })
		lists(t, g, b, "archive", true)
		lists(t, g, b, "lakes/locations", true)
	})
	l.end(t)
}

// lists waits until pygeoapi has a collection in its list or not, and the gateway
// has that list.
func lists(t *testing.T, g *watched, b *mortal, id string, listed bool) {
	t.Helper()
	until(t, fmt.Sprintf("pygeoapi lists %s: %v", id, listed), func() error {
		if got := get(t, b.url+"/collections?f=json"); strings.Contains(string(got.body), `"id":"`+id+`"`) != listed {
			return fmt.Errorf("it is %s; see %s", got.Status, b.log)
		}
		return nil
	})
	const fetches = `geowarden_collections_fetches_total{result="ok"}`
	before := g.figure(t, fetches)
	until(t, "the gateway has that list", func() error {
		get(t, g.url+"/collections/not/listed/items", bearer(running.osgeo())).wants(t, http.StatusBadRequest) // which has it look again
		if g.figure(t, fetches) == before {
			return fmt.Errorf("see %s", g.log)
		}
		return nil
	})
}

// renewWorkers has gunicorn replace the processes that answer.
func (m *mortal) renewWorkers(t *testing.T) {
	t.Helper()
	script := strconv.Itoa(m.cmd.Process.Pid)
	children := string(must[[]byte](t)(os.ReadFile("/proc/" + script + "/task/" + script + "/children")))
	if len(strings.Fields(children)) != 1 {
		t.Fatalf("the script's children are %q", children)
	}
	gunicorn := must[int](t)(strconv.Atoi(strings.TrimSpace(children)))
	if err := syscall.Kill(gunicorn, syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
}
