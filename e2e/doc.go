// Package e2e holds the tests of the built program in front of real peers: a
// pygeoapi from PyPI and an issuer of its own, one gateway a mode, and the curl
// lines of the README run as they stand.
//
// It refuses to stand in for anything: a peer that is missing fails the run and
// is named, and a mode without a line in the README fails too. The tests carry
// the build tag e2e and run with `make e2e`; what reads the README is tested
// without it.
package e2e
