package main

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"time"

	"github.com/geowarden/geowarden/internal/upstream"
)

// newTransport makes the way to the back end. Answers are not decompressed on
// the way: what the client gets is what was sent.
func newTransport(s *Settings) (*upstream.Transport, error) {
	t := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // documented in net/http
	t.DisableCompression = true
	t.ResponseHeaderTimeout = s.UpstreamTimeout
	t.ExpectContinueTimeout = s.UpstreamTimeout // the body waits for the back end's word, RFC 9110 section 10.1.1
	t.MaxIdleConnsPerHost = 256
	t.MaxIdleConns = 256
	t.IdleConnTimeout = 60 * time.Second
	t.MaxResponseHeaderBytes = 256 << 10
	roots, err := s.UpstreamCAs()
	if err != nil {
		return nil, fmt.Errorf("UPSTREAM_CA_FILE: %s %w", s.UpstreamCAFile, err)
	}
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
	return upstream.New(t), nil
}

// withHeader adds the fixed headers of the back end to requests that the
// gateway makes on its own account.
type withHeader struct {
	header http.Header
	next   http.RoundTripper
}

func (t withHeader) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	for name, values := range t.header {
		r.Header[name] = values
	}
	return t.next.RoundTrip(r)
}
