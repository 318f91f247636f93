package ogcapi

import (
	"net/http"
	"slices"
	"strings"
)

var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodOptions,
	http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
}

// Parse reads a request below a context such as "/geoapi" ("" for the root). It
// is pure syntax, without any I/O, so it can come before authentication.
//
// Its errors are *Ambiguous, *MethodNotAllowed and ErrOutside. What is below
// /collections may still depend on the collections that there are, and is
// settled by Catalog.Resolve.
func Parse(r *http.Request, context string) (*Request, error) {
	if !slices.Contains(methods, r.Method) {
		return nil, &MethodNotAllowed{Allow: slices.Clone(methods)}
	}
	path, rawQuery := target(r)
	segments, err := splitPath(path)
	if err != nil {
		return nil, err
	}
	below, err := belowContext(segments, context)
	if err != nil {
		return nil, err
	}
	query, err := parseQuery(rawQuery)
	if err != nil {
		return nil, err
	}
	if err := checkBody(r); err != nil {
		return nil, err
	}
	q := &Request{
		Method:   r.Method,
		Segments: below,
		Query:    query,
		RawQuery: rawQuery,
		raw:      below,
		filters:  isFilter(r.Header.Get("Content-Type")),
	}
	if err := q.read(); err != nil {
		return nil, err
	}
	return q, nil
}

// target returns the raw path and the raw query. The request line comes first,
// because net/url keeps the spelling of a path only where it must. A target in
// absolute form is the caller's to compare with the host.
func target(r *http.Request) (path, query string) {
	if strings.HasPrefix(r.RequestURI, "/") {
		path, query, _ = strings.Cut(r.RequestURI, "?")
		return path, query
	}
	if path = r.URL.EscapedPath(); path == "" && r.URL.Host != "" {
		path = "/"
	}
	return path, r.URL.RawQuery
}

// checkBody refuses bodies that only some servers would look at.
func checkBody(r *http.Request) error {
	if len(r.Header.Values("Content-Type")) > 1 {
		return ambiguous("the request has more than one Content-Type")
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return nil
	}
	// pygeoapi takes such a body for a filter; RFC 9110 section 9.3.1 gives it
	// no meaning.
	if r.ContentLength != 0 || len(r.TransferEncoding) > 0 {
		return ambiguous("a %s request has a body", r.Method)
	}
	return nil
}
