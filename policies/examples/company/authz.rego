# METADATA
# title: Collections by company
# description: |
#   Whoever is signed in sees the landing page, the API's description, the list
#   of collections and static files. A collection itself is read by the people
#   of the company it belongs to, as the claim `company` of their token says.
package httpapi.authz

# METADATA
# title: Whether the request is let through
default allow := false

allow if {
	input.resource.operation == "read"
	signed_in
	input.resource.type in open[input.resource.api]
}

allow if {
	input.resource.operation == "read"
	signed_in
	owner[input.resource.collection] == input.subject.claims.company
}

# METADATA
# title: Why not, for the caller
reason := "sign in first" if {
	not signed_in
} else := "this policy allows reading only" if {
	input.resource.operation != "read"
} else := sprintf("the collection %s is for %s only", [input.resource.collection, company]) if {
	company := owner[input.resource.collection]
} else := "nobody was granted this resource"

# What is open to whoever is signed in: types of resources, by their API.
open := {
	"common": {"landing", "conformance", "collections"},
	"openapi": {"openapi", "asyncapi", "schemas"},
	"static": {"file"},
}

# The company that each collection belongs to.
owner := {
	"lakes": "geobeyond",
	"obs": "osgeo",
}

signed_in if input.subject.kind in {"user", "service"}
