package proxy

import (
	"bytes"
	"crypto/sha256"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/geowarden/geowarden/ogcapi"
)

// exempt reports whether a request needs no credential: GET and HEAD of exactly
// the API definition, asked for in one of the ways that clients do. An exemption
// is an exact path in its one reading, with its methods; never a prefix or a
// pattern (CVE-2025-54576, CVE-2026-41059). Any other parameter takes a
// credential: it would only get past the cache.
func (p *Proxy) exempt(q *ogcapi.Request) bool {
	if !p.PublicOpenAPI || !slices.Equal(q.Segments, []string{"openapi"}) || q.Method != http.MethodGet && q.Method != http.MethodHead {
		return false
	}
	for name := range q.Query {
		if name != "f" && name != "lang" && name != "ui" {
			return false
		}
	}
	return true
}

// publicAnswers holds the API definition as it was last served to the public,
// so that a flood without a credential does not reach the back end. It is
// bounded in number, size and age, and so is what is on its way into it.
type publicAnswers struct {
	entries *lru.Cache[[sha256.Size]byte, publicAnswer]
	now     func() time.Time
	asking  chan struct{} // a place for each such request that is at the back end
}

type publicAnswer struct {
	header http.Header
	body   []byte
	until  time.Time
}

const (
	publicKept   = 32
	publicBytes  = 2 << 20
	publicFor    = 30 * time.Second
	publicAsking = 4
)

func newPublicAnswers(now func() time.Time) (*publicAnswers, error) {
	entries, err := lru.New[[sha256.Size]byte, publicAnswer](publicKept)
	return &publicAnswers{entries: entries, now: now, asking: make(chan struct{}, publicAsking)}, err
}

// publicHeader is all that the back end gets of a stranger's headers for an
// answer that others will get too: nothing else can be in the answer, and so
// nothing else need be in its key.
func publicHeader(h http.Header) http.Header {
	accept := "application/json"
	if strings.Contains(h.Get("Accept"), "text/html") {
		accept = "text/html"
	}
	return http.Header{"Accept": {accept}}
}

// publicKey names what the answer depends on. Each part is preceded by its
// length, so that no two lists of parts make one key (CVE-2026-33496).
func publicKey(asked *ogcapi.Request, public string, h http.Header) [sha256.Size]byte {
	var b strings.Builder
	for _, part := range []string{public, asked.RawQuery, publicHeader(h).Get("Accept")} {
		b.WriteString(strconv.Itoa(len(part)) + ":" + part)
	}
	return sha256.Sum256([]byte(b.String()))
}

// servePublic answers from the cache, or asks the back end for what everybody
// may have, not too often at once.
func (p *Proxy) servePublic(w http.ResponseWriter, r *http.Request) {
	if p.serveKept(w, r) {
		return
	}
	select {
	case p.openapi.asking <- struct{}{}:
		defer func() { <-p.openapi.asking }()
	case <-r.Context().Done():
		return
	}
	if !p.serveKept(w, r) { // somebody may have asked meanwhile
		p.forward(w, r)
	}
}

func (p *Proxy) serveKept(w http.ResponseWriter, r *http.Request) bool {
	kept, ok := p.openapi.entries.Get(passageOf(r).publicKey)
	if !ok || !p.openapi.now().Before(kept.until) {
		return false
	}
	h := w.Header()
	for name, values := range kept.header {
		h[name] = slices.Clone(values)
	}
	p.CORS.apply(h, eventOf(r).origin)
	h.Set("X-Request-Id", eventOf(r).id)
	p.fixCaching(h, nobody)
	h.Set("Content-Length", strconv.Itoa(len(kept.body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(kept.body) // the caller is gone if it fails
	}
	return true
}

// keep copies an answer into the cache as it passes, if it passes whole and the
// back end has nothing against it.
func (c *publicAnswers) keep(res *http.Response) {
	if res.StatusCode != http.StatusOK || res.Request.Method != http.MethodGet || res.Header.Get("Content-Encoding") != "" ||
		res.Header.Get("Set-Cookie") != "" || forbidsSharing(res.Header.Values("Cache-Control")) {
		return
	}
	header := make(http.Header)
	for _, name := range []string{"Content-Type", "Content-Language", "Etag", "Link"} {
		if values := res.Header.Values(name); len(values) > 0 {
			header[name] = slices.Clone(values)
		}
	}
	key := passageOf(res.Request).publicKey
	res.Body = &capture{ReadCloser: res.Body, whole: func(body []byte) {
		c.entries.Add(key, publicAnswer{header, body, c.now().Add(publicFor)})
	}}
}

// forbidsSharing reads Cache-Control as a shared cache must (RFC 9111 section 3).
func forbidsSharing(cacheControl []string) bool {
	all := strings.ToLower(strings.Join(cacheControl, ","))
	return strings.Contains(all, "private") || strings.Contains(all, "no-store") || strings.Contains(all, "no-cache")
}

// capture copies a body while it is read, and hands it over at its end.
type capture struct {
	io.ReadCloser
	copied bytes.Buffer
	whole  func([]byte)
}

func (c *capture) Read(buf []byte) (int, error) {
	n, err := c.ReadCloser.Read(buf)
	if c.whole == nil {
		return n, err
	}
	c.copied.Write(buf[:n])
	switch {
	case c.copied.Len() > publicBytes:
		c.whole, c.copied = nil, bytes.Buffer{}
	case err == io.EOF:
		c.whole(c.copied.Bytes())
		c.whole = nil
	}
	return n, err
}
