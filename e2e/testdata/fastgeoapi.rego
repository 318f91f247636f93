# A policy as it must be written for fastgeoapi, whose paths begin with the
# context.
package httpapi.authz

default allow := false

allow if not input.request_path[1]

allow if input.request_path[1] in {"", "openapi", "conformance", "processes", "jobs", "stac", "stac-api", "static", "TileMatrixSets"}

allow if {
	input.request_path[1] == "collections"
	not input.request_path[2]
}

allow if {
	input.request_path[1] == "collections"
	input.request_path[2] in {"", "gauges", "hydro", "catalogue", "scenes", "missing"}
}

allow if {
	input.request_path[1] == "collections"
	input.company == owner[input.request_path[2]]
}

owner := {
	"lakes": "geobeyond",
	"obs": "osgeo",
}
