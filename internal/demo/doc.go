// Package demo holds the two peers that the gateway stands between, small enough to run inside one process: a sample
// upstream that behaves like a little pygeoapi, and a sample OpenID Connect issuer with users of two organisations.
// The demo command embeds both, and the fast tests use them instead of a network.
//
// It refuses to be more than that. The upstream trusts nobody, knows no users and never looks at a credential: whoever
// reaches it may do anything, so that a test which sees a request arrive knows that only the gateway let it pass. The
// issuer's passwords and secrets are published constants: it MUST NOT be reachable from outside loopback, and the
// caller sees to that by where it listens. Neither ever makes a request of its own.
package demo
