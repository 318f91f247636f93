package proxy

import (
	"net/http"
	"slices"
	"strings"
)

// fold makes one name of all spellings that some server would take for the
// same header: case, and - _ . which CGI, WSGI and others merge (CVE-2025-64484,
// CVE-2026-33433).
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '_' || r == '.':
			return '-'
		case 'A' <= r && r <= 'Z':
			return r + ('a' - 'A')
		}
		return r
	}, name)
}

// managed are the headers, folded, that only the gateway may set: a client's
// own would speak for somebody else, or make the back end read another request
// than the one that was decided.
var managed = []string{
	"forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "true-client-ip", "cf-connecting-ip", "fastly-client-ip", "x-request-id",
	"x-original-url", "x-original-uri", "x-original-method", "x-original-host", "x-rewrite-url", "x-override-url", "x-host", "x-http-host-override",
	"x-http-method", "x-http-method-override", "x-method-override",
	"x-script-name", "script-name", "path-info", "request-uri", "query-string", "request-method", "x-accel-redirect", "x-sendfile",
	"x-remote-user", "x-remote-group", "x-remote-groups", "x-user", "x-userid", "x-user-id", "x-username", "x-email", "x-groups", "x-roles", "x-jwt", "x-jwt-payload", "x-id-token", "x-access-token",
	"proxy", "proxy-authorization", "upgrade", "http2-settings", "connection", "te", "trailer", "keep-alive", "proxy-connection",
}

// managedFamilies are the same by the beginning of the name.
var managedFamilies = []string{
	"x-forwarded", "x-auth-", "x-authenticated-", "x-authentik-", "x-goog-authenticated-", "x-ms-client-principal", "x-amzn-oidc-", "x-webauth-", "x-envoy-", "x-ssl-", "ssl-client", "x-client-cert", "x-client-dn", "x-geowarden-", "remote-",
}

// isManaged reports whether a client's header of that name is removed. So is
// every one whose name has other characters than letters, digits and hyphens:
// some servers would take Content_Type for Content-Type, beside the real one.
func isManaged(name string) bool {
	f := fold(name)
	if strings.IndexFunc(name, func(r rune) bool { return !isPlain(r) }) >= 0 {
		return true
	}
	if slices.Contains(managed, f) {
		return true
	}
	return slices.ContainsFunc(managedFamilies, func(family string) bool { return strings.HasPrefix(f, family) })
}

func isPlain(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-'
}

// isIdentity reports whether a header may carry a claim to the back end.
func isIdentity(name string) bool { return strings.HasPrefix(fold(name), "x-auth-") }

// isCredential reports whether a header proves to the gateway who somebody is.
func isCredential(name string) bool {
	f := fold(name)
	return f == "authorization" || f == "x-api-key"
}

// isSecret reports whether a header is nothing for a policy to see.
func isSecret(name string) bool {
	f := fold(name)
	return isCredential(name) || f == "cookie" || f == "proxy-authorization"
}

// dropHeaders removes every header whose name the function takes.
func dropHeaders(h http.Header, drop func(name string) bool) {
	for name := range h {
		if drop(name) {
			delete(h, name)
		}
	}
}
