package upstream

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/url"
	"reflect"
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

// What arrives is what net/http would have written.
func TestRequestsAreWrittenAsByHTTP(t *testing.T) {
	cases := map[string]*http.Request{
		"plain":       request(t, "GET", "http://backend.test:5000/a/b?c=d", nil),
		"no path":     request(t, "HEAD", "http://backend.test", nil),
		"no method":   {URL: &url.URL{Scheme: "http", Host: "backend.test", Path: "/"}, Header: http.Header{}},
		"escapes":     request(t, "GET", "http://backend.test/a%2Fb%20c?x=%zz;y=1", nil),
		"fields":      request(t, "OPTIONS", "http://[::1]:80/", http.Header{"Accept": {"a", " b\t"}, "X-Latin": {"\xe9"}, "X-None": nil, "X-Empty": {""}}),
		"agent":       request(t, "GET", "http://backend.test/", http.Header{"User-Agent": {"one", "two"}}),
		"no agent":    request(t, "GET", "http://backend.test/", http.Header{"User-Agent": {""}}),
		"nil agent":   request(t, "GET", "http://backend.test/", http.Header{"User-Agent": nil}),
		"framing":     request(t, "GET", "http://backend.test/", http.Header{"Content-Length": {"5"}, "Transfer-Encoding": {"chunked"}, "Trailer": {"X-A"}, "Host": {"evil.test"}}),
		"te trailers": request(t, "GET", "http://backend.test/", http.Header{"Te": {"trailers"}}),
		"other host":  request(t, "GET", "http://backend.test/", nil),
	}
	cases["other host"].Host = "public.test"
	transport := New(&http.Transport{})
	for name, req := range cases {
		t.Run(name, func(t *testing.T) {
			if !transport.isDirect(req) {
				t.Fatal("not direct")
			}
			here, ok, err := appendRequest(nil, req)
			if err != nil || !ok {
				t.Fatalf("%v, %v", ok, err)
			}
			var there bytes.Buffer
			if err := req.Write(&there); err != nil {
				t.Fatal(err)
			}
			a, b := reread(t, here), reread(t, there.Bytes())
			if a.Method != b.Method || a.RequestURI != b.RequestURI || a.Host != b.Host || !reflect.DeepEqual(a.Header, b.Header) || a.ContentLength != 0 {
				t.Errorf("wrote\n%s, not\n%s", here, &there)
			}
		})
	}
}

func reread(t *testing.T, raw []byte) *http.Request {
	t.Helper()
	reader := bufio.NewReader(bytes.NewReader(raw))
	req, err := http.ReadRequest(reader)
	if err != nil {
		t.Fatalf("%v:\n%s", err, raw)
	}
	if rest, err := io.ReadAll(reader); err != nil || len(rest) > 0 {
		t.Errorf("a second request: %q, %v", rest, err)
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
			raw, _, err := appendRequest(nil, req)
			if err == nil {
				t.Fatalf("wrote %q", raw)
			}
			if strings.Contains(err.Error(), "evil") {
				t.Errorf("the error tells the value: %v", err)
			}
			if res, err := New(&http.Transport{}).RoundTrip(req); err == nil {
				_ = res.Body.Close()
				t.Error("it was sent")
			}
		})
	}
}

// A framing field in another case is the same field to the back end.
func TestFramingIsNeverTakenFromTheHeader(t *testing.T) {
	for _, name := range []string{"content-length", "CONTENT-LENGTH", "transfer-encoding", "trailer", "host"} {
		raw, ok, err := appendRequest(nil, request(t, "GET", "http://backend.test/", http.Header{name: {"chunked"}}))
		if err != nil || !ok || bytes.Contains(raw, []byte("chunked")) {
			t.Errorf("%s: wrote %q, %v, %v", name, raw, ok, err)
		}
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
		"Upgrade":             func(r *http.Request, _ *http.Transport) { r.Header["upgrade"] = []string{"h2c"} },
		"Connection":          func(r *http.Request, _ *http.Transport) { r.Header["CONNECTION"] = []string{"close"} },
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
				if _, ok, err := appendRequest(nil, req); ok || err != nil {
					t.Errorf("direct: %v, %v", ok, err)
				}
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
