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

// managedNames are the headers, folded, that only the gateway may set: a client's
// own would speak for somebody else, or make the back end read another request
// than the one that was decided.
var managedNames = []string{
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

// trait is what a header is, by its name. A name may have several.
type trait uint8

const (
	managed    trait = 1 << iota // removed from a client's request: only the gateway may set it
	identity                     // may carry a claim to the back end
	credential                   // proves to the gateway who somebody is
	secret                       // nothing for a policy to see
	cors                         // says which pages may read an answer
	caching                      // speaks to shared caches past Cache-Control
)

// traitsOf reads a name in every spelling that some server would take for it.
func traitsOf(name string) trait {
	if t, common := commonTraits[name]; common {
		return t
	}
	return readTraits(name)
}

// commonTraits spares the names that nearly every request has from being read
// again and again.
var commonTraits = func() map[string]trait {
	known := map[string]trait{}
	for _, name := range []string{
		"Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Connection", "Content-Length", "Content-Type", "Cookie", "If-Modified-Since", "If-None-Match",
		"Origin", "Range", "Referer", "User-Agent", "X-Api-Key", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Request-Id",
		"Access-Control-Allow-Origin", "Cache-Control", "Content-Crs", "Content-Encoding", "Content-Language", "Date", "Etag", "Expires", "Last-Modified", "Link", "Location", "Server", "Vary", "X-Powered-By",
	} {
		known[name] = readTraits(name)
	}
	return known
}()

func readTraits(name string) (t trait) {
	f := fold(name)
	set := func(as trait, is bool) {
		if is {
			t |= as
		}
	}
	// A name with other characters than letters, digits and hyphens is removed
	// too: some servers would take Content_Type for Content-Type, beside the
	// real one.
	set(managed, strings.ContainsFunc(name, func(r rune) bool { return !isPlain(r) }) || slices.Contains(managedNames, f) ||
		slices.ContainsFunc(managedFamilies, func(family string) bool { return strings.HasPrefix(f, family) }))
	set(identity, strings.HasPrefix(f, "x-auth-"))
	set(credential|secret, f == "authorization" || f == "x-api-key")
	set(secret, f == "cookie" || f == "proxy-authorization")
	set(cors, strings.HasPrefix(f, "access-control-"))
	set(caching, f == "surrogate-control" || f == "cdn-cache-control" || f == "expires" || f == "pragma")
	return t
}

func isPlain(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-'
}

// dropHeaders removes every header that has one of the traits.
func dropHeaders(h http.Header, drop trait) {
	for name := range h {
		if traitsOf(name)&drop != 0 {
			delete(h, name)
		}
	}
}
