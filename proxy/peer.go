package proxy

import (
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
)

// peers are the networks whose X-Forwarded-* headers are believed.
type peers []netip.Prefix

// trusts reports whether the connection itself comes from a trusted peer.
func (ps peers) trusts(r *http.Request) bool {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	addr := at.Addr().Unmap().WithZone("")
	for _, p := range ps {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// hostPattern is a host with an optional port, and nothing that could end the
// authority of a URL or begin another header.
var hostPattern = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$`)

var prefixPattern = regexp.MustCompile(`^(/[A-Za-z0-9._~-]+)*/?$`)

// publicAddress returns the address of the context as the caller knows it: the
// configured one, or, where that is allowed and the peer is trusted, the one
// that X-Forwarded-Proto, -Host and -Prefix name. A malformed or repeated value
// changes nothing (CVE-2026-35051: forwarded headers are an attacker's unless
// the peer is known).
func (ps peers) publicAddress(r *http.Request, configured string, byProxy bool) (string, error) {
	public := configured
	if byProxy && ps.trusts(r) {
		public = forwardedAddress(r.Header, configured)
	}
	if r.URL.IsAbs() && !names(r.URL, public) {
		return "", errForeignTarget
	}
	return public, nil
}

func forwardedAddress(h http.Header, configured string) string {
	proto, host := single(h, "X-Forwarded-Proto"), single(h, "X-Forwarded-Host")
	if proto != "http" && proto != "https" || !hostPattern.MatchString(host) {
		return configured
	}
	u, err := url.Parse(configured)
	if err != nil {
		return configured
	}
	u.Scheme, u.Host = proto, host
	if prefix := single(h, "X-Forwarded-Prefix"); prefix != "" && prefixPattern.MatchString(prefix) && !strings.Contains(prefix, "/.") {
		u.Path = strings.TrimSuffix(prefix, "/") + u.Path
	}
	return u.String()
}

// single returns a header's value if it was sent exactly once, as one value.
func single(h http.Header, name string) string {
	if values := h.Values(name); len(values) == 1 && !strings.Contains(values[0], ",") {
		return strings.TrimSpace(values[0])
	}
	return ""
}

// names reports whether a target in absolute form is the gateway's own.
func names(target *url.URL, public string) bool {
	u, err := url.Parse(public)
	return err == nil && (target.Scheme == "http" || target.Scheme == "https") && target.User == nil && strings.EqualFold(u.Host, target.Host)
}
