# METADATA
# title: Public reading, roles for the rest
# description: |
#   Everybody may read data and the descriptions of processes, with or without a
#   credential (that takes the setting ALLOW_ANONYMOUS). Writing, executing,
#   looking at jobs and administering take a role. A role comes from the token's
#   realm_access.roles, as Keycloak writes it, or from a scope.
package httpapi.authz

# METADATA
# title: Whether the request is let through
default allow := false

allow if {
	input.resource.operation == "read"
	input.resource.api in public
}

allow if {
	role := needed[input.resource.api][input.resource.operation]
	role in roles
}

# A list of jobs shows everybody's. One job is for those who know its id and may
# execute; the list is for operators.
allow if {
	input.resource.api == "jobs"
	input.resource.operation == "read"
	input.resource.job != ""
	"analyst" in roles
}

# METADATA
# title: Why not, for the caller
reason := sprintf("the role %s is needed", [role]) if {
	role := needed[input.resource.api][input.resource.operation]
} else := "nobody may do this"

# The APIs that everybody may read.
public := {
	"common",
	"coverages",
	"edr",
	"features",
	"maps",
	"openapi",
	"processes",
	"records",
	"static",
	"styles",
	"tiles",
}

# The role that an operation takes, by the API it belongs to.
needed := {
	"admin": {
		"create": "administrator",
		"delete": "administrator",
		"read": "administrator",
		"replace": "administrator",
		"update": "administrator",
	},
	"features": writing,
	"jobs": {"delete": "operator", "read": "operator"},
	"processes": {"execute": "analyst"},
	"records": writing,
}

writing := {
	"create": "editor",
	"delete": "editor",
	"replace": "editor",
	"update": "editor",
}

# The role that comes with a scope.
granted := {
	"features:write": "editor",
	"processes:execute": "analyst",
}

roles := from_claims | from_scopes

from_claims := {role | some role in input.subject.claims.realm_access.roles}

from_scopes := {granted[scope] | some scope in input.subject.scopes}
