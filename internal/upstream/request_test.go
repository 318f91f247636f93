package upstream

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func request(t *testing.T, method, target string, header http.Header) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		req.Header = header
	}
	return req
}

// Nothing that a header or URL holds becomes a second request (CVE-2022-1705
// and its like).
func TestNoRequestIsSplit(t *testing.T) {
	cases := map[string]*http.Request{
		"line break in a value":   request(t, "GET", "http://backend.test/", http.Header{"X-A": {"a\r\n\r\nGET /evil HTTP/1.1"}}),
		"line feed in a value":    request(t, "GET", "http://backend.test/", http.Header{"X-A": {"a\nX-B: c"}}),
		"NUL in a value":          request(t, "GET", "http://backend.test/", http.Header{"X-A": {"a\x00"}}),
		"line break in a name":    request(t, "GET", "http://backend.test/", http.Header{"X-A: b\r\nX-B": {"c"}}),
		"space in a name":         request(t, "GET", "http://backend.test/", http.Header{"Content-Length ": {"5"}}),
		"no name":                 request(t, "GET", "http://backend.test/", http.Header{"": {"5"}}),
		"line break in the query": {URL: &url.URL{Scheme: "http", Host: "backend.test", Path: "/", RawQuery: "a HTTP/1.1\r\nX-A: b"}, Header: http.Header{}},
		"space in the query":      {URL: &url.URL{Scheme: "http", Host: "backend.test", Path: "/", RawQuery: "a b"}, Header: http.Header{}},
		"tab in the query":        {URL: &url.URL{Scheme: "http", Host: "backend.test", Path: "/", RawQuery: "a\tb"}, Header: http.Header{}},
		"line break in the agent": request(t, "GET", "http://backend.test/", http.Header{"User-Agent": {"a\r\nX-B: c"}}),
	}
	for name, req := range cases {
		t.Run(name, func(t *testing.T) {
			res, err := New(&http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
				t.Error("a connection was made for it")
				return nil, errors.New("none")
			}}).RoundTrip(req)
			if err == nil {
				_ = res.Body.Close()
				t.Fatal("it was sent")
			}
			if strings.Contains(err.Error(), "evil") {
				t.Errorf("the error tells the value: %v", err)
			}
		})
	}
}

// Only what is simple goes the direct way.
func TestOnlySimpleRequestsAreDirect(t *testing.T) {
	elsewhere := func(*http.Request) (*url.URL, error) { return url.Parse("http://proxy.test") }
	cases := map[string]func(*http.Request, *http.Transport){
		"a POST":              func(r *http.Request, _ *http.Transport) { r.Method = "POST" },
		"a CONNECT":           func(r *http.Request, _ *http.Transport) { r.Method = "CONNECT" },
		"a DELETE":            func(r *http.Request, _ *http.Transport) { r.Method = "DELETE" },
		"a method in a case":  func(r *http.Request, _ *http.Transport) { r.Method = "get" },
		"a body":              func(r *http.Request, _ *http.Transport) { r.Body = io.NopCloser(strings.NewReader("a")) },
		"a length":            func(r *http.Request, _ *http.Transport) { r.ContentLength = -1 },
		"a coding":            func(r *http.Request, _ *http.Transport) { r.TransferEncoding = []string{"chunked"} },
		"a trailer":           func(r *http.Request, _ *http.Transport) { r.Trailer = http.Header{"X-A": nil} },
		"https":               func(r *http.Request, _ *http.Transport) { r.URL.Scheme = "https" },
		"no URL":              func(r *http.Request, _ *http.Transport) { r.URL = nil },
		"no header":           func(r *http.Request, _ *http.Transport) { r.Header = nil },
		"an opaque URL":       func(r *http.Request, _ *http.Transport) { r.URL.Opaque = "//x y" },
		"one that closes":     func(r *http.Request, _ *http.Transport) { r.Close = true },
		"Expect":              func(r *http.Request, _ *http.Transport) { r.Header["Expect"] = []string{"100-continue"} },
		"Upgrade":             func(r *http.Request, _ *http.Transport) { r.Header["Upgrade"] = []string{"h2c"} },
		"Connection":          func(r *http.Request, _ *http.Transport) { r.Header["Connection"] = []string{"close"} },
		"a name in a case":    func(r *http.Request, _ *http.Transport) { r.Header["content-length"] = []string{"5"} },
		"Keep-Alive":          func(r *http.Request, _ *http.Transport) { r.Header["Keep-Alive"] = []string{"9"} },
		"no host":             func(r *http.Request, _ *http.Transport) { r.URL.Host = "" },
		"a host in Unicode":   func(r *http.Request, _ *http.Transport) { r.URL.Host = "bücher.test" },
		"a zone":              func(r *http.Request, _ *http.Transport) { r.URL.Host = "[fe80::1%25en0]" },
		"a Host of two lines": func(r *http.Request, _ *http.Transport) { r.Host = "a\r\nX-A: b" },
		"a Host with a path":  func(r *http.Request, _ *http.Transport) { r.Host = "a/b" },
		"a proxy":             func(_ *http.Request, p *http.Transport) { p.Proxy = elsewhere },
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			req, fallback := request(t, "GET", "http://backend.test/", nil), &http.Transport{}
			if !New(fallback).isDirect(req) {
				t.Fatal("what is simple is not direct")
			}
			change(req, fallback)
			if New(fallback).isDirect(req) {
				t.Error("it is direct")
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	for host, want := range map[string]string{"a.test": "a.test:80", "a.test:": "a.test:80", "a.test:5000": "a.test:5000", "[::1]": "[::1]:80", "[::1]:81": "[::1]:81"} {
		if got := addressOf(&url.URL{Host: host}); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
}
