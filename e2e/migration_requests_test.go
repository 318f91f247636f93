//go:build e2e

package e2e

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// asking is a request that is put to both. {item} and {job} in its path are what the
// same side was told in an earlier Location.
type asking struct {
	method, path string
	fields       []header
	body         string
	keep         string // the name under which the answer's Location is kept
}

func (a asking) String() string {
	text := a.method + " " + a.path
	for _, f := range a.fields {
		text += ", " + string(f)
	}
	return text
}

// has reports whether a header field begins so.
func (a asking) has(start string) bool {
	return slices.ContainsFunc(a.fields, func(f header) bool { return strings.HasPrefix(string(f), start) })
}

func (a asking) preflight() bool { return a.has("Access-Control-Request-Method: ") }

const (
	asJSON    = header("Content-Type: application/json")
	asGeoJSON = header("Content-Type: application/geo+json")
	asCQL2    = header("Content-Type: application/query-cql-json")
	fromMap   = header("Origin: https://map.example")
	point     = `{"type":"Feature","geometry":{"type":"Point","coordinates":[8.5,50.1]},"properties":{"name":"Frankfurt","river":"Main","owner":"osgeo","level_m":1.5}}`
)

// readable are the resources that are there, and some that are not, each in the
// forms that it has. Paths are below the context.
var readable = []string{
	"", "/", "/?f=json", "/?f=html", "/?f=jsonld", "/conformance", "/conformance?f=html",
	"/collections", "/collections?f=html", "/collections?f=jsonld", "/collections/", "/collections/obs", "/collections/%6Fbs", "/collections/obs/", "/collections/obs?f=html", "/collections/obs?f=jsonld",
	"/collections/catalogue", "/collections/catalogue/items?q=Rhine", "/collections/catalogue/items/flood-zones", "/collections/hydro/rivers", "/collections/hydro/rivers/items", "/collections/hydro/rivers/items/po",
	"/collections/missing", "/collections/missing/items", "/collections/scenes/items?limit=1",
	"/collections/obs/items", "/collections/obs/items?f=html", "/collections/obs/items?f=csv", "/collections/obs/items?f=jsonld", "/collections/obs/items?f=nothing",
	"/collections/obs/items?limit=2&offset=1", "/collections/obs/items?limit=-1", "/collections/obs/items?bbox=0,0,1", "/collections/obs/items?datetime=2024-03-02/..", "/collections/obs/items?lang=fr",
	"/collections/obs/items/101", "/collections/obs/items/nobody", "/collections/obs/items/101?f=html", "/collections/lakes/items/6?f=jsonld",
	"/collections/obs/queryables", "/collections/obs/queryables?f=html", "/collections/obs/schema", "/collections/obs/schema?f=html",
	"/collections/obs/map?f=png", "/collections/obs/coverage", "/collections/obs/position?coords=POINT(0%200)", "/collections/obs/tiles",
	"/TileMatrixSets", "/TileMatrixSets/WebMercatorQuad", "/processes", "/processes?f=html", "/processes/hello-world", "/processes/hello-world?f=html", "/processes/missing",
	"/jobs", "/jobs/nothing", "/jobs/nothing/results", "/stac", "/stac/scenes", "/stac/scenes/2024", "/stac-api", "/stac-api/search", "/stac-api/search?f=html", "/stac-api/collections",
	"/openapi", "/openapi?f=json", "/openapi?f=html", "/openapi?f=html&ui=swagger", "/openapi?f=html&ui=redoc", "/openapi?ui=redoc", "/openapi/", "/openapi.json", "/openapi-of-others", "/asyncapi?f=json", "/docs", "/redoc",
	"/static/css/default.css", "/static/img/logo.png", "/static/nothing.css", "/admin", "/admin/config", "/schemas/x", "/robots.txt",
}

// stored are those that are kept in the database.
var stored = []string{
	"/collections/gauges", "/collections/gauges?f=html", "/collections/gauges/schema?f=html", "/collections/gauges/items?limit=3&sortby=-name", "/collections/gauges/items?limit=3&filter=river%3D%27Rhine%27",
	"/collections/gauges/items?crs=http://www.opengis.net/def/crs/EPSG/0/3857&limit=1", "/collections/gauges/items?f=csv&limit=2", "/collections/gauges/items/1",
	"/collections/gauges/tiles", "/collections/gauges/tiles/WebMercatorQuad", "/collections/gauges/tiles/WebMercatorQuad?f=json", "/collections/gauges/tiles/WebMercatorQuad?f=html",
	"/collections/gauges/tiles/WebMercatorQuad/metadata?f=json", "/collections/gauges/tiles/WebMercatorQuad/4/5/8?f=mvt", "/collections/gauges/tiles/WebMercatorQuad/30/0/0?f=mvt",
}

// twofold are paths and queries that two servers could read in two ways, each with
// the row about it.
var twofold = map[string]string{
	"//collections": "paths", "/collections//obs": "paths", "/./collections": "paths", "/collections/../conformance": "paths", "/collections/%2e%2e/conformance": "paths", "/collections/obs;x=1": "paths",
	"/collections/obs%2Fitems": "paths", "/collections/hydro%2Frivers": "paths", "/collections/obs/items?limit=1&limit=2": "twice", "/collections/obs/items?BBOX=0,0,1,1": "capitals", "/collections/lakes/items/1/items": "unlisted",
}

// outside are paths that lie beside the context.
var outside = []string{"/", "/healthz", "/readyz", "/nothing", "/docs", "/redoc", "/openapi.json", "/GEOAPI/collections", "/geoapis", "//geoapi/collections", "/admin/config/reload"}

// acting are the requests that are more than a GET.
func acting(context string) []asking {
	at := func(method, path string, fields ...header) asking {
		return asking{method: method, path: context + path, fields: fields}
	}
	send := func(method, path, body string, fields ...header) asking {
		return asking{method: method, path: context + path, fields: fields, body: body}
	}
	of := func(method, path string) asking { return asking{method: method, path: path} }
	keep := func(name string, a asking) asking { a.keep = name; return a }
	const run = "/processes/hello-world/execution"
	return []asking{
		at("GET", "/", "Accept: application/json"), at("GET", "/", "Accept: text/html"), at("GET", "/openapi", "Accept: application/json"), at("GET", "/openapi", "Accept: text/html"), at("GET", "/collections/missing", "Accept: text/html"),
		at("GET", "/collections", "Accept-Language: fr"), at("GET", "/collections", "Accept-Encoding: gzip"), at("GET", "/openapi?f=json", "Accept-Encoding: gzip"),
		at("HEAD", "/"), at("HEAD", "/collections/obs/items"), at("HEAD", "/openapi?f=json"), at("HEAD", "/static/css/default.css"), of("HEAD", "/healthz"),
		at("OPTIONS", "/"), at("OPTIONS", "/collections"), at("OPTIONS", "/collections/obs/items"), at("OPTIONS", "/openapi"),
		at("OPTIONS", "/collections/obs/items", fromMap, "Access-Control-Request-Method: GET", "Access-Control-Request-Headers: authorization,x-api-key,content-type"),
		at("OPTIONS", "/collections/obs/items", fromMap, "Access-Control-Request-Method: DELETE"), at("OPTIONS", "/collections", fromMap, "Access-Control-Request-Method: GET", "Access-Control-Request-Headers: x-of-my-own"),
		at("GET", "/collections", fromMap), at("GET", "/collections", fromMap, "Cookie: a=b"), at("GET", "/collections/missing", fromMap), {method: "GET", path: "/nothing", fields: []header{fromMap}},
		at("GET", "/static/css/default.css", "Range: bytes=0-9"), at("GET", "/static/css/default.css", "If-Modified-Since: Mon, 26 Nov 2090 00:00:00 GMT"), at("GET", "/static/css/default.css", "If-None-Match: *"),
		at("GET", "/collections/obs/items", "Range: bytes=0-9"), at("GET", "/collections?f=json", "X-Forwarded-Proto: https", "X-Forwarded-Host: others.example"), at("GET", "/collections/obs/items/101", "X-HTTP-Method-Override: DELETE"),
		at("GET", "/collections", "Upgrade: websocket", "Connection: Upgrade"), at("PATCH", "/collections/obs/items/101"), at("POST", "/collections"), at("DELETE", "/collections/obs"), at("PUT", "/"), at("TRACE", "/"), at("BREW", "/collections"),
		at("POST", "/openapi"), at("GET", run), send("GET", "/collections/obs/items", "{}", asJSON), of("POST", "/admin/config/reload"),
		send("POST", run, `{"inputs":{"name":"e2e"}}`, asJSON), send("POST", run, `{"inputs":`, asJSON), send("POST", run, `{"inputs":{}}`, asJSON), send("POST", "/processes/missing/execution", `{"inputs":{}}`, asJSON),
		// A job that is deleted is a 500 under Starlette, which then closes the
		// connection: a GET comes next, which can be repeated.
		keep("job", send("POST", run, `{"inputs":{"name":"e2e"}}`, asJSON, "Prefer: respond-async")), of("GET", "{job}?f=json"), of("GET", "{job}/results?f=json"), at("DELETE", "/jobs/nothing"), of("DELETE", "{job}?f=json"), at("GET", "/jobs?f=html"),
		send("POST", "/collections/obs/items", point, asGeoJSON), at("DELETE", "/collections/obs/items/101"), send("POST", "/stac-api/search", `{"limit":1}`, asJSON),
	}
}

// writing are the requests to what can be written to.
func writing(context string) []asking {
	const items = "/collections/gauges/items"
	return []asking{
		{method: "POST", path: context + items + "?limit=2", fields: []header{asCQL2}, body: `{"op":"=","args":[{"property":"river"},"Rhine"]}`},
		{method: "POST", path: context + items, fields: []header{asGeoJSON}, body: point, keep: "item"},
		{method: "GET", path: "{item}?f=json"},
		{method: "PUT", path: "{item}", fields: []header{asGeoJSON}, body: strings.Replace(point, "Frankfurt", "Hanau", 1)},
		{method: "PUT", path: context + items + "/99999", fields: []header{asGeoJSON}, body: point},
		{method: "OPTIONS", path: "{item}"}, {method: "DELETE", path: "{item}"}, {method: "DELETE", path: "{item}"},
		{method: "POST", path: context + items, fields: []header{asGeoJSON}, body: `{"type":`},
	}
}

// requests is everything that a pair is asked with a good credential.
func requests(context string) []asking {
	var all []asking
	for _, path := range slices.Concat(readable, withDatabase(stored), slices.Sorted(maps.Keys(twofold))) {
		all = append(all, asking{method: http.MethodGet, path: context + path})
	}
	for _, path := range outside {
		all = append(all, asking{method: http.MethodGet, path: path})
	}
	return append(append(all, acting(context)...), withDatabase(writing(context))...)
}

func withDatabase[T any](list []T) []T {
	if needPostGIS.missing() != nil {
		return nil
	}
	return list
}

// early are paths that are answered before anybody is asked who they are, or that
// fastgeoapi opens to everybody; and two of the rest.
var early = regexp.MustCompile(`openapi|docs|redoc|admin|//|\.|%|;|BBOX|limit=1&|/collections/obs$|/collections\?f=html$`)

// fewer is what a pair is asked without a credential, and with a bad one.
func fewer(context string) []asking {
	var few []asking
	for _, a := range requests(context) {
		plain := a.method == http.MethodGet && len(a.fields) == 0 && strings.HasPrefix(a.path, context+"/")
		if told := a.keep != "" || strings.Contains(a.path, "{"); !told && (!plain || early.MatchString(a.path)) {
			few = append(few, a)
		}
	}
	return few
}

// both asks a pair the same, at the same time, and returns the two answers. What
// is kept are the paths that the two sides named, theirs and ours.
func (p *pair) both(t *testing.T, a asking, kept map[string][2]string, fields ...header) (theirs, ours answer) {
	t.Helper()
	fields = append(slices.Clone(fields), a.fields...)
	roots, answers := [2]string{p.theirs.root, p.ours.root}, [2]answer{}
	var asking errgroup.Group
	for side, root := range roots {
		path := a.path
		for name, paths := range kept {
			path = strings.ReplaceAll(path, "{"+name+"}", paths[side])
		}
		asking.Go(func() (err error) {
			answers[side], err = exchange(t.Context(), a.method, root+path, a.body, fields...)
			return err
		})
	}
	if err := asking.Wait(); err != nil {
		t.Fatalf("%s: %v", a, err)
	}
	if answers[0].StatusCode >= http.StatusInternalServerError {
		direct.CloseIdleConnections() // after a failure fastgeoapi closes its own, without saying so
	}
	if a.keep == "" {
		return answers[0], answers[1]
	}
	for side, root := range roots {
		location, found := strings.CutPrefix(answers[side].Header.Get("Location"), home)
		if !found {
			t.Fatalf("%s: Location is %q", a, answers[side].Header.Get("Location"))
		}
		if a.keep == "job" {
			finished(t, root+location, fields...)
		}
		paths := kept[a.keep]
		paths[side] = location
		kept[a.keep] = paths
	}
	return answers[0], answers[1]
}

// finished waits until a job is done.
func finished(t *testing.T, url string, fields ...header) {
	t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for get(t, url+"?f=json", fields...).wants(t, http.StatusOK).object(t)["status"] != "successful" {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s is never done", url)
		}
	}
}
