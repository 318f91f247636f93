package authn

import "strings"

// A typeRule says which sorts of token may open something. One that was made
// for another purpose, signed by the same issuer, must not (RFC 8725 section 3.11).
type typeRule struct {
	require        string // the typ that the header must have; empty: see check
	rejectIDTokens bool
}

// check looks at the header's typ and at what gives an ID token away. Without a
// required type, the ones that say nothing (none, JWT) and that of an access
// token (RFC 9068 section 2.1) are accepted, and no other: logout+jwt,
// dpop+jwt and their kin are not access tokens.
func (r typeRule) check(m *message) error {
	typ := mediaType(m.typ)
	switch {
	case r.require != "" && typ != mediaType(r.require):
		return invalid("type", "the token's typ is not "+r.require)
	case r.rejectIDTokens && (typ == "id" || isIDToken(m.claims)):
		return invalid("id-token", "the token is an ID token: send the access token")
	case r.require == "" && typ != "" && typ != "jwt" && typ != "at+jwt":
		return invalid("type", "the token's typ is not that of an access token")
	}
	return nil
}

// mediaType folds a typ: case does not count, and application/ may be left out
// (RFC 7515 section 4.1.9).
func mediaType(typ string) string {
	return strings.TrimPrefix(strings.ToLower(typ), "application/")
}

// isIDToken reports whether the claims are those of an ID token: Keycloak's
// typ, Cognito's token_use, or a claim that OpenID Connect Core 1.0 (sections 2
// and 3.1.3.6) defines for ID tokens alone.
func isIDToken(claims map[string]any) bool {
	typ, _ := claims["typ"].(string)
	if strings.EqualFold(typ, "ID") || claims["token_use"] == "id" {
		return true
	}
	for _, name := range []string{"nonce", "at_hash", "c_hash"} {
		if _, ok := claims[name]; ok {
			return true
		}
	}
	return false
}
