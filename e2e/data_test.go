//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// servers are the two that pygeoapi runs under, each with a gateway in front and
// what shows what arrived.
func servers(t *testing.T) map[string]*gateway {
	t.Helper()
	starlette := must[*backend](t)(running.starlette())
	tapped := *starlette
	tapped.url = tapOn(t, starlette.url).url
	isVersion("pygeoapi", running.moved.number())
	return map[string]*gateway{"Flask": running.apiKey, "Starlette": running.gatewayFor(t, &tapped, running.apiKeyMode()...)}
}

// TestEveryKindOfData reads one of each that pygeoapi has, under both of its
// servers, and sees in the log what the gateway took it for.
func TestEveryKindOfData(t *testing.T) {
	needs(t, needPostGIS)
	for server, g := range servers(t) {
		for _, c := range []struct {
			name, method, path, kind, body string
			status                         int
			says                           string
			asked                          string // api, operation, type and collection in the log
		}{
			{"features of a CSV file", "GET", "/collections/obs/items?limit=2", "", "", 200, `"numberReturned"`, "features read items obs"},
			{"features of a GeoJSON file", "GET", "/collections/lakes/items/6", "", "", 200, "Baikal", "features read item lakes"},
			{"features of PostGIS", "GET", "/collections/gauges/items?limit=2&sortby=-name", "", "", 200, "Vienna", "features read items gauges"},
			{"features of PostGIS by a CQL2 filter in the query", "GET", "/collections/gauges/items?filter-lang=cql2-text&filter=river%20%3D%20%27Elbe%27%20AND%20level_m%20%3E%202", "", "", 200, "Magdeburg", "features read items gauges"},
			{"features of PostGIS by a CQL2 filter in the body", "POST", "/collections/gauges/items", "application/query-cql-json", `{"op":"=","args":[{"property":"river"},"Tiber"]}`, 200, "Roma Ripetta", "features read items gauges"},
			{"features in another CRS", "GET", "/collections/gauges/items?limit=1&crs=http%3A%2F%2Fwww.opengis.net%2Fdef%2Fcrs%2FEPSG%2F0%2F3857", "", "", 200, "FeatureCollection", "features read items gauges"},
			{"queryables", "GET", "/collections/gauges/queryables", "", "", 200, "level_m", "common read queryables gauges"},
			{"schema", "GET", "/collections/gauges/schema", "", "", 200, "level_m", "common read schema gauges"},
			{"a vector tile", "GET", "/collections/gauges/tiles/WebMercatorQuad/3/2/4?f=mvt", "", "", 200, "Vienna", "tiles read tile gauges"},
			{"the tile sets", "GET", "/collections/gauges/tiles", "", "", 200, "WebMercatorQuad", "tiles read tilesets gauges"},
			{"a tile set", "GET", "/collections/gauges/tiles/WebMercatorQuad", "", "", 200, "WebMercatorQuad", "tiles read tileset gauges"},
			{"a tile matrix set", "GET", "/TileMatrixSets/WebMercatorQuad", "", "", 200, "WebMercatorQuad", "tiles read tilematrixset "},
			{"features of a collection whose id has a slash", "GET", "/collections/hydro/rivers/items?limit=2", "", "", 200, "Rhine", "features read items hydro/rivers"},
			{"a feature of a collection whose id has a slash", "GET", "/collections/hydro/rivers/items/po", "", "", 200, `"Po"`, "features read item hydro/rivers"},
			{"a collection whose id has a slash", "GET", "/collections/hydro/rivers", "", "", 200, "hydro/rivers", "common read collection hydro/rivers"},
			{"a catalogue of records", "GET", "/collections/catalogue/items?q=Rhine", "", "", 200, "rhine-levels", "records read items catalogue"},
			{"a record", "GET", "/collections/catalogue/items/flood-zones", "", "", 200, "flood-zones", "records read item catalogue"},
			{"the STAC catalogue of files", "GET", "/stac/scenes/2024", "", "", 200, "rhine-delta", "stac read catalog "},
			{"a file of the STAC catalogue", "GET", "/stac/scenes/2024/rhine-delta.geojson", "", "", untyped(server), "", "stac read catalog "},
			{"the STAC API", "GET", "/stac-api", "", "", 200, "item-search", "stac read catalog "},
			{"a STAC search", "GET", "/stac-api/search?bbox=4,51,5,52", "", "", 200, "rhine-delta", "stac read search "},
			{"a STAC search by POST", "POST", "/stac-api/search", "application/json", `{"bbox":[4,51,5,52]}`, 200, "rhine-delta", "stac read search "},
			{"a process", "GET", "/processes/hello-world", "", "", 200, "hello-world", "processes read process "},
			{"an execution", "POST", "/processes/hello-world/execution", "application/json", `{"inputs":{"name":"e2e"}}`, 200, "e2e", "processes execute execution "},
			{"the API's definition", "GET", "/openapi?f=json", "", "", 200, "X-API-KEY", "openapi read openapi "},
		} {
			t.Run(server+"/"+c.name, func(t *testing.T) {
				id := newID()
				fields := []header{running.withKey(), header("X-Request-Id: " + id), "Accept: application/json"}
				if c.kind != "" {
					fields = append(fields, header("Content-Type: "+c.kind))
				}
				got := ask(t, c.method, g.url+c.path, c.body, fields...).wants(t, c.status)
				if !strings.Contains(string(got.body), c.says) {
					t.Errorf("it does not say %q: %.500s", c.says, got.body)
				}
				if strings.Contains(string(got.body), elsewhere) {
					t.Errorf("a link leads past the gateway: %.1500s", got.body)
				}
				if asked := g.asked(t, id); asked != c.asked {
					t.Errorf("the gateway took it for %q, want %q", asked, c.asked)
				}
			})
		}
		t.Run(server, func(t *testing.T) {
			if untyped(server) != http.StatusOK {
				get(t, must[*backend](t)(running.starlette()).url+"/stac/scenes/2024/rhine-delta.geojson").wants(t, untyped(server))
				doesNot(t, "pygeoapi", "under Starlette, files of the STAC catalogue and the deletion of a job are answered with 500 (the job is gone all the same)", "pygeoapi asks its own answer for a media type that it does not have; without the gateway it is the same")
			}
			shows(t, "pygeoapi", "under "+server+": features of CSV, GeoJSON and PostGIS with CQL2, records of TinyDB, STAC files and search, vector tiles, a process with jobs, an id with a slash: each decided as what it is, and every link leads to the gateway")
		})
	}
}

// untyped is what pygeoapi answers where it has no media type: under Starlette it
// fails over that itself, after it has done what it was asked for.
func untyped(server string) int {
	if server == "Starlette" {
		return http.StatusInternalServerError
	}
	return http.StatusOK
}

// asked is what the gateway took a request for.
func (g *gateway) asked(t *testing.T, id string) string {
	t.Helper()
	line := g.logged(t, id)
	var words []string
	for _, name := range []string{"api", "operation", "type", "collection"} {
		word, _ := line[name].(string)
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// TestAFeatureIsWritten takes one through its life in PostGIS.
func TestAFeatureIsWritten(t *testing.T) {
	needs(t, needPostGIS)
	isVersion("PostgreSQL", strings.TrimPrefix(must[*database](t)(running.database()).version(), "PostgreSQL "))
	shows(t, "PostgreSQL", "a collection that is written to and filters with CQL2, and its vector tiles")
	for server, g := range servers(t) {
		t.Run(server, func(t *testing.T) {
			shows(t, "pygeoapi", "under "+server+": a feature created, replaced and deleted, and a job from its start to its end")
			feature := func(name, id string) string {
				return `{"type":"Feature",` + id + `"geometry":{"type":"Point","coordinates":[8.5,50.1]},"properties":{"name":"` + name + `","river":"Main","owner":"osgeo","level_m":1.5}}`
			}
			sent := []header{running.withKey(), "Content-Type: application/geo+json"}
			before := count(t, g)
			made := ask(t, http.MethodPost, g.url+"/collections/gauges/items", feature("Frankfurt", ""), sent...).wants(t, http.StatusCreated)
			item := made.Header.Get("Location")
			if !strings.HasPrefix(item, g.url+"/collections/gauges/items/") {
				t.Fatalf("Location is %q", item)
			}
			isCalled := func(name string) {
				t.Helper()
				properties, _ := get(t, item+"?f=json", running.withKey()).wants(t, http.StatusOK).object(t)["properties"].(map[string]any)
				if properties["name"] != name {
					t.Errorf("it is called %v, want %s", properties["name"], name)
				}
			}
			isCalled("Frankfurt")
			ask(t, http.MethodPut, item, feature("Hanau", `"id":`+item[strings.LastIndexByte(item, '/')+1:]+","), sent...).wants(t, http.StatusNoContent)
			isCalled("Hanau")
			ask(t, http.MethodDelete, item, "", running.withKey()).wants(t, http.StatusOK)
			get(t, item+"?f=json", running.withKey()).wants(t, http.StatusNotFound)
			if after := count(t, g); after != before {
				t.Errorf("%v features before, %v after", before, after)
			}
			refused := ask(t, http.MethodPost, g.url+"/collections/lakes/items", feature("x", ""), sent...).wants(t, http.StatusBadRequest)
			if strings.Contains(refused.Header.Get("Content-Type"), "problem") {
				t.Errorf("the gateway, and not the back end, refused a collection that is not editable: %s", refused.body)
			}
		})
	}
}

// count is how many gauges there are.
func count(t *testing.T, g *gateway) any {
	t.Helper()
	return get(t, g.url+"/collections/gauges/items?resulttype=hits&f=json", running.withKey()).wants(t, http.StatusOK).object(t)["numberMatched"]
}

// TestAJobRuns executes a process that takes its time, as a job.
func TestAJobRuns(t *testing.T) {
	for server, g := range servers(t) {
		t.Run(server, func(t *testing.T) {
			fields := []header{running.withKey(), "Content-Type: application/json", "Prefer: respond-async"}
			made := ask(t, http.MethodPost, g.url+"/processes/hello-world/execution", `{"inputs":{"name":"e2e"}}`, fields...).wants(t, http.StatusCreated)
			job := made.Header.Get("Location")
			if !strings.HasPrefix(job, g.url+"/jobs/") {
				t.Fatalf("Location is %q", job)
			}
			state := ""
			for range 100 {
				state, _ = get(t, job+"?f=json", running.withKey()).wants(t, http.StatusOK).object(t)["status"].(string)
				if !slices.Contains([]string{"accepted", "running"}, state) {
					break
				}
			}
			if state != "successful" {
				t.Fatalf("the job is %s", state)
			}
			if results := get(t, job+"/results?f=json", running.withKey()).wants(t, http.StatusOK); !bytes.Contains(results.body, []byte("e2e")) {
				t.Errorf("the result is %s", results.body)
			}
			list := get(t, g.url+"/jobs?f=json", running.withKey()).wants(t, http.StatusOK)
			if !json.Valid(list.body) || !bytes.Contains(list.body, []byte(job[strings.LastIndexByte(job, '/')+1:])) {
				t.Errorf("the job is not in the list: %.1000s", list.body)
			}
			ask(t, http.MethodDelete, job, "", running.withKey()).wants(t, untyped(server))
			get(t, job+"?f=json", running.withKey()).wants(t, http.StatusNotFound)
		})
	}
}
