package demo

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// UpstreamConfig says what a sample upstream is like. The zero value works.
type UpstreamConfig struct {
	// ServerURL is what the upstream calls itself: every link starts with it, whatever Host or X-Forwarded header a
	// request has. http://localhost:5000 by default; SetServerURL changes it.
	ServerURL string
	// Collections are served beside obs and lakes. An id may have slashes.
	Collections []Collection
	// Now is time.Now by default.
	Now func() time.Time
}

// Upstream is a sample OGC API, as an http.Handler: Features that can be edited in memory, Processes with jobs, a
// static file and an administration resource, in JSON, GeoJSON, JSON-LD and HTML. It records the requests that
// arrive, with their headers, and is safe for concurrent use.
type Upstream struct {
	recorder
	server      atomic.Pointer[string]
	now         func() time.Time
	collections []*dataset
	jobs        jobs
}

// NewUpstream makes an upstream with the collections obs and lakes and the process hello-world.
func NewUpstream(config UpstreamConfig) *Upstream {
	u := &Upstream{now: config.Now}
	if u.now == nil {
		u.now = time.Now
	}
	if config.ServerURL == "" {
		config.ServerURL = "http://localhost:5000"
	}
	u.SetServerURL(config.ServerURL)
	for _, c := range append(sampleCollections(), config.Collections...) {
		u.collections = append(u.collections, newDataset(c))
	}
	return u
}

// SetServerURL says what the upstream calls itself from now on, with or without a slash at the end.
func (u *Upstream) SetServerURL(server string) {
	server = strings.TrimRight(server, "/")
	u.server.Store(&server)
}

// ServeHTTP records the request, and answers it.
func (u *Upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Powered-By", "geowarden demo")
	w.Header().Set("Content-Language", "en-US")
	body, err := u.receive(r)
	switch {
	case errors.Is(err, errBodyTooLarge):
		u.exception(w, r, http.StatusRequestEntityTooLarge, "InvalidParameterValue", err.Error())
		return
	case err != nil:
		u.exception(w, r, http.StatusBadRequest, "InvalidParameterValue", "the body cannot be read")
		return
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	u.route(canonical(r.URL.Path)).serve(u, w, r)
}
