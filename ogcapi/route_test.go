package ogcapi_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/geowarden/geowarden/ogcapi"
)

// res writes a Resource in one line: api type operation [id].
func res(q *ogcapi.Request) string {
	r := q.Resource
	words := []string{r.API, r.Type, r.Operation}
	for name, id := range map[string]string{"c": r.Collection, "i": r.Item, "p": r.Process, "j": r.Job} {
		if id != "" && name != "i" {
			words = append(words, name+"="+id)
		}
	}
	if r.Item != "" {
		words = append(words, "i="+r.Item)
	}
	return strings.Join(words, " ")
}

// routes are all of pygeoapi's, and those of other servers that have a name in
// the vocabulary.
var routes = []struct{ request, want string }{
	{"GET /", "common landing read"},
	{"HEAD /", "common landing read"},
	{"OPTIONS /", "common landing read"},
	{"POST /", "common landing create"},
	{"GET /openapi", "openapi openapi read"},
	{"GET /asyncapi", "openapi asyncapi read"},
	{"GET /schemas/a/b.json", "openapi schemas read"},
	{"GET /conformance", "common conformance read"},
	{"GET /static/css/default.css", "static file read"},
	{"GET /collections", "common collections read"},
	{"POST /collections", "common collections create"},
	{"GET /collections/obs", "common collection read c=obs"},
	{"DELETE /collections/obs", "common collection delete c=obs"},
	{"GET /collections/obs/schema", "common schema read c=obs"},
	{"GET /collections/obs/queryables", "common queryables read c=obs"},
	{"PATCH /collections/obs/schema", "common schema update c=obs"},
	{"GET /collections/obs/items", "features items read c=obs"},
	{"OPTIONS /collections/obs/items", "features items read c=obs"},
	{"POST /collections/obs/items", "features items create c=obs"},
	{"GET /collections/obs/items/371", "features item read c=obs i=371"},
	{"PUT /collections/obs/items/371", "features item replace c=obs i=371"},
	{"PATCH /collections/obs/items/371", "features item update c=obs i=371"},
	{"DELETE /collections/obs/items/371", "features item delete c=obs i=371"},
	{"GET /collections/obs/items/a/b", "features item read c=obs i=a/b"},
	{"GET /collections/obs/coverage", "coverages coverage read c=obs"},
	{"GET /collections/obs/map", "maps map read c=obs"},
	{"GET /collections/obs/tiles", "tiles tilesets read c=obs"},
	{"GET /collections/obs/tiles/t", "tiles tileset read c=obs"},
	{"GET /collections/obs/tiles/t/metadata", "tiles tileset read c=obs"},
	{"GET /collections/obs/tiles/t/1/2/3", "tiles tile read c=obs"},
	{"GET /TileMatrixSets", "tiles tilematrixsets read"},
	{"GET /TileMatrixSets/t", "tiles tilematrixset read"},
	{"GET /tileMatrixSets/t", "tiles tilematrixset read"},
	{"GET /TileMatrixSets/t/u", "unknown unknown read"},
	{"GET /collections/obs/position", "edr position read c=obs"},
	{"GET /collections/obs/area", "edr area read c=obs"},
	{"GET /collections/obs/cube", "edr cube read c=obs"},
	{"GET /collections/obs/radius", "edr radius read c=obs"},
	{"GET /collections/obs/trajectory", "edr trajectory read c=obs"},
	{"GET /collections/obs/corridor", "edr corridor read c=obs"},
	{"GET /collections/obs/locations", "edr locations read c=obs"},
	{"GET /collections/obs/locations/l", "edr location read c=obs"},
	{"GET /collections/obs/instances", "edr instances read c=obs"},
	{"GET /collections/obs/instances/i", "edr instance read c=obs"},
	{"GET /processes", "processes processes read"},
	{"GET /processes/p", "processes process read p=p"},
	{"POST /processes/p/execution", "processes execution execute p=p"},
	{"GET /processes/p/execution", "processes execution read p=p"},
	{"POST /processes/p/other", "unknown unknown create"},
	{"GET /jobs", "jobs jobs read"},
	{"GET /jobs/j", "jobs job read j=j"},
	{"DELETE /jobs/j", "jobs job delete j=j"},
	{"GET /jobs/j/results", "jobs results read j=j"},
	{"GET /jobs/j/results/r", "jobs results read j=j"},
	{"GET /jobs/j/other", "unknown unknown read"},
	{"GET /stac", "stac catalog read"},
	{"GET /stac/a/b.tif", "stac catalog read"},
	{"GET /stac-api", "stac catalog read"},
	{"GET /stac-api/search", "stac search read"},
	{"POST /stac-api/search", "stac search read"},
	{"POST /search", "stac search read"},
	{"PUT /stac-api/search", "stac search replace"},
	{"GET /stac-api/other", "unknown unknown read"},
	{"GET /admin", "admin unknown read"},
	{"GET /admin/config", "admin config read"},
	{"PUT /admin/config", "admin config replace"},
	{"PATCH /admin/config", "admin config update"},
	{"GET /admin/config/resources", "admin resources read"},
	{"POST /admin/config/resources", "admin resources create"},
	{"DELETE /admin/config/resources/r", "admin resource delete"},
	{"GET /admin/config/resources/r/s", "admin resource read"},
	{"POST /admin/reload", "admin unknown create"},
	{"GET /admin/config/other", "admin unknown read"},
	{"GET /openapi/x", "unknown unknown read"},
	{"GET /conformance/x", "unknown unknown read"},
	{"POST /anything", "unknown unknown create"},
	{"GET /favicon.ico", "unknown unknown read"},
}

func TestEveryRouteHasItsResource(t *testing.T) {
	for _, route := range routes {
		method, path, _ := strings.Cut(route.request, " ")
		q, err := ogcapi.Parse(request(t, method, path), "")
		if err != nil {
			t.Errorf("%s: %v", route.request, err)
			continue
		}
		if got := res(q); got != route.want {
			t.Errorf("%s is %s, not %s", route.request, got, route.want)
		}
		if got := q.EscapedPath(); got != path {
			t.Errorf("%s is forwarded as %s", route.request, got)
		}
	}
}

func TestPostOnItemsReadsOnlyWithAFilterType(t *testing.T) {
	for contentType, want := range map[string]string{
		"application/query-cql-json":                "read",
		"application/cql2+json":                     "read",
		"application/cql+json":                      "read",
		"application/cql2-json":                     "read",
		"application/query-cql-json; charset=utf-8": "read",
		"":                                    "create",
		"application/geo+json":                "create",
		"application/geo+json; charset=utf-8": "create", // which pygeoapi reads as a filter
		"Application/Geo+JSON":                "create",
		"application/json":                    "create",
		"text/plain":                          "create",
		"application/x-www-form-urlencoded":   "create",
		"Application/Query-CQL-JSON":          "create",
		" application/query-cql-json":         "create",
		"application/query-cql-json, application/geo+json":        "create",
		"application/query-cql-json; a=1, application/geo+json":   "create",
		`application/query-cql-json; a="1, application/geo+json"`: "create",
		"application/query-cql-json; a":                           "create",
		"application/query-cql-json;;":                            "create",
		"application/query-cql-jsonx":                             "create",
	} {
		for path, want := range map[string]string{"/collections/obs/items": want, "/collections/obs/items/1": "create", "/jobs": "create", "/stac-api/search": "read", "/processes/p/execution": "execute"} {
			r := httptest.NewRequest("POST", path, strings.NewReader("{}"))
			r.Header.Set("Content-Type", contentType)
			q, err := ogcapi.Parse(r, "")
			if err != nil || q.Resource.Operation != want {
				t.Errorf("POST %s with %q: %v %v, not %s", path, contentType, q, err, want)
			}
		}
	}
	for _, method := range []string{"PUT", "PATCH", "DELETE"} {
		r := httptest.NewRequest(method, "/collections/obs/items", strings.NewReader("{}"))
		r.Header.Set("Content-Type", "application/cql2+json")
		if q, err := ogcapi.Parse(r, ""); err != nil || q.Resource.Operation == "read" {
			t.Errorf("%s with a filter type: %v, %v", method, q, err)
		}
	}
}
