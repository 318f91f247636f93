//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// htmlPage is a page of pygeoapi's, and how it shows that it is there.
type htmlPage struct {
	path    string
	heading string // what its first heading begins with, or its title
	draws   int    // features on its map
	needs   need
}

var htmlPages = []htmlPage{
	{path: "/?f=html", heading: "Sample OGC API"},
	{path: "/collections?f=html", heading: "Data collections in this service"},
	{path: "/collections/obs?f=html", heading: "Observations", draws: 1},
	{path: "/collections/obs/items?f=html", heading: "Observations", draws: 5},
	{path: "/collections/obs/items/101?f=html", heading: "101", draws: 1},
	{path: "/collections/obs/queryables?f=html", heading: "Observations"},
	{path: "/collections/obs/schema?f=html", heading: "Observations"},
	{path: "/collections/lakes/items?f=html", heading: "Lakes", draws: 10},
	{path: "/collections/lakes/items/1?f=html", heading: "Superior", draws: 1},
	{path: "/collections/hydro/rivers?f=html", heading: "Rivers", draws: 1},
	{path: "/collections/hydro/rivers/items?f=html", heading: "Rivers", draws: 5},
	{path: "/collections/hydro/rivers/items/rhine?f=html", heading: "Rhine", draws: 1},
	{path: "/collections/hydro/rivers/queryables?f=html", heading: "Rivers"},
	{path: "/collections/catalogue?f=html", heading: "Catalogue", draws: 1},
	{path: "/collections/catalogue/items?f=html", heading: "Catalogue", draws: 7},
	{path: "/collections/catalogue/items/rhine-levels?f=html", heading: "Water levels of the Rhine", draws: 1},
	{path: "/collections/gauges?f=html", heading: "Gauges", draws: 1, needs: needPostGIS},
	{path: "/collections/gauges/items?f=html", heading: "Gauges", draws: 10, needs: needPostGIS},
	{path: "/collections/gauges/tiles?f=html", heading: "Gauges", needs: needPostGIS},
	{path: "/collections/gauges/tiles/WebMercatorQuad/metadata?f=html", heading: "WebMercatorQuad map tileset for Gauges", needs: needPostGIS},
	{path: "/TileMatrixSets?f=html", heading: "Tile matrix sets available in this service"},
	{path: "/TileMatrixSets/WorldCRS84Quad?f=html", heading: "WorldCRS84Quad tile matrix set"},
	{path: "/processes?f=html", heading: "Processes in this service"},
	{path: "/processes/hello-world?f=html", heading: "Hello World"},
	{path: "/jobs?f=html", heading: "Jobs"},
	{path: "/conformance?f=html", heading: "Conformance"},
	{path: "/stac?f=html", heading: "Collections"},
	{path: "/stac/scenes?f=html", heading: "Catalog: scenes"},
	{path: "/stac/scenes/2024?f=html", heading: "Catalog: scenes/2024"},
}

// TestPagesInABrowser opens every page that pygeoapi has for people, in a
// browser that has a credential for the gateway, and looks where it all leads.
func TestPagesInABrowser(t *testing.T) {
	needs(t, needNode, needChromium)
	s := running
	starlette := must[*backend](t)(s.starlette())
	for _, c := range []struct {
		name    string
		gateway *gateway
		behind  *backend
		has     header
	}{
		{"Flask, links rewritten", s.apiKey, s.moved, s.withKey()},
		{"Flask, nothing rewritten", s.standard, s.public, bearer(s.osgeo())},
		{"Starlette, links rewritten", s.gatewayFor(t, starlette, s.apiKeyMode()...), starlette, s.withKey()},
	} {
		t.Run(c.name, func(t *testing.T) {
			shows(t, "Chromium", "every HTML page of pygeoapi ("+c.name+"): scripts, style sheets, and where each link leads")
			if c.behind == s.moved {
				shows(t, "Leaflet", "the maps on these pages: extents, features, records, and vector tiles through the gateway")
				shows(t, "playwright-core", "a credential that the browser adds for the gateway's origin reaches no other origin that these pages load from")
			}
			v := s.visit(t, visiting{root: c.gateway.root, has: c.has})
			leads := leads{gateway: c.gateway, behind: c.behind, found: map[string]string{}}
			job := ask(t, http.MethodPost, c.behind.url+"/processes/hello-world/execution", `{"inputs":{"name":"e2e"}}`,
				"Content-Type: application/json", "Prefer: respond-async").wants(t, http.StatusCreated).Header.Get("Location")
			job = strings.TrimPrefix(job, c.behind.name)
			for _, p := range append(htmlPages, htmlPage{path: job + "?f=html", heading: "Job status"}, htmlPage{path: job + "/results?f=html", heading: "Results of job"}) {
				t.Run(p.path, func(t *testing.T) {
					if p.needs.look != nil {
						needs(t, p.needs)
					}
					v := v.during(t)
					if status := v.open(c.gateway.url + p.path); status != http.StatusOK {
						t.Fatalf("status %d: see %s", status, logs)
					}
					v.shows(p)
					v.isClean()
					leads.take(v)
				})
			}
			dead := leads.follow(t, c.has)
			if c.behind == s.moved {
				doesNot(t, "pygeoapi", "links of its own HTML pages: "+strings.Join(dead, ", "), "they lead nowhere without the gateway too")
			}
		})
	}
}

// shows fails unless the page is there, and looks as it is meant to.
func (v *visitor) shows(p htmlPage) {
	v.t.Helper()
	var is struct {
		Heading, Crumbs, Font string
		Icon                  int
	}
	v.tell("evaluate", &is, `({
		heading: (document.querySelector('main h1, main h2') ?? document.querySelector('title')).textContent.trim(),
		crumbs: getComputedStyle(document.querySelector('.crumbs')).backgroundColor, // of pygeoapi's own style sheet
		font: getComputedStyle(document.body).fontFamily, // of Bootstrap's
		icon: document.querySelector('header img').naturalWidth,
	})`)
	if !strings.HasPrefix(is.Heading, p.heading) {
		v.t.Errorf("the page is headed %q, want %q", is.Heading, p.heading)
	}
	if is.Crumbs != "rgb(230, 230, 230)" || !strings.HasPrefix(is.Font, "system-ui") || is.Icon == 0 {
		v.t.Errorf("the page has no style, or no icon: %+v", is)
	}
	if p.draws > 0 {
		v.waits(fmt.Sprintf("(%s)() === %d", drawn, p.draws))
		v.waits("document.querySelector('.leaflet-tile-loaded') && document.querySelector('.leaflet-marker-icon, path.leaflet-interactive')")
	}
	if strings.Contains(p.path, "/tiles?") {
		v.waits(painted)
	}
	v.tell("quiet", nil)
}

// drawn counts the features on a map, and those that a cluster stands for.
const drawn = `() => {
	let count = 0;
	map.eachLayer((layer) => {
		if (layer instanceof L.Path || layer instanceof L.Marker) count += layer.getChildCount?.() ?? 1;
	});
	return count;
}`

// painted says whether vector tiles have something on them.
const painted = `[...document.querySelectorAll('canvas.leaflet-tile')].some((tile) =>
	tile.getContext('2d').getImageData(0, 0, tile.width, tile.height).data.some((value) => value > 0))`
