package proxy

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/geowarden/geowarden/ogcapi"
)

// address is where a caller finds the gateway, and what follows from it. The
// configured one is made once, and not for each request.
type address struct {
	text   string       // such as https://example.org/geoapi
	url    *url.URL     // the same
	prefix string       // its path, escaped
	header http.Header  // X-Forwarded-Host, -Proto and -Prefix; its values are shared by all requests
	links  ogcapi.Links // from what the back end calls itself to here
	direct ogcapi.Links // from where the back end is to here: a redirect is often built from Host
}

func (p *Proxy) newAddress(text string) (*address, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("proxy: Public: %w", err)
	}
	return &address{
		text: text, url: u, prefix: u.EscapedPath(),
		header: http.Header{"X-Forwarded-Host": {u.Host}, "X-Forwarded-Proto": {u.Scheme}, "X-Forwarded-Prefix": {u.EscapedPath()}},
		links:  ogcapi.NewLinks(p.UpstreamServer, text),
		direct: ogcapi.NewLinks(p.Upstream.String(), text),
	}, nil
}

// addressFor returns the address as the caller knows it: the configured one,
// or, where that is allowed and the peer is trusted, the one that
// X-Forwarded-Proto, -Host and -Prefix name. A malformed or repeated value
// changes nothing (CVE-2026-35051: forwarded headers are an attacker's unless
// the peer is known).
func (p *Proxy) addressFor(r *http.Request) (*address, error) {
	at := p.home
	if p.ForwardedByProxy && p.peers.trusts(r) {
		if text := forwardedAddress(r.Header, at.url); text != at.text {
			if forwarded, err := p.newAddress(text); err == nil {
				at = forwarded
			}
		}
	}
	if r.URL.IsAbs() && !at.is(r.URL) {
		return nil, errForeignTarget
	}
	return at, nil
}

// hostPattern is a host with an optional port, and nothing that could end the
// authority of a URL or begin another header.
var hostPattern = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$`)

var prefixPattern = regexp.MustCompile(`^(/[A-Za-z0-9._~-]+)*/?$`)

func forwardedAddress(h http.Header, configured *url.URL) string {
	proto, host := single(h, "X-Forwarded-Proto"), single(h, "X-Forwarded-Host")
	if proto != "http" && proto != "https" || !hostPattern.MatchString(host) {
		return configured.String()
	}
	u := *configured
	u.Scheme, u.Host = proto, host
	if prefix := single(h, "X-Forwarded-Prefix"); prefix != "" && prefixPattern.MatchString(prefix) && !strings.Contains(prefix, "/.") {
		u.Path = strings.TrimSuffix(prefix, "/") + u.Path
	}
	return u.String()
}

// single returns a header's value if it was sent exactly once, as one value.
func single(h http.Header, name string) string {
	if values := h[name]; len(values) == 1 && !strings.Contains(values[0], ",") {
		return strings.TrimSpace(values[0])
	}
	return ""
}

// is reports whether a target in absolute form is the gateway's own.
func (a *address) is(target *url.URL) bool {
	return (target.Scheme == "http" || target.Scheme == "https") && target.User == nil && strings.EqualFold(a.url.Host, target.Host)
}

// errForeignTarget is a request in absolute form for another host than ours
// (RFC 9112 section 3.2.2): a gateway is no forward proxy.
var errForeignTarget = errors.New("the request target names another host")
