# METADATA
# title: Collections by person, from a data file
# description: |
#   data.yaml beside this file says who may do what with which collection. It
#   can be exchanged while the gateway runs, without a line of Rego.
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
	signed_in
	some grant in granted
	input.resource.operation in operations[grant]
}

# METADATA
# title: Why not, for the caller
reason := "sign in first" if {
	not signed_in
} else := sprintf("you have no grant for this on the collection %s", [input.resource.collection]) if {
	input.resource.collection != ""
} else := "nobody was granted this resource"

# What the caller was granted on the collection, by name or as one of all. The
# kind comes first, so that a key named like a person has none of that person's.
granted contains data.grants[input.subject.kind][input.subject.id][input.resource.collection]

granted contains data.everybody[input.resource.collection]

# The operations that a grant is for.
operations := {
	"read": {"read"},
	"write": {"read", "create", "replace", "update", "delete"},
}

open := {
	"common": {"landing", "conformance", "collections"},
	"openapi": {"openapi", "asyncapi", "schemas"},
	"static": {"file"},
}

signed_in if input.subject.kind in {"user", "service", "key"}
