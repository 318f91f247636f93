// Package e2e holds the tests of the built program with real peers: in front of
// pygeoapi under both of its servers, with PostGIS behind it; beside Keycloak,
// another make of issuer, an OPA server and fastgeoapi; behind the clients that
// people use, a browser among them; and while those are killed. The lines of the
// documents are typed as they stand. A whole run writes docs/compatibility.md, if
// each peer is the newest release of it: e2e/install renews what was installed
// earlier, and says what it could not.
//
// It refuses to stand in for anything. What a machine lacks is named and its
// tests are skipped; in CI that is a failure. The tests carry the build tag e2e
// and run with `make e2e`; what reads the README is tested without it.
//
// main_test.go is where a run begins, stack_test.go what it starts.
package e2e
