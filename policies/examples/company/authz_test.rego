package httpapi.authz_test

import data.httpapi.authz

tom := {"kind": "user", "id": "tom", "claims": {"company": "osgeo"}}

francesco := {"kind": "user", "id": "francesco", "claims": {"company": "geobeyond"}}

stranger := {"kind": "user", "id": "stranger", "claims": {}}

nobody := {"kind": "anonymous", "id": "", "claims": {}}

test_whoever_is_signed_in_sees_the_way_in[page.type] if {
	some page in {
		{"api": "common", "operation": "read", "type": "landing"},
		{"api": "common", "operation": "read", "type": "conformance"},
		{"api": "common", "operation": "read", "type": "collections"},
		{"api": "openapi", "operation": "read", "type": "openapi"},
		{"api": "static", "operation": "read", "type": "file"},
	}
	allow(tom, page)
	allow(francesco, page)
	allow(stranger, page)
	deny(nobody, page, "sign in first")
}

test_obs_is_for_osgeo if {
	allow(tom, read("obs"))
	deny(francesco, read("obs"), "the collection obs is for osgeo only")
	deny(stranger, read("obs"), "the collection obs is for osgeo only")
	deny(nobody, read("obs"), "sign in first")
}

test_lakes_is_for_geobeyond if {
	allow(francesco, read("lakes"))
	deny(tom, read("lakes"), "the collection lakes is for geobeyond only")
	deny(stranger, read("lakes"), "the collection lakes is for geobeyond only")
}

test_the_description_of_a_collection_is_as_closed_as_its_items if {
	allow(tom, {"api": "common", "operation": "read", "type": "collection", "collection": "obs"})
	deny(
		francesco,
		{"api": "common", "operation": "read", "type": "collection", "collection": "obs"},
		"the collection obs is for osgeo only",
	)
}

test_a_collection_without_an_owner_is_for_nobody if {
	deny(tom, read("hills"), "nobody was granted this resource")
}

test_nobody_writes_executes_or_administers if {
	deny(
		tom,
		{"api": "features", "operation": "create", "type": "items", "collection": "obs"},
		"this policy allows reading only",
	)
	deny(
		tom,
		{"api": "processes", "operation": "execute", "type": "execution", "process": "hello"},
		"this policy allows reading only",
	)
	deny(tom, {"api": "admin", "operation": "read", "type": "config"}, "nobody was granted this resource")
}

read(collection) := {"api": "features", "operation": "read", "type": "items", "collection": collection}

allow(who, what) if authz.allow with input as {"subject": who, "resource": what}

deny(who, what, why) if {
	not authz.allow with input as {"subject": who, "resource": what}
	authz.reason == why with input as {"subject": who, "resource": what}
}
