package proxy_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/geowarden/geowarden/proxy"
)

// Row 10: CVE-2025-22871, CVE-2022-1705. What could be two requests is none.
func TestAmbiguousFramingIsRefused(t *testing.T) {
	r := newRig(t, "open")
	head := "POST " + contexts + "/processes/hello-world/execution HTTP/1.1\r\nHost: gateway.test\r\nContent-Type: application/json\r\n"
	tests := map[string]string{
		"two lengths":                head + "Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}",
		"two lengths in one":         head + "Content-Length: 2, 40\r\n\r\n{}",
		"negative length":            head + "Content-Length: -2\r\n\r\n{}",
		"plus in the length":         head + "Content-Length: +2\r\n\r\n{}",
		"space before the colon":     head + "Content-Length : 2\r\n\r\n{}",
		"space in a header's name":   head + "X Y: 1\r\nContent-Length: 2\r\n\r\n{}",
		"two hosts":                  "GET " + contexts + "/ HTTP/1.1\r\nHost: gateway.test\r\nHost: evil.test\r\n\r\n",
		"no host":                    "GET " + contexts + "/ HTTP/1.1\r\n\r\n",
		"unknown transfer encoding":  head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		"disguised chunked":          head + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
		"line feed inside a header":  head + "X-A: a\nX-B : b\r\nContent-Length: 2\r\n\r\n{}",
		"nul in a header":            head + "X-A: a\x00b\r\nContent-Length: 2\r\n\r\n{}",
		"folded header's first line": "GET " + contexts + "/ HTTP/1.1\r\n X-A: b\r\nHost: gateway.test\r\n\r\n",
	}
	for name, sent := range tests {
		t.Run(name, func(t *testing.T) {
			r.upstream.Reset()
			a, reader, _ := r.raw(sent)
			if a.StatusCode != http.StatusBadRequest && a.StatusCode != http.StatusNotImplemented {
				t.Errorf("status %d, want 400 or 501", a.StatusCode)
			}
			if n := len(r.arrived()); n != 0 {
				t.Errorf("%d requests arrived", n)
			}
			if !closed(reader) {
				t.Error("the connection stays open for what comes after")
			}
		})
	}
}

func closed(r *bufio.Reader) bool {
	_, err := r.ReadByte()
	return err != nil
}

// Row 10: with both, chunked wins and the length is dropped; what is forwarded
// has one framing, and nothing of the body is taken for a second request.
func TestChunkedWithLengthIsOneRequest(t *testing.T) {
	r := newRig(t, "open")
	smuggled := "GET " + contexts + "/admin/config HTTP/1.1\r\nHost: gateway.test\r\n\r\n"
	sent := "POST " + contexts + "/processes/hello-world/execution HTTP/1.1\r\nHost: gateway.test\r\nContent-Type: application/json\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n" +
		"19\r\n{\"inputs\":{\"name\":\"me\"}}\n\r\n0\r\n\r\n" + smuggled
	a, reader, _ := r.raw(sent)
	if a.StatusCode >= http.StatusInternalServerError {
		t.Errorf("status %d: %s", a.StatusCode, a.body)
	}
	got := r.arrived()
	if len(got) != 1 || got[0].BodyBytes != 25 || len(got[0].TransferEncoding)+len(got[0].Header.Values("Content-Length")) > 1 {
		t.Fatalf("arrived: %+v", got)
	}
	// What follows the last chunk is a request of its own, and decided like one.
	second, err := http.ReadResponse(reader, &http.Request{Method: "GET"})
	if err != nil {
		return // or the connection was closed, which is right too
	}
	defer func() { _ = second.Body.Close() }()
	if second.StatusCode != http.StatusForbidden || len(r.arrived()) != 1 {
		t.Errorf("the request behind it: status %d, %d arrived", second.StatusCode, len(r.arrived()))
	}
}

// A bad chunk is the client's fault, and found before the back end answers.
func TestBadChunkIsTheClientsFault(t *testing.T) {
	r := newRig(t, "open")
	for name, body := range map[string]string{"no length": "zz\r\n{}\r\n0\r\n\r\n", "bare line feed in an extension": "2;a\nb\r\n{}\r\n0\r\n\r\n", "length beyond 64 bits": "fffffffffffffffff\r\n{}\r\n0\r\n\r\n"} {
		t.Run(name, func(t *testing.T) {
			a, _, _ := r.raw("POST " + contexts + "/processes/hello-world/execution HTTP/1.1\r\nHost: gateway.test\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
			if a.StatusCode != http.StatusBadRequest {
				t.Errorf("status %d: %s", a.StatusCode, a.body)
			}
		})
	}
}

// Row 11: methods that open tunnels or echo, and requests for other hosts.
func TestMethodsAndTargetsOfOthersAreRefused(t *testing.T) {
	r := newRig(t, "open")
	tests := map[string]struct {
		sent string
		want int
	}{
		"connect":                   {"CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test:443\r\n\r\n", 405},
		"connect with a path":       {"CONNECT " + contexts + "/ HTTP/1.1\r\nHost: gateway.test\r\n\r\n", 405},
		"trace":                     {request("TRACE", contexts+"/"), 405},
		"propfind":                  {request("PROPFIND", contexts+"/"), 405},
		"a method in lower case":    {request("get", contexts+"/"), 405},
		"absolute form, other host": {request("GET", "http://evil.test"+contexts+"/"), 400},
		"absolute form, no host":    {request("GET", "http://"+contexts+"/"), 400},
		"absolute form, a user":     {request("GET", strings.Replace(r.gateway.URL, "://", "://user@", 1)+contexts+"/"), 400},
		"absolute form, ftp":        {request("GET", strings.Replace(r.gateway.URL, "http:", "ftp:", 1)+contexts+"/"), 400},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r.upstream.Reset()
			a, _, _ := r.raw(tt.sent)
			if a.StatusCode != tt.want {
				t.Errorf("status %d, want %d: %s", a.StatusCode, tt.want, a.body)
			}
			if n := len(r.arrived()); n != 0 {
				t.Errorf("%d requests arrived", n)
			}
		})
	}
	a, _, _ := r.raw(request("GET", r.gateway.URL+contexts+"/collections"))
	if a.StatusCode != http.StatusOK {
		t.Errorf("absolute form for our own host: status %d: %s", a.StatusCode, a.body)
	}
}

// Row 11: an override of the method never reaches a server that would heed it.
func TestMethodOverridesDoNotArrive(t *testing.T) {
	r := newRig(t, "open")
	for _, name := range []string{"X-HTTP-Method-Override", "X-Http-Method", "X-Method-Override", "X_HTTP_Method_Override"} {
		r.do("GET", "/collections/obs", name+": DELETE")
		for header, values := range r.lastArrived().Header {
			if strings.Contains(strings.Join(values, " "), "DELETE") {
				t.Errorf("arrived: %s: %s", header, values)
			}
		}
	}
}

// Row 11: CVE-2026-71324, CVE-2025-64763. No upgrade opens a tunnel, even if
// the back end switches protocols unasked.
func TestUpgradesOpenNoTunnel(t *testing.T) {
	switching, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = switching.Close() })
	heads := make(chan string, 8)
	go func() {
		for {
			conn, err := switching.Accept()
			if err != nil {
				return
			}
			buf := make([]byte, 4096)
			n, _ := conn.Read(buf)
			heads <- string(buf[:n])
			_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nraw bytes")
			time.AfterFunc(time.Second, func() { _ = conn.Close() })
		}
	}()
	r := newRig(t, "open", func(_ *rig, cfg *proxy.Config) {
		cfg.Upstream = &url.URL{Scheme: "http", Host: switching.Addr().String()}
	})
	for _, upgrade := range []string{"websocket", "h2c", "tls/1.3", ""} {
		headers := []string{"Connection: Upgrade, HTTP2-Settings", "Upgrade: " + upgrade, "HTTP2-Settings: AAMAAABk"}
		if upgrade == "" {
			headers = nil
		}
		a, _, conn := r.raw("GET " + contexts + "/processes HTTP/1.1\r\nHost: gateway.test\r\n" + strings.Join(append(headers, ""), "\r\n") + "\r\n")
		if a.StatusCode != http.StatusBadGateway || !strings.Contains(a.body, "switched protocols") {
			t.Errorf("%q: status %d, want 502 and why: %s", upgrade, a.StatusCode, a.body)
		}
		if strings.Contains(a.body, "raw bytes") {
			t.Errorf("%q: bytes of the tunnel came through", upgrade)
		}
		_ = conn.Close()
		if head := <-heads; strings.Contains(strings.ToLower(head), "upgrade") || strings.Contains(strings.ToLower(head), "http2-settings") {
			t.Errorf("%q: the back end was asked to switch: %s", upgrade, head)
		}
	}
}

// Request trailers would arrive after the decision: they do not arrive.
func TestRequestTrailersDoNotArrive(t *testing.T) {
	arrived := make(chan http.Header, 1)
	r := newRig(t, "open", serving(t, func(_ http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		all := req.Header.Clone()
		for name, values := range req.Trailer {
			all["Trailer-"+name] = values
		}
		arrived <- all
	}))
	a, _, _ := r.raw("POST " + contexts + "/processes/hello-world/execution HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\nTE: trailers\r\nContent-Type: application/json\r\nTrailer: X-Late\r\nTransfer-Encoding: chunked\r\n\r\n" +
		"2\r\n{}\r\n0\r\nX-Late: mallory\r\n\r\n")
	if a.StatusCode != http.StatusOK {
		t.Fatalf("status %d: %s", a.StatusCode, a.body)
	}
	for name, values := range <-arrived {
		if name == "Te" || strings.HasPrefix(name, "Trailer") {
			t.Errorf("arrived: %s: %s", name, values)
		}
	}
}

// Row 24's beginning: a body that never comes does not keep a refusal, its
// connection or a shutdown waiting.
func TestRefusalsDoNotWaitForTheBody(t *testing.T) {
	r := newRig(t, "api-key")
	for name, head := range map[string]string{
		"no key":    "POST " + contexts + "/jobs HTTP/1.1\r\nHost: gateway.test\r\nContent-Length: 1000\r\n\r\n",
		"chunked":   "POST " + contexts + "/jobs HTTP/1.1\r\nHost: gateway.test\r\nTransfer-Encoding: chunked\r\n\r\n",
		"health":    "GET /healthz HTTP/1.1\r\nHost: gateway.test\r\nContent-Length: 1000\r\n\r\n",
		"preflight": "OPTIONS " + contexts + "/jobs HTTP/1.1\r\nHost: gateway.test\r\nOrigin: https://a.test\r\nAccess-Control-Request-Method: GET\r\nContent-Length: 1000\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			a, reader, _ := r.raw(head) // the answer comes, although the body does not
			if a.StatusCode != http.StatusUnauthorized && a.StatusCode != http.StatusNoContent && name != "health" {
				t.Errorf("status %d", a.StatusCode)
			}
			if !a.Close {
				t.Error("the connection stays open for a body that nobody reads")
			}
			if !closed(reader) {
				t.Error("the connection was not closed")
			}
		})
	}
}
