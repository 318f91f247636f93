package demo

import (
	"slices"
	"strings"
)

const scopeOpenID = "openid"

func supportedScopes() []string { return []string{scopeOpenID, "profile", "email"} }

func defaultScope() []string { return []string{"email", "profile"} }

// grantedScope adds what was asked for to what everybody gets (RFC 6749, section 3.3).
func grantedScope(asked string) ([]string, error) {
	granted := defaultScope()
	for _, scope := range strings.Fields(asked) {
		if !slices.Contains(supportedScopes(), scope) {
			return nil, oauthBadRequest("invalid_scope", "a scope that is asked for is not known")
		}
		if !slices.Contains(granted, scope) {
			granted = append(granted, scope)
		}
	}
	slices.Sort(granted)
	return granted, nil
}
