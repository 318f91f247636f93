package proxy

import (
	"net/http"
	"slices"
	"strings"
)

// CORS is which pages may read answers (the Fetch standard, section 3.3). The
// zero value lets no page do so.
type CORS struct {
	Origins     []string // exact origins, or "*" for any
	Credentials bool     // let pages send cookies; never with "*"
}

const (
	corsMethods = "GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE"
	// Named, because * leaves Authorization out.
	corsHeaders = "Accept, Accept-Language, Authorization, Cache-Control, Content-Crs, Content-Language, Content-Type, If-Match, If-Modified-Since, If-None-Match, If-Unmodified-Since, Prefer, Range, X-API-KEY, X-CSRFToken, X-Request-Id, X-Requested-With"
	corsExposed = "Link, Location, Content-Crs, OpenEO-Identifier, OpenEO-Costs, ETag, Preference-Applied, Retry-After, WWW-Authenticate, X-Request-Id, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, RateLimit-Policy"
)

// cors answers a preflight, which never carries a credential. Any other
// request, OPTIONS too, goes on to the gate.
func (p *Proxy) cors(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isPreflight(r) {
			next.ServeHTTP(w, r)
			return
		}
		h := w.Header()
		refuseBody(w, r)
		p.CORS.apply(h, eventOf(r).origin)
		h.Add("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
		h.Set("X-Request-Id", eventOf(r).id)
		if h.Get("Access-Control-Allow-Origin") != "" {
			h.Set("Access-Control-Allow-Methods", corsMethods)
			h.Set("Access-Control-Allow-Headers", corsHeaders)
			h.Set("Access-Control-Max-Age", "600")
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && len(r.Header.Values("Origin")) == 1 && r.Header.Get("Access-Control-Request-Method") != ""
}

// apply sets the headers that let a page of that origin read an answer.
func (c CORS) apply(h http.Header, origin string) {
	anyOrigin := slices.Contains(c.Origins, "*")
	switch {
	case anyOrigin && origin == "":
		h.Set("Access-Control-Allow-Origin", "*")
	case origin != "" && (anyOrigin || slices.ContainsFunc(c.Origins, func(o string) bool { return strings.EqualFold(o, origin) })):
		h.Set("Access-Control-Allow-Origin", origin)
		if c.Credentials && !anyOrigin {
			h.Set("Access-Control-Allow-Credentials", "true")
		}
	default:
		return
	}
	if origin != "" { // without one, no page of another origin reads them
		h.Set("Access-Control-Expose-Headers", corsExposed)
	}
}
