package httpapi.authz

default allow = false

# Anybody with an account sees the way in.
allow {
	input.sub != ""
	input.request_path == ["geoapi", ""]
}

allow {
	input.sub != ""
	input.request_path[0] == "geoapi"
	input.request_path[1] == "static"
}

allow {
	input.sub != ""
	input.request_path == ["geoapi", "collections"]
}

# Each company its own collection.
allow {
	input.request_path[0] == "geoapi"
	input.request_path[1] == "collections"
	input.request_path[2] == "obs"
	input.company == "osgeo"
}

allow {
	input.request_path[0] == "geoapi"
	input.request_path[1] == "collections"
	input.request_path[2] == "lakes"
	input.company == "geobeyond"
}
