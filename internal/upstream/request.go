package upstream

import (
	"errors"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// isSafe reports whether a method is one of those that may be repeated at will
// (RFC 9110 section 9.2.1).
func isSafe(method string) bool {
	switch method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions:
		return true
	}
	return false
}

// once returns a request that an http.Transport never sends twice. Where the
// client names a key for that, and there is no body, it would: but no back end
// that we know of honours the key. It looks for the header in its canonical
// spelling alone, so in another one it is passed on and promises nothing.
func once(req *http.Request) *http.Request {
	for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
		values, ok := req.Header[name]
		if !ok {
			continue
		}
		req = req.Clone(req.Context())
		delete(req.Header, name)
		req.Header[strings.ToLower(name)] = values
	}
	return req
}

// isDirect reports whether a request is one of the simple kind.
func (t *Transport) isDirect(req *http.Request) bool {
	if !isSafe(req.Method) {
		return false
	}
	if req.Body != nil && req.Body != http.NoBody || req.ContentLength != 0 || len(req.TransferEncoding) > 0 || req.Trailer != nil || req.Close {
		return false
	}
	u := req.URL
	if u == nil || u.Scheme != "http" || u.Opaque != "" || !isPlainHost(u.Host) || req.Host != "" && !isPlainHost(req.Host) {
		return false
	}
	if !isSimple(req.Header) {
		return false
	}
	if t.fallback.Proxy == nil {
		return true
	}
	proxy, err := t.fallback.Proxy(req)
	return proxy == nil && err == nil
}

// isSimple reports whether a header can be written as it is. http.Transport
// refuses what cannot (request splitting, CVE-2022-1705 and its like), and
// knows what to do where more than one request and one answer is asked for. A
// name that is not in its canonical form could be a framing field that
// Request.Write does not know by it.
func isSimple(h http.Header) bool {
	if h == nil {
		return false
	}
	for name, values := range h {
		if !httpguts.ValidHeaderFieldName(name) || textproto.CanonicalMIMEHeaderKey(name) != name {
			return false
		}
		switch name {
		case "Expect", "Upgrade", "Connection", "Keep-Alive":
			return false
		}
		if slices.ContainsFunc(values, func(v string) bool { return !httpguts.ValidHeaderFieldValue(v) }) {
			return false
		}
	}
	return true
}

// isPlainHost reports whether a host is written as it goes into the Host field:
// no name that must be made ASCII first, and no zone of an IPv6 address, which
// must be taken away (RFC 6874 section 4).
func isPlainHost(host string) bool {
	for i := range len(host) {
		c := host[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (c < '0' || c > ':') && c != '-' && c != '.' && c != '_' && c != '[' && c != ']' {
			return false
		}
	}
	return host != ""
}

// errTarget refuses a request before anything is sent. net/http lets a space by.
var errTarget = errors.New("upstream: a space or a control character in the request's URL")

// isTarget reports whether a request target ends where it seems to: a space or
// a line break would begin another part of the request.
func isTarget(target string) bool {
	for i := range len(target) {
		if target[i] <= ' ' || target[i] == 0x7f {
			return false
		}
	}
	return true
}

// addressOf is where to connect to.
func addressOf(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	return net.JoinHostPort(u.Hostname(), "80")
}
