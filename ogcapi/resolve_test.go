package ogcapi

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// catalogOf is a catalog that holds a list, and cannot fetch another.
func catalogOf(ids ...string) *Catalog {
	now := time.Now()
	c := NewCatalog(CatalogConfig{URL: "http://invalid.invalid/collections", Interval: time.Hour, Now: func() time.Time { return now }})
	c.tried, c.err = now, nil
	c.list = &listing{read: now, records: map[string]bool{}}
	for _, id := range ids {
		id, isRecord := strings.CutPrefix(id, "record:")
		c.list.records[id] = isRecord
	}
	return c
}

func ask(method, path string) (*Request, error) {
	return Parse(&http.Request{Method: method, URL: &url.URL{Path: "/"}, RequestURI: path, Header: http.Header{}, Body: http.NoBody}, "")
}

// resolve answers with the Resource in one line, or with the error's kind.
func resolve(c *Catalog, method, path string) string {
	q, err := ask(method, path)
	if err == nil {
		err = c.Resolve(context.Background(), q)
	}
	var ambiguous *Ambiguous
	var unavailable *CatalogUnavailable
	switch {
	case errors.As(err, &ambiguous):
		return "ambiguous"
	case errors.As(err, &unavailable):
		return "unavailable"
	case err != nil:
		return err.Error()
	}
	r := q.Resource
	return strings.Join([]string{r.API, r.Type, r.Collection, r.Item}, " ")
}

func TestIdsWithSlashesAreThoseThatAreListed(t *testing.T) {
	c := catalogOf("pub", "pub/secret", "a/b", "a/b/c", "record:cat", "record:x/cat", "both", "both/instances/i", "n/sortables", "n")
	for path, want := range map[string]string{
		"/collections/pub/secret":                  "common collection pub/secret ",
		"/collections/pub/secret/":                 "common collection pub/secret ",
		"/collections/pub/secret/items":            "features items pub/secret ",
		"/collections/pub/secret/items/1":          "features item pub/secret 1",
		"/collections/pub/secret/schema":           "common schema pub/secret ",
		"/collections/pub/items/secret":            "features item pub secret",
		"/collections/a/b/items":                   "features items a/b ",
		"/collections/a/b/c/items":                 "features items a/b/c ",
		"/collections/a/b/map":                     "maps map a/b ",
		"/collections/a/b/styles/s/map":            "maps map a/b ",
		"/collections/a/b/tiles/t/1/2/3":           "tiles tile a/b ",
		"/collections/cat/items":                   "records items cat ",
		"/collections/cat/items/1":                 "records item cat 1",
		"/collections/x/cat/items/1":               "records item x/cat 1",
		"/collections/cat/schema":                  "common schema cat ",
		"/collections/hidden/items":                "features items hidden ",
		"/collections/pub/instances/i":             "edr instance pub ",
		"/collections/pub/instances/i/position":    "edr position pub ",
		"/collections/pub/instances/i/locations":   "edr locations pub ",
		"/collections/pub/instances/i/locations/":  "edr locations pub ",
		"/collections/pub/instances/2/locations/l": "edr location pub ",
		"/collections/a/b/instances/i/position":    "edr position a/b ",
		"/collections/pub/styles/s/map":            "maps map pub ",
		"/collections/pub/styles/s":                "styles style pub ",
		"/collections/pub/sortables":               "common sortables pub ",
		"/collections/pub/coverage/domainset":      "coverages coverage pub ",
		"/collections/items":                       "common collection items ",
		"/collections/items/items":                 "features items items ",

		// unlisted: pygeoapi might still serve it
		"/collections/pub/other":       "ambiguous",
		"/collections/pub/other/items": "ambiguous",
		"/collections/pub/ITEMS":       "ambiguous",
		"/collections/a/b/d/items":     "ambiguous",
		// two collections
		"/collections/both/instances/i/position": "ambiguous",
		"/collections/n/sortables":               "ambiguous",
		// an item's id that is a route of another collection, listed or not
		"/collections/pub/items/x/items":    "ambiguous",
		"/collections/pub/items/x/items/y":  "ambiguous",
		"/collections/pub/items/x/map":      "ambiguous",
		"/collections/pub/items/x/schema":   "ambiguous",
		"/collections/pub/items/a/tiles/b":  "ambiguous",
		"/collections/pub/items/items":      "ambiguous",
		"/collections/pub/items/x/position": "ambiguous",
		// what pygeoapi tells apart by the path's end
		"/collections/pub/locations/myinstances":   "ambiguous",
		"/collections/pub/instances/n/position":    "ambiguous",
		"/collections/pub/instances/1/locations/1": "ambiguous",
	} {
		if got := resolve(c, "GET", path); got != want {
			t.Errorf("%s is %q, not %q", path, got, want)
		}
	}
}

func TestACollectionIdIsOneSegmentAndThePathStays(t *testing.T) {
	q, err := ask("GET", "/collections/a/b%20c/items/x/y")
	if err != nil {
		t.Fatal(err)
	}
	if err := catalogOf("a/b c").Resolve(context.Background(), q); err != nil {
		t.Fatal(err)
	}
	if want := []string{"collections", "a/b c", "items", "x", "y"}; !slices.Equal(q.Segments, want) {
		t.Errorf("segments %q", q.Segments)
	}
	if got := q.EscapedPath(); got != "/collections/a/b%20c/items/x/y" {
		t.Errorf("forwarded as %s", got)
	}
}

func TestBeforeResolveNoPathWithTwoReadingsHasACollection(t *testing.T) {
	for _, path := range []string{"/collections/a/b/items", "/collections/a/b", "/collections/a/styles/s/map"} {
		q, err := ask("GET", path)
		if err != nil || q.Resource.API != "unknown" || q.Resource.Collection != "" {
			t.Errorf("%s: %v, %v", path, q, err)
		}
	}
}

// FuzzResolvedPathsGoWhereTheResourceSays holds every path that is accepted
// against both servers: each must route it to the same collection, item and kind
// of route as the Resource, or answer 404 or 405.
func FuzzResolvedPathsGoWhereTheResourceSays(f *testing.F) {
	words := []string{
		"a", "b", "1", "items", "schema", "queryables", "sortables", "coverage", "domainset", "map", "styles",
		"tiles", "metadata", "position", "area", "cube", "locations", "instances", "myinstances", "a b",
	}
	f.Add([]byte{0, 3, 1, 3}, uint16(0), uint8(0))
	f.Add([]byte{0, 1, 3, 2}, uint16(2), uint8(1))
	f.Add([]byte{0, 17, 1, 13}, uint16(4), uint8(0))
	f.Add([]byte{0, 10, 1, 9}, uint16(5), uint8(0))
	f.Add([]byte{0, 3, 11, 1, 2, 2, 2}, uint16(1), uint8(4))
	f.Add([]byte{0, 16, 17}, uint16(3), uint8(0))
	f.Fuzz(func(t *testing.T, picks []byte, listed uint16, method uint8) {
		path := make([]string, 0, len(picks))
		for _, pick := range picks {
			path = append(path, url.PathEscape(words[int(pick)%len(words)]))
		}
		checkAgainstModels(t, strings.Join(path, "/"), listed, method)
	})
}

// checkAgainstModels takes the segments below /collections, and which of the
// ids that they could begin with are listed.
func checkAgainstModels(t *testing.T, below string, listed uint16, methodIndex uint8) {
	method := methods[int(methodIndex)%len(methods)]
	q, err := ask(method, "/collections/"+below)
	if err != nil || len(q.raw) < 2 {
		return
	}
	var ids []string
	for n := 1; n < len(q.raw) && n <= 16; n++ {
		if listed&(1<<(n-1)) != 0 {
			ids = append(ids, strings.Join(q.raw[1:n+1], "/"))
		}
	}
	if err := catalogOf(ids...).Resolve(context.Background(), q); err != nil {
		return
	}
	forwarded, err := ask(method, q.EscapedPath())
	if err != nil {
		t.Fatalf("%s is forwarded as %s: %v", below, q.EscapedPath(), err)
	}
	path := strings.Join(forwarded.raw[1:], "/")
	for name, routes := range map[string][]modelRoute{"Starlette": starlette, "Flask": flask} {
		got, found := routeIn(routes, method, path)
		// Ids without slashes may be served without being listed.
		served := !strings.Contains(got.collection, "/") || slices.Contains(ids, got.collection)
		if !found || !served {
			continue
		}
		if want := (modelTarget{q.Resource.Type, q.Resource.Collection, q.Resource.Item}); got != want {
			t.Errorf("%s %s with the collections %q: %s takes it for %+v, the policy saw %+v", method, path, ids, name, got, want)
		}
	}
}

// TestEveryShortPathGoesWhereTheResourceSays does the same for every path of an
// id and up to four words more, and every list.
func TestEveryShortPathGoesWhereTheResourceSays(t *testing.T) {
	words := []string{"a", "items", "map", "styles", "instances", "locations"}
	var walk func(path []string)
	walk = func(path []string) {
		for listed := uint16(0); listed < 1<<len(path); listed += 2 {
			checkAgainstModels(t, strings.Join(path, "/"), listed, 0)
		}
		if len(path) == 5 {
			return
		}
		for _, word := range words {
			walk(append(path, word))
		}
	}
	walk([]string{"a"})
}
