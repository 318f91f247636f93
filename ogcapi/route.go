package ogcapi

import (
	"slices"
	"strings"
)

// roots are the words that a path below the context can begin with.
var roots = []string{
	"admin", "asyncapi", "collections", "conformance", "jobs", "openapi", "processes",
	"schemas", "search", "stac", "stac-api", "static", "TileMatrixSets", "tileMatrixSets",
}

// read makes the Resource of the raw segments, or the readings from which
// Catalog.Resolve makes it.
func (q *Request) read() error {
	if len(q.raw) == 0 {
		q.set(Resource{API: "common", Type: "landing"})
		return nil
	}
	root := q.raw[0]
	if !slices.Contains(roots, root) {
		for _, word := range roots {
			if strings.EqualFold(root, word) {
				return ambiguous("the path begins with %s, which differs from %s only in case", quoted(root), quoted(word))
			}
		}
	}
	if root == "collections" && len(q.raw) > 1 {
		return q.readCollection()
	}
	q.set(rootResource(root, q.raw[1:]))
	return nil
}

// set makes a Resource the request's, with its operation.
func (q *Request) set(res Resource) {
	res.Operation = q.operation(res.Type)
	q.Resource = res
}

var unknown = Resource{API: "unknown", Type: "unknown"}

// rootResource reads every route that is not below one collection.
func rootResource(root string, rest []string) Resource {
	switch root {
	case "static":
		return Resource{API: "static", Type: "file"}
	case "schemas":
		return Resource{API: "openapi", Type: "schemas"}
	case "processes":
		return processResource(rest)
	case "jobs":
		return jobResource(rest)
	case "admin":
		return adminResource(rest)
	case "stac":
		return Resource{API: "stac", Type: "catalog"}
	case "stac-api":
		return stacAPIResource(rest)
	case "TileMatrixSets", "tileMatrixSets":
		switch len(rest) {
		case 0:
			return Resource{API: "tiles", Type: "tilematrixsets"}
		case 1:
			return Resource{API: "tiles", Type: "tilematrixset"}
		}
	}
	if len(rest) > 0 {
		return unknown
	}
	switch root {
	case "openapi", "asyncapi":
		return Resource{API: "openapi", Type: root}
	case "conformance", "collections":
		return Resource{API: "common", Type: root}
	case "search":
		return Resource{API: "stac", Type: "search"}
	}
	return unknown
}

func processResource(rest []string) Resource {
	switch {
	case len(rest) == 0:
		return Resource{API: "processes", Type: "processes"}
	case len(rest) == 1:
		return Resource{API: "processes", Type: "process", Process: rest[0]}
	case len(rest) == 2 && rest[1] == "execution":
		return Resource{API: "processes", Type: "execution", Process: rest[0]}
	}
	return unknown
}

func jobResource(rest []string) Resource {
	switch {
	case len(rest) == 0:
		return Resource{API: "jobs", Type: "jobs"}
	case len(rest) == 1:
		return Resource{API: "jobs", Type: "job", Job: rest[0]}
	case rest[1] == "results": // older versions have one result at results/{id}
		return Resource{API: "jobs", Type: "results", Job: rest[0]}
	}
	return unknown
}

// adminResource keeps everything below /admin in the API admin, so that a rule
// on it holds for routes that are not known here.
func adminResource(rest []string) Resource {
	res := Resource{API: "admin", Type: "unknown"}
	switch {
	case len(rest) == 0 || rest[0] != "config":
	case len(rest) == 1:
		res.Type = "config"
	case rest[1] != "resources":
	case len(rest) == 2:
		res.Type = "resources"
	default:
		res.Type = "resource"
	}
	return res
}

func stacAPIResource(rest []string) Resource {
	switch {
	case len(rest) == 0:
		return Resource{API: "stac", Type: "catalog"}
	case len(rest) == 1 && rest[0] == "search":
		return Resource{API: "stac", Type: "search"}
	}
	return unknown
}
