# METADATA
# title: The policy that decides where none is configured
# description: |
#   Whoever is signed in may read. Nobody may write, nobody may execute a
#   process, and the admin resources are closed.
package httpapi.authz

# METADATA
# title: Whether the request is let through
default allow := false

allow if {
	input.resource.operation == "read"
	input.resource.api != "admin"
	signed_in
}

# METADATA
# title: Why not, for the caller
reason := "sign in to read" if {
	not signed_in
} else := "the admin resources are closed" if {
	input.resource.api == "admin"
} else := "reading is all that this policy allows" if {
	input.resource.operation != "read"
}

signed_in if input.subject.kind in {"user", "service", "key"}
