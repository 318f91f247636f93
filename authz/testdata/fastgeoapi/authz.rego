package httpapi.authz

default allow = false

# Anybody with an account sees the way in.
allow {
	input.sub != ""
	input.request_path[0] == ""
}

allow {
	input.sub != ""
	input.request_path[0] == "static"
}

allow {
	input.sub != ""
	input.request_path == ["collections"]
}

# Each company its own collection.
allow {
	input.request_path[0] == "collections"
	input.request_path[1] == "obs"
	input.company == "osgeo"
}

allow {
	input.request_path[0] == "collections"
	input.request_path[1] == "lakes"
	input.company == "geobeyond"
}
