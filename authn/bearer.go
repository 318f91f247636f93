package authn

import (
	"net/http"
	"strings"
)

// bearerToken returns the token of the Authorization header (RFC 6750 section
// 2.1). The header must be there once and hold one credential: another server
// on the way may take the first of two where this one takes the last.
func bearerToken(h http.Header) (string, error) {
	values := h["Authorization"]
	switch {
	case len(values) == 0:
		return "", missing("no bearer token")
	case len(values) > 1:
		return "", ambiguous("the Authorization header is there more than once")
	}
	value := values[0]
	if len(value) > maxCredential {
		return "", invalid("length", "the Authorization header is longer than 16 KiB")
	}
	if strings.Contains(value, ",") {
		return "", ambiguous("the Authorization header holds more than one credential")
	}
	scheme, token, found := strings.Cut(value, " ")
	switch {
	case !found && strings.Count(value, ".") == 2:
		// A bare token is read as a scheme by one server and as a token by another.
		return "", invalid("scheme", "the word Bearer is not there: write Authorization: Bearer <token>")
	case !strings.EqualFold(scheme, "Bearer"):
		return "", invalid("scheme", "the scheme is not Bearer: write Authorization: Bearer <token>")
	case !isB64Token(token):
		return "", invalid("malformed", "what follows Bearer is not one token after one space")
	}
	return token, nil
}

// isB64Token reports whether s is a b64token (RFC 6750 section 2.1): letters,
// digits and -._~+/, then any number of =.
func isB64Token(s string) bool {
	body := strings.TrimRight(s, "=")
	for i := range len(body) {
		c := body[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case strings.IndexByte("-._~+/", c) >= 0:
		default:
			return false
		}
	}
	return body != ""
}
