package ogcapi

import (
	"slices"
	"strings"
)

// reading is one way to split what is below /collections into the id of a
// collection and a route of it.
type reading struct {
	id       string // the collection's id
	segments int    // how many segments the id has
	route
}

// route is what stands behind the collection's id.
type route struct {
	api, typ, item string

	everywhere bool // every server has it, so none takes the whole path for an id
	twofold    bool // pygeoapi takes it for another route of the same collection
}

// readings enumerates the ways in which the segments below /collections can be
// read. pygeoapi's ids are greedy: /collections/a/b/items may be a collection
// a/b, and /collections/a/items/x/items the items of a/items/x (Starlette) or
// the item x/items of a (Flask).
//
// The path as one long id comes last in both servers, so it is a reading only
// where there may be a server that has none of the others.
func readings(segments []string) []reading {
	var all []reading
	whole := true
	for i := 1; i < len(segments); i++ {
		r, ok := readRoute(segments[i:])
		if !ok {
			continue
		}
		if r.typ == "map" && i > 1 {
			r.everywhere = false // Flask's ids have no slashes here
		}
		whole = whole && !r.everywhere
		all = append(all, reading{id: strings.Join(segments[:i], "/"), segments: i, route: r})
	}
	if whole {
		all = append(all, reading{id: strings.Join(segments, "/"), segments: len(segments), route: route{api: "common", typ: "collection"}})
	}
	return all
}

// readRoute reads the segments behind a collection's id.
func readRoute(s []string) (route, bool) {
	first, rest := s[0], s[1:]
	switch first {
	case "schema", "queryables":
		return route{api: "common", typ: first, everywhere: true}, len(rest) == 0
	case "sortables":
		return route{api: "common", typ: first}, len(rest) == 0
	case "items":
		if len(rest) == 0 {
			return route{api: "features", typ: "items", everywhere: true}, true
		}
		return route{api: "features", typ: "item", item: strings.Join(rest, "/"), everywhere: true}, true
	case "coverage": // domainset and rangetype: older versions
		known := len(rest) == 0 || len(rest) == 1 && (rest[0] == "domainset" || rest[0] == "rangetype")
		return route{api: "coverages", typ: "coverage", everywhere: len(rest) == 0}, known
	case "map":
		return route{api: "maps", typ: "map", everywhere: true}, len(rest) == 0
	case "styles":
		return readStyle(rest)
	case "tiles":
		return readTile(rest)
	}
	return readEDR(s)
}

// readStyle reads what is behind styles. A map in a style is a map.
func readStyle(s []string) (route, bool) {
	if n := len(s); n > 1 && s[n-1] == "map" {
		return route{api: "maps", typ: "map", everywhere: n == 2}, true
	}
	return route{api: "styles", typ: "style"}, len(s) <= 1
}

func readTile(s []string) (route, bool) {
	switch {
	case len(s) == 0:
		return route{api: "tiles", typ: "tilesets", everywhere: true}, true
	case len(s) == 1, len(s) == 2 && s[1] == "metadata":
		return route{api: "tiles", typ: "tileset", everywhere: true}, true
	}
	return route{api: "tiles", typ: "tile", everywhere: true}, len(s) == 4
}

var edrQueries = []string{"position", "area", "cube", "radius", "trajectory", "corridor"}

func readEDR(s []string) (route, bool) {
	r := route{api: "edr", typ: s[0], everywhere: true}
	switch {
	case slices.Contains(edrQueries, s[0]):
		return r, len(s) == 1
	case s[0] == "locations" && len(s) == 2:
		r.typ = "location"
		// pygeoapi tells the two apart by how the path ends.
		r.twofold = strings.HasSuffix(s[1], "instances")
		return r, true
	case s[0] == "locations":
		return r, len(s) == 1
	case s[0] != "instances":
		return route{}, false
	case len(s) == 1:
		return r, true
	case len(s) == 2:
		r.typ = "instance"
		return r, true
	}
	r, ok := readEDR(s[2:])
	last := s[len(s)-1]
	r.twofold = r.twofold || strings.HasSuffix(last, s[1])
	return r, ok && s[2] != "instances"
}

// readCollection reads a path below /collections as far as syntax goes.
func (q *Request) readCollection() error {
	q.readings = readings(q.raw[1:])
	for _, r := range q.readings {
		if r.twofold {
			return ambiguous("the path ends in an id that can be taken for another query")
		}
		// Item ids are anybody's to choose. One that is a route of another
		// collection too would reach a collection that is not listed.
		if r.typ == "item" && len(q.readings) > 1 {
			return ambiguous("the item's id can be read as a route of another collection")
		}
	}
	if len(q.readings) == 1 && q.readings[0].segments == 1 {
		q.choose(q.readings[0])
		return nil
	}
	q.set(unknown)
	return nil
}

// choose settles on a reading.
func (q *Request) choose(r reading) {
	q.Segments = slices.Concat(q.raw[:1], []string{r.id}, q.raw[1+r.segments:])
	q.set(Resource{API: r.api, Type: r.typ, Collection: r.id, Item: r.item})
}
