package httpapi.authz_test

import data.httpapi.authz

grants := {"user": {"ada": {"obs": "write", "lakes": "read"}}}

everybody := {"countries": "read"}

ada := {"kind": "user", "id": "ada"}

stranger := {"kind": "user", "id": "stranger"}

nobody := {"kind": "anonymous", "id": ""}

test_a_grant_to_write_is_one_to_read if {
	allow(ada, "read", "obs")
	allow(ada, "create", "obs")
	allow(ada, "delete", "obs")
}

test_a_grant_to_read_is_none_to_write if {
	allow(ada, "read", "lakes")
	deny(ada, "update", "lakes")
}

test_no_grant_is_a_no if {
	deny(stranger, "read", "obs")
	deny(ada, "read", "hills")
	deny(ada, "read", "")
}

test_a_key_named_like_a_person_has_none_of_their_grants if {
	deny({"kind": "key", "id": "ada"}, "read", "obs")
}

test_what_everybody_was_granted_still_takes_a_sign_in if {
	allow(stranger, "read", "countries")
	deny(stranger, "create", "countries")
	deny(nobody, "read", "countries")
}

test_a_grant_of_an_unknown_word_is_worth_nothing if {
	not authz.allow with data.grants as {"user": {"ada": {"obs": "everything"}}}
		with data.everybody as {}
		with input as request(ada, "read", "obs")
}

test_whoever_is_signed_in_sees_the_way_in if {
	landing := {"api": "common", "operation": "read", "type": "landing", "collection": ""}
	authz.allow with input as {"subject": stranger, "resource": landing}
	not authz.allow with input as {"subject": nobody, "resource": landing}
}

test_the_data_file_is_read if {
	authz.allow with input as request(ada, "create", "obs")
}

request(who, operation, collection) := {
	"subject": who,
	"resource": {"api": "features", "operation": operation, "type": "items", "collection": collection},
}

allow(who, operation, collection) if {
	authz.allow with data.grants as grants
		with data.everybody as everybody
		with input as request(who, operation, collection)
}

deny(who, operation, collection) if {
	not authz.allow with data.grants as grants
		with data.everybody as everybody
		with input as request(who, operation, collection)
}
