// Package authz answers may they, and how much: it takes a Principal and a
// Resource and gives a Decision. Three engines do so: Flat (anybody who is
// known may do anything), Embedded (Rego in this process) and Remote (an OPA
// server). Types of OPA never leave the package.
//
// No answer is a no: an engine that cannot decide returns an error, and never
// a decision made up in its place.
package authz

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/geowarden/geowarden/authn"
	"github.com/geowarden/geowarden/ogcapi"
)

// Input is what a decision is made on. docs/policies.md shows the JSON that a
// policy sees of it.
type Input struct {
	Principal *authn.Principal
	Request   *ogcapi.Request
	ClientIP  netip.Addr
	Header    map[string][]string // the headers that the configuration lets policies see, by lower-case name; nil for none
	Time      time.Time           // the time of the decision
}

// Decision is the answer of an engine that could decide.
type Decision struct {
	Allow         bool
	Reason        string   // why not, for the caller; may be empty
	MissingScopes []string // the scopes whose lack is the reason (RFC 6750 section 3.1, insufficient_scope)
	Revision      string   // the policy that decided, short; empty for Flat and Remote
}

// Unavailable says that no decision could be made. The answer is 503, never a
// yes and never a silent no.
type Unavailable struct {
	Cause      Cause
	RetryAfter time.Duration
	Err        error // the private cause, for the log
}

// Cause is why no decision could be made; each has its own place in the log.
type Cause string

// The causes.
const (
	CauseEvaluation Cause = "evaluation-error" // a rule or a builtin failed
	CauseType       Cause = "not-a-boolean"    // allow is something else than true or false
	CauseDeadline   Cause = "deadline"         // the policy took too long
	CauseRemote     Cause = "opa-unreachable"  // the OPA server gave no usable answer
	CauseDataRule   Cause = "data-rule"        // the policy has a rule that this engine does not enforce
)

func (e *Unavailable) Error() string { return fmt.Sprintf("no decision: %s: %v", e.Cause, e.Err) }

func (e *Unavailable) Unwrap() error { return e.Err }
