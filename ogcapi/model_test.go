package ogcapi

import (
	"regexp"
	"slices"
	"strings"
)

// Two models of how pygeoapi's servers route what is below /collections, made
// from the tables of the real ones (pygeoapi 0.21; Starlette 1, Werkzeug 3):
// Starlette tries its routes in order, Werkzeug in the order of their weights.
// Both go on to the next where the method does not fit.

type modelRoute struct {
	kind    string // the type of the Resource; "edr" is told by the handler
	pattern *regexp.Regexp
	methods []string
}

var (
	reads     = []string{"GET", "HEAD"}
	manyItems = []string{"GET", "HEAD", "POST", "OPTIONS"}
	oneItem   = []string{"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}
	starlette = []modelRoute{
		star("schema", "{c}/schema", reads), star("queryables", "{c}/queryables", reads),
		star("tilesets", "{c}/tiles", reads), star("tileset", "{c}/tiles/{x}", reads), star("tileset", "{c}/tiles/{x}/metadata", reads), star("tile", "{c}/tiles/{x}/{x}/{x}/{x}", reads),
		star("items", "{c}/items", manyItems), star("item", "{c}/items/{i}", oneItem),
		star("coverage", "{c}/coverage", reads), star("map", "{c}/map", reads), star("map", "{c}/styles/{s}/map", reads),
		star("edr", "{c}/position", reads), star("edr", "{c}/area", reads), star("edr", "{c}/cube", reads), star("edr", "{c}/radius", reads), star("edr", "{c}/trajectory", reads), star("edr", "{c}/corridor", reads),
		star("edr", "{c}/locations", reads), star("edr", "{c}/locations/{l}", reads),
		star("edr", "{c}/instances", reads), star("edr", "{c}/instances/{n}", reads),
		star("edr", "{c}/instances/{n}/position", reads), star("edr", "{c}/instances/{n}/area", reads), star("edr", "{c}/instances/{n}/cube", reads), star("edr", "{c}/instances/{n}/radius", reads), star("edr", "{c}/instances/{n}/trajectory", reads), star("edr", "{c}/instances/{n}/corridor", reads),
		star("edr", "{c}/instances/{n}/locations", reads), star("edr", "{c}/instances/{n}/locations/{l}", reads),
		star("collection", "{c}", reads),
	}

	flaskReads = []string{"GET", "HEAD", "OPTIONS"}
	flask      = []modelRoute{
		werk("edr", "{c}/instances/{n}/trajectory", flaskReads), werk("edr", "{c}/instances/{n}/locations/{l}", flaskReads), werk("edr", "{c}/instances/{n}/locations", flaskReads), werk("edr", "{c}/instances/{n}/corridor", flaskReads), werk("edr", "{c}/instances/{n}/position", flaskReads), werk("edr", "{c}/instances/{n}/radius", flaskReads), werk("edr", "{c}/instances/{n}/cube", flaskReads), werk("edr", "{c}/instances/{n}/area", flaskReads),
		werk("tileset", "{c}/tiles/{x}/metadata", flaskReads), werk("queryables", "{c}/queryables", flaskReads),
		werk("edr", "{c}/trajectory", flaskReads), werk("edr", "{c}/instances/{n}", flaskReads), werk("edr", "{c}/locations/{l}", flaskReads), werk("edr", "{c}/instances", flaskReads), werk("edr", "{c}/locations", flaskReads),
		werk("coverage", "{c}/coverage", flaskReads), werk("edr", "{c}/corridor", flaskReads), werk("edr", "{c}/position", flaskReads), werk("schema", "{c}/schema", flaskReads), werk("edr", "{c}/radius", flaskReads),
		werk("tile", "{c}/tiles/{x}/{x}/{x}/{x}", flaskReads), werk("tileset", "{c}/tiles/{x}", flaskReads),
		werk("item", "{c}/items/{i}", oneItem), werk("items", "{c}/items", manyItems),
		werk("tilesets", "{c}/tiles", flaskReads), werk("edr", "{c}/cube", flaskReads), werk("edr", "{c}/area", flaskReads),
		werk("map", "{one}/styles/{x}/map", flaskReads), werk("map", "{one}/map", flaskReads),
		werk("collection", "{c}", flaskReads),
	}
)

const segment = `[^/]+`

func star(kind, pattern string, methods []string) modelRoute {
	return model(kind, pattern, methods, `.*`)
}

func werk(kind, pattern string, methods []string) modelRoute {
	return model(kind, pattern, methods, `[^/].*?`)
}

func model(kind, pattern string, methods []string, path string) modelRoute {
	pattern = strings.NewReplacer(
		"{c}", "(?P<c>"+path+")", "{one}", "(?P<c>"+segment+")", "{i}", "(?P<i>"+path+")", "{s}", path,
		"{l}", "(?P<l>"+segment+")", "{n}", "(?P<n>"+segment+")", "{x}", segment,
	).Replace(pattern)
	return modelRoute{kind, regexp.MustCompile(`^` + pattern + `$`), methods}
}

// target is where a server takes a request.
type modelTarget struct{ kind, collection, item string }

// routeIn finds the target below /collections/, or nothing: 404 or 405.
func routeIn(routes []modelRoute, method, path string) (modelTarget, bool) {
	for _, r := range routes {
		m := r.pattern.FindStringSubmatch(path)
		if m == nil || !slices.Contains(r.methods, method) {
			continue
		}
		group := func(name string) string {
			if i := r.pattern.SubexpIndex(name); i >= 0 {
				return m[i]
			}
			return ""
		}
		kind := r.kind
		if kind == "edr" {
			kind = edrKind(path, group("n"), group("l"))
		}
		return modelTarget{kind, group("c"), group("i")}, true
	}
	return modelTarget{}, false
}

// edrKind is the handler's own way of telling its routes apart.
func edrKind(path, instance, location string) string {
	switch {
	case instance != "" && (strings.HasSuffix(path, "instances") || strings.HasSuffix(path, instance)):
		return "instance"
	case strings.HasSuffix(path, "instances"):
		return "instances"
	case location != "":
		return "location"
	}
	return path[strings.LastIndexByte(path, '/')+1:]
}
