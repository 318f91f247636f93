// Package authn answers who asks: it turns the credential of a request into a
// Principal. One file holds one kind of credential: keys.go the API keys,
// bearer.go the bearer tokens, jwt.go their verification, keyset.go the key
// sets they are verified against and discovery.go where those are found.
//
// It refuses to guess: a credential that is there twice is ambiguous, one of a
// kind that the mode does not read is not looked at, and one that cannot be
// checked is unavailable, never valid. It decides nothing about what a principal may do, and writes no response.
package authn

import (
	"fmt"
	"sync"
	"time"
)

// Kind says what sort of principal asks. The words are those of the policy
// input (subject.kind).
type Kind string

// The kinds of principal.
const (
	Anonymous Kind = "anonymous" // nobody: no credential was sent, and that is allowed
	User      Kind = "user"      // a person, by a token of an identity provider
	Service   Kind = "service"   // a program, by a token it got for itself (client credentials)
	Key       Kind = "key"       // the holder of an API key
)

// Principal is who asks, after the credential was verified. It is shared by
// all requests that carry the same cached token: nothing in it may be changed.
type Principal struct {
	Kind   Kind
	ID     string         // the token's sub, or the API key's name; empty for Anonymous
	Issuer string         // the token's iss; empty for a key
	Scopes []string       // from scope (RFC 8693 section 4.2, a string) or scp (a list)
	Claims map[string]any // every verified claim; numbers are json.Number

	once    sync.Once
	derived any
}

// Derived returns what derive makes of the principal. It is made once and kept
// as long as the principal, so that the cost of converting claims is paid once
// for a token and not once for a request. It serves one caller: the authorizer.
func (p *Principal) Derived(derive func(*Principal) any) any {
	p.once.Do(func() { p.derived = derive(p) })
	return p.derived
}

// Failure is the class of an Error; it decides the status of the answer.
type Failure int

// The classes of failure.
const (
	Missing     Failure = iota + 1 // no credential of the kind that is read: 401
	Ambiguous                      // a credential twice, or one that two parsers could read in two ways: 400
	Invalid                        // a credential that failed a check: 401
	Unavailable                    // the credential cannot be checked now: 503
)

// Error says why no principal could be told. Detail and Check are safe to show
// to the caller: neither ever holds a part of the credential.
type Error struct {
	Failure    Failure
	Check      string        // the check that failed, one word: expired, audience, issuer, signature, …
	Detail     string        // a sentence for the caller
	RetryAfter time.Duration // for Unavailable: when another try makes sense
	Err        error         // the private cause, for the log; it holds no credential either
}

func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Check, e.Detail, e.Err)
	}
	return fmt.Sprintf("%s: %s", e.Check, e.Detail)
}

func (e *Error) Unwrap() error { return e.Err }
