package proxy

import "time"

// Observation is one request in figures. Each word is of a small, fixed set:
// nothing that a client chose is among them, so none can make a series of its
// own.
type Observation struct {
	Mode     string // open, api-key, jwks or oidc
	Type     string // of the resource, as policies name it; "health" and "none" for what is no resource
	Decision string // allow, deny, error or public; "none" where nothing was asked
	Class    string // why it failed, in one word; empty where it did not
	Status   int
	Bytes    int // of the answer's body

	Took     time.Duration // the whole way
	Authn    time.Duration // who asks; zero for a stage that was not reached
	Resolve  time.Duration // which collection
	Authz    time.Duration // may they
	Upstream time.Duration // until the back end's answer began
}
