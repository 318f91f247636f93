package httpapi.authz_test

import data.httpapi.authz

person := {"kind": "user", "id": "ada"}

program := {"kind": "service", "id": "harvester"}

holder := {"kind": "key", "id": "qgis"}

nobody := {"kind": "anonymous", "id": ""}

test_whoever_is_signed_in_reads if {
	allow(person, {"api": "common", "operation": "read", "type": "landing"})
	allow(person, {"api": "features", "operation": "read", "type": "items", "collection": "obs"})
	allow(program, {"api": "processes", "operation": "read", "type": "processes"})
	allow(holder, {"api": "tiles", "operation": "read", "type": "tile"})
}

test_nobody_reads_without_signing_in if {
	deny(nobody, {"api": "common", "operation": "read", "type": "landing"}, "sign in to read")
	deny({}, {"api": "common", "operation": "read", "type": "landing"}, "sign in to read")
}

test_nobody_writes[operation] if {
	some operation in {"create", "replace", "update", "delete"}
	deny(person, {"api": "features", "operation": operation, "type": "items"}, "reading is all that this policy allows")
}

test_nobody_executes if {
	deny(person, {"api": "processes", "operation": "execute", "type": "execution"}, "reading is all that this policy allows")
}

test_admin_is_closed_even_for_reading if {
	deny(person, {"api": "admin", "operation": "read", "type": "config"}, "the admin resources are closed")
}

test_a_request_about_nothing_is_denied if {
	not authz.allow with input as {"subject": person}
}

allow(who, what) if authz.allow with input as {"subject": who, "resource": what}

deny(who, what, why) if {
	not authz.allow with input as {"subject": who, "resource": what}
	authz.reason == why with input as {"subject": who, "resource": what}
}
