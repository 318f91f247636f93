package proxy

import (
	"bytes"
	"crypto/sha256"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/geowarden/geowarden/ogcapi"
)

// answerCache holds the API definition as it was last served to the public, so
// that a flood without a credential does not reach the back end. It is bounded
// in number, size and age.
type answerCache struct {
	entries *lru.Cache[[sha256.Size]byte, cachedAnswer]
	now     func() time.Time
}

type cachedAnswer struct {
	header http.Header
	body   []byte
	until  time.Time
}

const (
	cachedAnswers = 32
	cachedBytes   = 2 << 20
	cachedFor     = 30 * time.Second
)

func newAnswerCache(now func() time.Time) (*answerCache, error) {
	entries, err := lru.New[[sha256.Size]byte, cachedAnswer](cachedAnswers)
	return &answerCache{entries: entries, now: now}, err
}

// cacheKey names what the answer depends on. Each part is preceded by its
// length, so that no two lists of parts make one key (CVE-2026-33496).
func cacheKey(asked *ogcapi.Request, public string, accept http.Header) [sha256.Size]byte {
	var b strings.Builder
	for _, part := range []string{public, asked.RawQuery, strings.Join(accept.Values("Accept"), ","), strings.Join(accept.Values("Accept-Language"), ",")} {
		b.WriteString(strconv.Itoa(len(part)) + ":" + part)
	}
	return sha256.Sum256([]byte(b.String()))
}

// serve answers from the cache, and reports whether it could.
func (c *answerCache) serve(w http.ResponseWriter, r *http.Request, finish func(http.Header, *event)) bool {
	hit, ok := c.entries.Get(passageOf(r).cacheKey)
	if !ok || !c.now().Before(hit.until) {
		return false
	}
	h := w.Header()
	for name, values := range hit.header {
		h[name] = append([]string(nil), values...)
	}
	finish(h, eventOf(r))
	h.Set("Content-Length", strconv.Itoa(len(hit.body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(hit.body) // the caller is gone if it fails
	}
	return true
}

// keep copies an answer into the cache as it passes, if it passes whole.
func (c *answerCache) keep(res *http.Response) {
	if res.StatusCode != http.StatusOK || res.Request.Method != http.MethodGet || res.Header.Get("Content-Encoding") != "" {
		return
	}
	header := make(http.Header)
	for _, name := range []string{"Content-Type", "Content-Language", "Etag", "Link"} {
		if values := res.Header.Values(name); len(values) > 0 {
			header[name] = append([]string(nil), values...)
		}
	}
	key := passageOf(res.Request).cacheKey
	res.Body = &capture{ReadCloser: res.Body, whole: func(body []byte) { c.entries.Add(key, cachedAnswer{header, body, c.now().Add(cachedFor)}) }}
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
	case c.copied.Len() > cachedBytes:
		c.whole, c.copied = nil, bytes.Buffer{}
	case err == io.EOF:
		c.whole(c.copied.Bytes())
		c.whole = nil
	}
	return n, err
}
