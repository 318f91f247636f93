package authn

import "strings"

// newPrincipal tells who a verified token speaks for. The ID is sub; a token
// without one speaks for the client that it was given to (azp or client_id), as
// RFC 9068 section 2.2 has it.
func newPrincipal(claims map[string]any) (*Principal, error) {
	sub, hasSub := claims["sub"]
	id, ok := sub.(string)
	if hasSub && (!ok || id == "") {
		return nil, invalid("subject", "the token's sub is not a string, or empty")
	}
	client := clientOf(claims)
	if !hasSub {
		id = client
	}
	if id == "" {
		return nil, invalid("subject", "the token names nobody: it has no sub and no client")
	}
	scopes, err := readScopes(claims)
	if err != nil {
		return nil, err
	}
	issuer, _ := claims["iss"].(string)
	p := &Principal{Kind: User, ID: id, Issuer: issuer, Scopes: scopes, Claims: claims}
	if id == client || isServiceAccount(claims, client) {
		p.Kind = Service
	}
	return p, nil
}

// clientOf returns the client that a token was given to: client_id (RFC 9068
// section 2.2), else azp (OpenID Connect Core 1.0 section 2).
func clientOf(claims map[string]any) string {
	for _, name := range []string{"client_id", "azp"} {
		if client, ok := claims[name].(string); ok && client != "" {
			return client
		}
	}
	return ""
}

// isServiceAccount knows the service accounts of Keycloak, whose sub is a user
// of their own: the name of that user and a client_id, which Keycloak puts only
// into their tokens, must both be those of the client. Either alone could be
// had by a person who picks such a user name.
func isServiceAccount(claims map[string]any, client string) bool {
	name, _ := claims["preferred_username"].(string)
	return client != "" && claims["client_id"] == client && claims["azp"] == client &&
		strings.EqualFold(name, "service-account-"+client)
}

// readScopes returns the scopes of scope (RFC 8693 section 4.2, words in one
// string) or else of scp; either may be a list, as some providers write it.
func readScopes(claims map[string]any) ([]string, error) {
	for _, name := range []string{"scope", "scp"} {
		value, there := claims[name]
		if !there {
			continue
		}
		list, ok := stringList(value)
		if !ok {
			return nil, invalid("malformed", "the token's "+name+" is not a string or a list of strings")
		}
		if _, words := value.(string); words {
			list = strings.Fields(list[0])
		}
		return list, nil
	}
	return nil, nil
}
