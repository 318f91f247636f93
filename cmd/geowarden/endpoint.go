package main

import (
	"errors"
	"net/netip"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// Endpoint is an absolute http or https address without user, query or
// fragment. The zero value is "not set": its URL is nil.
type Endpoint struct{ *url.URL }

// IsSet says whether there is an address.
func (e Endpoint) IsSet() bool { return e.URL != nil }

// String is the address as it was written, or "" where it is not set.
func (e Endpoint) String() string {
	if !e.IsSet() {
		return ""
	}
	return e.URL.String()
}

// Exposed says whether what is fetched there crosses a network in the clear.
func (e Endpoint) Exposed() bool {
	return e.IsSet() && e.Scheme == "http" && !isLoopback(e.Hostname())
}

// Decode reads the one form in which every URL parser reads the same address.
func (e *Endpoint) Decode(value string) error {
	u, err := url.Parse(value)
	switch {
	case err != nil:
		// The cause is left out: it quotes the address, and with it a password.
		return errors.New("it is not an address; write it as https://host/path")
	case u.Scheme != "http" && u.Scheme != "https" || u.Opaque != "" || u.Hostname() == "":
		return errors.New("it is not an absolute http or https address; write it as https://host/path")
	case u.User != nil:
		return errors.New("it holds a user name or password; take them out")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(value, "#"):
		return errors.New("it has a query or a fragment; take them out")
	case !plainPath(u.EscapedPath()) || !isHost(u.Hostname()):
		return errors.New("its host or path can be read in two ways; write it without escapes, backslashes, empty or dotted segments")
	}
	if port := u.Port(); port != "" || strings.HasSuffix(u.Host, ":") {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return errors.New("its port is not a number between 1 and 65535")
		}
	}
	e.URL = u
	return nil
}

// plainPath says whether p is empty or a clean path of unreserved characters;
// a slash at its end does not matter.
func plainPath(p string) bool {
	if p == "" || p == "/" {
		return true
	}
	if path.Clean(p) != strings.TrimSuffix(p, "/") {
		return false
	}
	return !strings.ContainsFunc(p, func(r rune) bool { return r != '/' && !isPlain(r) })
}

func isPlain(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-._~", r)
}

// isHost says whether host is an IP address, with a plain zone if any, or a host name.
func isHost(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return !strings.ContainsFunc(addr.Zone(), func(r rune) bool { return !isPlain(r) })
	}
	return host != "" && !strings.ContainsFunc(host, func(r rune) bool { return r == '~' || !isPlain(r) })
}
