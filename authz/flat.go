package authz

import (
	"context"
	"strings"
)

// Flat is the engine of the modes without a policy: whoever the authenticator
// let in may do anything, with two exceptions. It does not look at the kind of
// the principal: whether somebody may come without a credential is settled
// before a decision is asked for. The zero value demands no scope and keeps the
// admin resources closed.
type Flat struct {
	Scopes    []string // the scopes that every principal needs, all of them
	AdminOpen bool     // MUST NOT be set where callers are not administrators: it opens the configuration of the back end
}

// Decide allows the request unless it is about an admin resource, or the
// principal lacks a scope. It never fails for want of an answer, except on an
// input without principal or request.
func (f Flat) Decide(_ context.Context, in Input) (Decision, error) {
	if err := in.complete(); err != nil {
		return Decision{}, unavailable(CauseEvaluation, err)
	}
	if in.Request.Resource.API == "admin" && !f.AdminOpen {
		return Decision{Reason: "the admin resources are closed; the setting ADMIN_OPEN opens them"}, nil
	}
	if missing := lacking(in.Principal.Scopes, f.Scopes); len(missing) > 0 {
		return Decision{
			Reason:        "missing scope: " + strings.Join(missing, " "),
			MissingScopes: missing,
		}, nil
	}
	return Decision{Allow: true}, nil
}

// lacking gives the wanted scopes that are not held, in the order of wanted.
func lacking(held, wanted []string) []string {
	have := make(map[string]bool, len(held))
	for _, scope := range held {
		have[scope] = true
	}
	var missing []string
	for _, scope := range wanted {
		if !have[scope] {
			missing = append(missing, scope)
		}
	}
	return missing
}
