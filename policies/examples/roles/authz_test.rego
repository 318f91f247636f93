package httpapi.authz_test

import data.httpapi.authz

nobody := {"kind": "anonymous", "scopes": [], "claims": {}}

reader := {"kind": "user", "scopes": ["openid"], "claims": {}}

editor := with_roles(["editor"])

analyst := with_roles(["analyst"])

operator := with_roles(["operator"])

administrator := with_roles(["administrator"])

test_everybody_reads_what_is_public[api] if {
	some api in {"common", "features", "openapi", "processes", "static", "tiles"}
	allow(nobody, {"api": api, "operation": "read", "type": "", "job": ""})
	allow(reader, {"api": api, "operation": "read", "type": "", "job": ""})
}

test_an_unknown_resource_is_for_nobody if {
	deny(nobody, {"api": "unknown", "operation": "read", "type": "unknown", "job": ""})
	deny(administrator, {"api": "unknown", "operation": "read", "type": "unknown", "job": ""})
}

test_editors_write[operation] if {
	some operation in {"create", "replace", "update", "delete"}
	allow(editor, {"api": "features", "operation": operation, "type": "item", "job": ""})
	allow(with_scope("features:write"), {"api": "features", "operation": operation, "type": "item", "job": ""})
	deny(nobody, {"api": "features", "operation": operation, "type": "item", "job": ""})
	deny(analyst, {"api": "features", "operation": operation, "type": "item", "job": ""})
}

test_nobody_writes_where_no_role_is_named_for_it if {
	deny(editor, {"api": "tiles", "operation": "create", "type": "tileset", "job": ""})
}

test_analysts_execute if {
	allow(analyst, {"api": "processes", "operation": "execute", "type": "execution", "job": ""})
	allow(with_scope("processes:execute"), {"api": "processes", "operation": "execute", "type": "execution", "job": ""})
	deny(reader, {"api": "processes", "operation": "execute", "type": "execution", "job": ""})
}

test_analysts_see_a_job_and_not_the_list if {
	allow(analyst, {"api": "jobs", "operation": "read", "type": "results", "job": "42"})
	deny(analyst, {"api": "jobs", "operation": "read", "type": "jobs", "job": ""})
	deny(analyst, {"api": "jobs", "operation": "delete", "type": "job", "job": "42"})
}

test_operators_see_and_dismiss_jobs if {
	allow(operator, {"api": "jobs", "operation": "read", "type": "jobs", "job": ""})
	allow(operator, {"api": "jobs", "operation": "delete", "type": "job", "job": "42"})
	deny(nobody, {"api": "jobs", "operation": "read", "type": "jobs", "job": ""})
}

test_administrators_administer if {
	allow(administrator, {"api": "admin", "operation": "update", "type": "resource", "job": ""})
	deny(operator, {"api": "admin", "operation": "read", "type": "config", "job": ""})
}

test_a_scope_of_a_role_s_name_is_no_role if {
	deny(with_scope("editor"), {"api": "features", "operation": "create", "type": "items", "job": ""})
}

test_the_reason_names_the_role if {
	authz.reason == "the role editor is needed" with input.resource as {"api": "features", "operation": "create"}
	authz.reason == "nobody may do this" with input.resource as {"api": "unknown", "operation": "read"}
}

with_roles(roles) := {"kind": "user", "scopes": ["openid"], "claims": {"realm_access": {"roles": roles}}}

with_scope(scope) := {"kind": "service", "scopes": [scope], "claims": {}}

allow(who, what) if authz.allow with input as {"subject": who, "resource": what}

deny(who, what) if not authz.allow with input as {"subject": who, "resource": what}
