package proxy

import (
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/geowarden/geowarden/authn"
)

// outgoing makes the request that the back end gets. It runs inside the reverse
// proxy, after the hop-by-hop headers were removed: what is set here cannot be
// deleted by a client that names it in Connection (CVE-2021-33197,
// CVE-2024-45410).
func (p *Proxy) outgoing(pr *httputil.ProxyRequest) {
	pass := passageOf(pr.In)
	p.setTarget(pr.Out, pass)
	dropHeaders(pr.Out.Header, managed)
	p.restoreDecided(pr, pass)
	pr.Out.Trailer = nil // a trailer would arrive after the decision
	p.setForwarded(pr, pass)
	p.setIdentity(pr.Out.Header, pass.who)
	p.setConditions(pr.Out.Header, pass)
	for name, values := range p.UpstreamHeader {
		pr.Out.Header[name] = values
	}
}

// setTarget addresses the back end with the path that was decided, made anew
// from what the policy saw, and with the query as it came.
func (p *Proxy) setTarget(out *http.Request, pass *passage) {
	escaped := strings.TrimSuffix(p.Upstream.EscapedPath(), "/") + pass.asked.EscapedPath()
	target := &url.URL{Scheme: p.Upstream.Scheme, Host: p.Upstream.Host, RawPath: escaped, RawQuery: pass.asked.RawQuery}
	target.Path, _ = url.PathUnescape(escaped) // it was escaped by ogcapi, so it can be read
	out.URL = target
	out.Host = ""
}

// restoreDecided sets what the decision was made on as it was then. A client
// that names a header in Connection makes the reverse proxy remove it: a POST
// that only reads, by its type, would arrive as one without a type.
func (p *Proxy) restoreDecided(pr *httputil.ProxyRequest, pass *passage) {
	h := pr.Out.Header
	if media, ok := pr.In.Header["Content-Type"]; ok {
		h["Content-Type"] = media
	}
	for name, values := range pass.seen {
		h[http.CanonicalHeaderKey(name)] = values
	}
	// What proves the caller to the gateway goes no further, whichever kind the
	// mode reads, unless the token is meant to.
	dropHeaders(h, credential)
	if token := pr.In.Header["Authorization"]; p.ForwardBearer && len(token) == 1 && (pass.who.Kind == authn.User || pass.who.Kind == authn.Service) {
		h["Authorization"] = token
	}
}

// setForwarded tells the back end who asked and under which address. A chain of
// proxies is kept only where the nearest of them is trusted.
func (p *Proxy) setForwarded(pr *httputil.ProxyRequest, pass *passage) {
	h := pr.Out.Header
	chain, _, _ := net.SplitHostPort(pr.In.RemoteAddr)
	if p.peers.trusts(pr.In) {
		if before := plainChain(pr.In.Header["X-Forwarded-For"]); before != "" {
			chain = before + ", " + chain
		}
	}
	if chain != "" {
		h["X-Forwarded-For"] = []string{chain}
	}
	maps.Copy(h, pass.public.header)
	h["X-Request-Id"] = []string{eventOf(pr.In).id}
}

// plainChain keeps the addresses of a chain and drops what is none.
func plainChain(values []string) string {
	var chain []string
	for _, entry := range strings.Split(strings.Join(values, ","), ",") {
		if addr, err := netip.ParseAddr(strings.TrimSpace(entry)); err == nil {
			chain = append(chain, addr.String())
		}
	}
	return strings.Join(chain, ", ")
}

// setIdentity fills the configured X-Auth-* headers. A claim that is absent, or
// that cannot stand in a header, leaves its header absent: it was removed from
// the client's own request before.
func (p *Proxy) setIdentity(h http.Header, who *authn.Principal) {
	for name, claim := range p.IdentityHeaders {
		if value, ok := identityValue(who, claim); ok {
			h.Set(name, value)
		}
	}
}

func identityValue(who *authn.Principal, claim string) (string, bool) {
	value := who.Claims[claim]
	if who.Kind == authn.Key && claim == "sub" {
		value = who.ID // a key has a name, and no claims
	}
	text, ok := headerText(value)
	return text, ok && text != "" && httpguts.ValidHeaderFieldValue(text)
}

// headerText writes a claim as a header's value: a string, number or boolean,
// or a list of strings without commas, joined by commas.
func headerText(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, isASCII(v)
	case bool:
		return strconv.FormatBool(v), true
	case json.Number:
		return v.String(), true
	case []any:
		parts := make([]string, 0, len(v))
		for _, e := range v {
			s, ok := e.(string)
			if !ok || !isASCII(s) || strings.Contains(s, ",") {
				return "", false
			}
			parts = append(parts, s)
		}
		return strings.Join(parts, ","), true
	}
	return "", false
}

// isASCII keeps bytes that servers decode differently out of headers
// (RFC 9110 section 5.5).
func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > '~' || r < ' ' }) < 0
}

// setConditions keeps back what makes no sense for an answer that is rewritten:
// its bytes and its validators are not the back end's. Binary answers are never
// rewritten, and keep their ranges.
func (p *Proxy) setConditions(h http.Header, pass *passage) {
	rewritten := pass.asked.Resource.API == "openapi" || pass.public.links.Needed()
	if !rewritten {
		return
	}
	if acceptsGzip(h) {
		h.Set("Accept-Encoding", "gzip") // the one that can be rewritten on the way
	} else {
		h.Set("Accept-Encoding", "identity")
	}
	switch pass.asked.Resource.Type {
	case "coverage", "map", "tile":
		return
	}
	if pass.asked.Resource.Operation != "read" {
		return // If-Match guards a write, and its answer is small
	}
	for _, name := range []string{"Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"} {
		h.Del(name)
	}
}

func acceptsGzip(h http.Header) bool {
	for _, v := range h.Values("Accept-Encoding") {
		for _, coding := range strings.Split(v, ",") {
			name, parameter, _ := strings.Cut(coding, ";")
			weight, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(parameter), "q="), 64)
			if strings.EqualFold(strings.TrimSpace(name), "gzip") && (err != nil || weight > 0) {
				return true
			}
		}
	}
	return false
}
