package upstream

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// isDirect reports whether a request is one of the simple kind. Its methods are
// safe (RFC 9110 section 9.2.1), so that each may be repeated.
func (t *Transport) isDirect(req *http.Request) bool {
	switch req.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions:
	default:
		return false
	}
	if req.Body != nil && req.Body != http.NoBody || req.ContentLength != 0 || len(req.TransferEncoding) > 0 || req.Trailer != nil {
		return false
	}
	u := req.URL
	if u == nil || req.Header == nil || u.Scheme != "http" || u.Opaque != "" || req.Close {
		return false
	}
	if !isPlainHost(u.Host) || req.Host != "" && !isPlainHost(req.Host) {
		return false
	}
	if t.fallback.Proxy == nil {
		return true
	}
	proxy, err := t.fallback.Proxy(req)
	return proxy == nil && err == nil
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

// addressOf is where to connect to.
func addressOf(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	return net.JoinHostPort(u.Hostname(), "80")
}

// appendRequest writes a request without a body, as net/http does: names and
// values are checked in the same way, and what frames a message is never taken
// from the header (request smuggling). ok is false for one that is not of the
// simple kind after all. The order of fields has no meaning (RFC 9110 section
// 5.3), and is left to chance.
func appendRequest(b []byte, req *http.Request) (_ []byte, ok bool, err error) {
	target := req.URL.RequestURI()
	if !isTarget(target) {
		return b, false, errors.New("upstream: a space or a control character in the request's URL")
	}
	method, host := req.Method, req.Host
	if method == "" {
		method = http.MethodGet
	}
	if host == "" {
		host = req.URL.Host
	}
	b = append(append(append(b, method...), ' '), target...)
	b = append(append(append(b, " HTTP/1.1\r\nHost: "...), host...), "\r\n"...)
	if _, set := req.Header["User-Agent"]; !set {
		b = append(b, "User-Agent: Go-http-client/1.1\r\n"...)
	}
	for name, values := range req.Header {
		if !httpguts.ValidHeaderFieldName(name) {
			return b, false, fmt.Errorf("upstream: invalid header field name %q", name)
		}
		switch meaning(name) {
		case another:
			return b, false, nil
		case framing:
			continue
		case agent:
			values = values[:min(len(values), 1)]
			if len(values) == 1 && values[0] == "" {
				continue
			}
		}
		for _, value := range values {
			if !httpguts.ValidHeaderFieldValue(value) {
				// Which value is not said: it may be a secret.
				return b, false, fmt.Errorf("upstream: invalid value of the header field %q", name)
			}
			b = append(append(append(append(b, name...), ": "...), strings.Trim(value, " \t")...), "\r\n"...)
		}
	}
	return append(b, "\r\n"...), true, nil
}

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

// What a header field of a request means to the one that writes it.
const (
	ordinary = iota
	framing  // written from the request's other parts, if at all
	agent    // User-Agent: one, and none if it is empty
	another  // asks for another exchange than one request and one answer
)

// meaning compares without regard to case: a name in another case is the same
// field to the back end.
func meaning(name string) int {
	is := func(other string) bool { return strings.EqualFold(name, other) }
	switch len(name) {
	case len("Host"):
		if is("Host") {
			return framing
		}
	case len("Expect"):
		if is("Expect") {
			return another
		}
	case len("Upgrade"):
		if is("Trailer") {
			return framing
		}
		if is("Upgrade") {
			return another
		}
	case len("Connection"):
		if is("User-Agent") {
			return agent
		}
		if is("Connection") || is("Keep-Alive") {
			return another
		}
	case len("Content-Length"):
		if is("Content-Length") {
			return framing
		}
	case len("Transfer-Encoding"):
		if is("Transfer-Encoding") {
			return framing
		}
	}
	return ordinary
}
