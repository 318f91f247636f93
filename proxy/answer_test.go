package proxy_test

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/geowarden/geowarden/proxy"
)

// The three modes, from end to end: 401, 200, 403.
func TestModes(t *testing.T) {
	apiKey, jwks, oidc := newRig(t, "api-key"), newRig(t, "jwks"), newRig(t, "oidc")
	tests := []struct {
		rig               *rig
		path              string
		headers           []string
		status            int
		detail, message   string
		challenge, prefix string
	}{
		{apiKey, "/collections/obs", nil, 401, "no api key", "Unauthorized", "ApiKey", ""},
		{apiKey, "/collections/obs", []string{"X-API-KEY: wrong"}, 401, "invalid api key", "Unauthorized", "ApiKey", ""},
		{apiKey, "/collections/obs", []string{key()}, 200, "", "", "", ""},
		{apiKey, "/admin/config", []string{key()}, 403, "", "Forbidden", "", ""},
		{jwks, "/collections/obs", nil, 401, "", "Unauthenticated", `Bearer realm="geowarden"`, ""},
		{jwks, "/collections/obs", []string{"Authorization: Bearer x.y.z"}, 401, "", "Unauthenticated", "", `Bearer realm="geowarden", error="invalid_token"`},
		{jwks, "/collections/obs", []string{jwks.token(osgeo)}, 200, "", "", "", ""},
		{jwks, "/collections/obs", []string{oidc.token(osgeo)}, 401, "", "Unauthenticated", "", "Bearer"},
		{oidc, "/collections/obs", nil, 401, "", "Unauthorized", `Bearer realm="geowarden"`, ""},
		{oidc, "/collections/obs", []string{oidc.token(osgeo)}, 200, "", "", "", ""},
		{oidc, "/collections/lakes", []string{oidc.token(osgeo)}, 403, "", "Forbidden", "", ""},
		{oidc, "/collections/lakes", []string{oidc.token(geobeyond)}, 200, "", "", "", ""},
		{oidc, "/collections/obs/items", []string{oidc.token(geobeyond)}, 403, "", "Forbidden", "", ""},
		{oidc, "/collections/obs", []string{"Authorization: Bearer " + oidc.issuer.IDToken(osgeo)}, 401, "", "Unauthorized", "", "Bearer"},
	}
	for i, tt := range tests {
		t.Run(strconv.Itoa(i)+tt.path, func(t *testing.T) {
			tt.rig.upstream.Reset()
			a := tt.rig.do("GET", tt.path, tt.headers...)
			if a.StatusCode != tt.status {
				t.Fatalf("status %d, want %d: %s", a.StatusCode, tt.status, a.body)
			}
			if n := len(tt.rig.arrived()); (n == 1) != (tt.status == 200) {
				t.Errorf("%d requests arrived", n)
			}
			if tt.status == 200 {
				return
			}
			p := a.problem(t)
			challenge := a.Header.Get("WWW-Authenticate")
			switch {
			case tt.detail != "" && p["detail"] != tt.detail:
				t.Errorf("detail %q, want %q", p["detail"], tt.detail)
			case p["message"] != tt.message:
				t.Errorf("message %q, want %q", p["message"], tt.message)
			case tt.prefix == "" && challenge != tt.challenge, !strings.HasPrefix(challenge, tt.prefix):
				t.Errorf("challenge %q", challenge)
			}
		})
	}
}

// Every error has the members that each family of clients reads, is not
// cached, and can be read by a page.
func TestErrorsAreReadByEveryClient(t *testing.T) {
	r := newRig(t, "api-key")
	for _, path := range []string{"/collections", "/a//b", "/../"} {
		a := r.rawTarget(path)
		p := a.problem(t)
		for _, member := range []string{"type", "title", "status", "detail", "code", "description", "message", "id"} {
			if p[member] == nil || p[member] == "" {
				t.Errorf("%s: no %s in %s", path, member, a.body)
			}
		}
		if p["id"] != a.Header.Get("X-Request-Id") || a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Access-Control-Allow-Origin") != "*" ||
			a.Header.Get("Content-Type") != "application/problem+json" || p["description"] != p["detail"] {
			t.Errorf("%s: %v %s", path, a.Header, a.body)
		}
	}
	if a := r.do("HEAD", "/collections"); a.StatusCode != http.StatusUnauthorized || a.body != "" {
		t.Errorf("HEAD: status %d, body %q", a.StatusCode, a.body)
	}
}

// serving is a back end of one function.
func serving(t *testing.T, handler http.HandlerFunc) func(*rig, *proxy.Config) {
	t.Helper()
	backend := httptest.NewServer(handler)
	t.Cleanup(backend.Close)
	at, err := url.Parse(backend.URL)
	if err != nil {
		t.Fatal(err)
	}
	return func(_ *rig, cfg *proxy.Config) { cfg.Upstream, cfg.UpstreamServer = at, "http://inside.test:5000" }
}

func TestLinksLeadToTheGateway(t *testing.T) {
	bodies := map[string]struct{ media, body string }{
		"json":    {"application/json", `{"links":[{"href":"http://inside.test:5000/collections"}],"n":1.50}`},
		"geojson": {"application/geo+json", `{"features":[{"properties":{"url":"http://inside.test:5000/data"}}],"links":[{"href":"http://inside.test:5000/collections"}]}`},
		"html":    {"text/html; charset=utf-8", `<a href="http://inside.test:5000/collections">x</a><script>var u = "http://inside.test:5000/collections";</script>`},
	}
	for name, b := range bodies {
		for _, coding := range []string{"", "gzip"} {
			t.Run(name+" "+coding, func(t *testing.T) {
				r := newRig(t, "open", serving(t, func(w http.ResponseWriter, req *http.Request) {
					if strings.HasPrefix(req.URL.Path, "/collections") && req.URL.RawQuery == "f=json" {
						_, _ = io.WriteString(w, `{"collections":[]}`)
						return
					}
					w.Header().Set("Content-Type", b.media)
					w.Header().Set("Link", `<http://inside.test:5000/collections>; rel="next"`)
					w.Header().Set("Etag", `"upstream"`)
					if req.Header.Get("Range")+req.Header.Get("If-None-Match") != "" {
						w.WriteHeader(http.StatusTeapot)
					}
					if strings.Contains(req.Header.Get("Accept-Encoding"), "gzip") {
						w.Header().Set("Content-Encoding", "gzip")
						zw := gzip.NewWriter(w)
						_, _ = io.WriteString(zw, b.body)
						_ = zw.Close()
						return
					}
					_, _ = io.WriteString(w, b.body)
				}))
				headers := []string{"Range: bytes=0-4", `If-None-Match: "upstream"`, "Accept-Encoding: identity"}
				if coding != "" {
					headers[2] = "Accept-Encoding: gzip"
				}
				a := r.do("GET", "/processes", headers...)
				got := a.body
				if coding != "" {
					if a.Header.Get("Content-Encoding") != "gzip" {
						t.Fatalf("Content-Encoding %q", a.Header.Get("Content-Encoding"))
					}
					zr, err := gzip.NewReader(strings.NewReader(a.body))
					if err != nil {
						t.Fatal(err)
					}
					plain, err := io.ReadAll(zr)
					if err != nil {
						t.Fatal(err)
					}
					got = string(plain)
				}
				public := r.gateway.URL + contexts + "/collections"
				want := strings.ReplaceAll(b.body, "http://inside.test:5000/collections", public)
				if got != want {
					t.Errorf("got  %s\nwant %s", got, want)
				}
				if a.StatusCode != http.StatusOK || a.Header.Get("Link") != "<"+public+`>; rel="next"` {
					t.Errorf("status %d, Link %s", a.StatusCode, a.Header.Get("Link"))
				}
				if tag := a.Header.Get("Etag"); tag == `"upstream"` || !strings.HasPrefix(tag, `W/"`) {
					t.Errorf("a rewritten body has the validator %q of another", tag)
				}
			})
		}
	}
}

func TestLocationsLeadToTheGateway(t *testing.T) {
	var location string
	var self *proxy.Config
	r := newRig(t, "open", serving(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", location)
		w.Header().Set("Link", `</collections?offset=1>; rel="next", <//example.org/a>; rel=x, <b>; rel=y; title="</a>", </>; rel=z`)
		w.WriteHeader(http.StatusSeeOther)
	}), func(_ *rig, cfg *proxy.Config) { self = cfg })
	tests := map[string]string{
		"http://inside.test:5000/jobs/1":      "/jobs/1",
		self.Upstream.String() + "/jobs/1?f=": "/jobs/1?f=",
		"/jobs/1":                             "/jobs/1",
		contexts + "/jobs/1":                  "/jobs/1",
		contexts:                              "",
		contexts + "#frag":                    "#frag",
	}
	for from, to := range tests {
		location = from
		a := r.do("GET", "/processes")
		got := strings.TrimPrefix(a.Header.Get("Location"), r.gateway.URL)
		if link := a.Header.Get("Link"); link != "<"+contexts+`/collections?offset=1>; rel="next", <//example.org/a>; rel=x, <b>; rel=y; title="</a>", <`+contexts+`/>; rel=z` {
			t.Errorf("Link became %s", link)
		}
		if got != contexts+to {
			t.Errorf("Location %s became %s", from, a.Header.Get("Location"))
		}
	}
	for _, elsewhere := range []string{"https://example.org/x", "//example.org/x", "http://inside.test:50001/x"} {
		location = elsewhere
		if got := r.do("GET", "/processes").Header.Get("Location"); got != elsewhere {
			t.Errorf("Location %s became %s", elsewhere, got)
		}
	}
}

// Row 26: a cut of the back end is a cut to the client, never a clean 200.
func TestCutInTheMiddleStaysACut(t *testing.T) {
	for _, upstreamStatus := range []int{http.StatusOK, http.StatusInternalServerError} {
		for _, rewritten := range []bool{false, true} {
			r := newRig(t, "open", serving(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(upstreamStatus)
				_, _ = io.WriteString(w, `{"features":[`+strings.Repeat(`{"type":"Feature"},`, 1000))
				_ = http.NewResponseController(w).Flush()
				panic(http.ErrAbortHandler)
			}), func(_ *rig, cfg *proxy.Config) {
				if !rewritten {
					cfg.UpstreamServer = cfg.Public
				}
			})
			res := r.begin("/processes")
			body, err := io.ReadAll(res.Body)
			_ = res.Body.Close()
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("rewritten %v: the client read %d bytes and the end %v; want an unexpected end", rewritten, len(body), err)
			}
			if line := r.log.line(t, res.Header.Get("X-Request-Id")); line["failure"] != "aborted" {
				t.Errorf("the log says %v", line["failure"])
			}
		}
	}
}

// A stream of HTTP/2 that is cut is reset, while its connection goes on.
func TestCutIsACutOverHTTP2(t *testing.T) {
	var cut atomic.Bool
	r := newRig(t, "open", serving(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("half", 1000))
		_ = http.NewResponseController(w).Flush()
		if cut.Load() {
			panic(http.ErrAbortHandler)
		}
	}))
	server := httptest.NewUnstartedServer(r.gateway.Config.Handler)
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	for _, now := range []bool{true, false} {
		cut.Store(now)
		res, err := server.Client().Get(server.URL + contexts + "/processes")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.ProtoMajor != 2 || (err != nil) != now {
			t.Errorf("%s, cut %v: the client read %d bytes and the end %v", res.Proto, now, len(body), err)
		}
	}
}

// Attack: under HTTP/1.0 an answer without a length ends where its connection
// does, and one that is cut looks whole to the proxy in front that asked so.
func TestCutIsACutUnderHTTP10(t *testing.T) {
	for _, secured := range []bool{false, true} {
		r := newRig(t, "open", serving(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"features":[`+strings.Repeat(`{"type":"Feature"},`, 1000))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}))
		server := httptest.NewUnstartedServer(r.gateway.Config.Handler)
		if secured {
			server.StartTLS()
		} else {
			server.Start()
		}
		defer server.Close()
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		if secured {
			conn = tls.Client(conn, &tls.Config{RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, ServerName: "example.com"})
		}
		_, _ = io.WriteString(conn, "GET "+contexts+"/processes HTTP/1.0\r\n\r\n")
		if got, err := io.ReadAll(conn); err == nil {
			t.Errorf("secured %v: after %d bytes the answer looks whole: %.100s", secured, len(got), got)
		}
	}
}

// An answer reaches the client as it comes, also where its links are rewritten.
func TestAnswersStream(t *testing.T) {
	for _, rewritten := range []bool{false, true} {
		goOn := make(chan struct{})
		r := newRig(t, "open", serving(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"first":"http://inside.test:5000/a",`+"\n")
			_ = http.NewResponseController(w).Flush()
			<-goOn
			_, _ = io.WriteString(w, `"second":2}`)
		}), func(_ *rig, cfg *proxy.Config) {
			if !rewritten {
				cfg.UpstreamServer = cfg.Public
			}
		})
		res := r.begin("/processes")
		first := make([]byte, 9)
		if _, err := io.ReadFull(res.Body, first); err != nil || string(first) != `{"first":` {
			t.Fatalf("rewritten %v: %q %v", rewritten, first, err)
		}
		close(goOn) // only now may the back end go on: what was read came before
		rest, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || !strings.HasSuffix(string(rest), `"second":2}`) {
			t.Errorf("rewritten %v: %q %v", rewritten, rest, err)
		}
	}
}

// The OpenAPI document names the credential of the mode, and the gateway.
func TestOpenAPINamesTheCredential(t *testing.T) {
	wants := map[string][]string{"api-key": {"apiKey"}, "jwks": {"http", "oauth2"}, "oidc": {"openIdConnect", "http"}}
	for mode, want := range wants {
		t.Run(mode, func(t *testing.T) {
			r := newRig(t, mode)
			a := r.do("GET", "/openapi?f=json", r.token(osgeo))
			var doc struct {
				Servers    []struct{ URL string }
				Components struct {
					SecuritySchemes map[string]struct{ Type string }
				}
				Paths map[string]map[string]json.RawMessage
			}
			if err := json.Unmarshal([]byte(a.body), &doc); err != nil {
				t.Fatalf("status %d: %v", a.StatusCode, err)
			}
			if len(doc.Servers) != 1 || doc.Servers[0].URL != r.gateway.URL+contexts {
				t.Errorf("servers %v", doc.Servers)
			}
			types := map[string]bool{}
			for _, s := range doc.Components.SecuritySchemes {
				types[s.Type] = true
			}
			for _, w := range want {
				if !types[w] {
					t.Errorf("no scheme of type %s in %v", w, doc.Components.SecuritySchemes)
				}
			}
			operations := 0
			for path, item := range doc.Paths {
				for method, raw := range item {
					var op struct {
						Security  []map[string][]string
						Responses map[string]any
					}
					if method == "parameters" || json.Unmarshal(raw, &op) != nil {
						continue
					}
					operations++
					if len(op.Security) == 0 || op.Responses["401"] == nil || op.Responses["403"] == nil {
						t.Errorf("%s %s: security %v, responses %v", method, path, op.Security, op.Responses)
					}
				}
			}
			if operations < 5 {
				t.Errorf("only %d operations were looked at", operations)
			}
			if strings.Contains(a.body, r.backend.URL) {
				t.Error("the document names the back end's own address")
			}
		})
	}
}

// The public document comes from a cache: a flood without a credential does
// not reach the back end.
func TestPublicOpenAPIIsCached(t *testing.T) {
	r := newRig(t, "api-key")
	first := r.do("GET", "/openapi?f=json")
	r.upstream.Reset()
	for range 20 {
		a := r.do("GET", "/openapi?f=json", "Origin: https://page.example")
		if a.body != first.body || a.Header.Get("Content-Type") != first.Header.Get("Content-Type") || a.Header.Get("Access-Control-Allow-Origin") != "https://page.example" || a.Header.Get("X-Request-Id") == first.Header.Get("X-Request-Id") {
			t.Fatalf("another answer out of the cache: %v", a.Header)
		}
	}
	if n := len(r.arrived()); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
	if a := r.do("HEAD", "/openapi?f=json"); a.StatusCode != http.StatusOK || a.body != "" || a.ContentLength != int64(len(first.body)) {
		t.Errorf("HEAD: status %d, length %d", a.StatusCode, a.ContentLength)
	}
	if a := r.do("GET", "/openapi?f=html"); !strings.Contains(a.Header.Get("Content-Type"), "text/html") {
		t.Errorf("the cache answers another question: %s", a.Header.Get("Content-Type"))
	}
}

// RFC 9111 section 3.5 does not protect an API key: what somebody may see is
// private, and whose it is varies.
func TestAnswersToSomebodyArePrivate(t *testing.T) {
	var sent http.Header
	r := newRig(t, "api-key", serving(t, func(w http.ResponseWriter, _ *http.Request) {
		for name, values := range sent {
			w.Header()[name] = values
		}
	}))
	for upstream, want := range map[string]string{"": "private", "public, max-age=60, s-maxage=600": "private, max-age=60", "no-store": "private, no-store"} {
		sent = http.Header{"Cache-Control": {upstream}, "Surrogate-Control": {"max-age=600"}, "Expires": {"Thu, 01 Jan 2099 00:00:00 GMT"}}
		a := r.do("GET", "/processes", key())
		if got := a.Header.Get("Cache-Control"); got != want {
			t.Errorf("Cache-Control %q became %q, want %q", upstream, got, want)
		}
		if vary := strings.Join(a.Header.Values("Vary"), ","); !strings.Contains(vary, "X-API-KEY") || !strings.Contains(vary, "Authorization") {
			t.Errorf("Vary: %s", vary)
		}
		if a.Header.Get("Surrogate-Control")+a.Header.Get("Expires") != "" {
			t.Errorf("a cache is told otherwise: %v", a.Header)
		}
	}
}

func TestCORSIsTheGateways(t *testing.T) {
	backend := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "https://upstream.example")
		w.Header().Set("Access-Control-Allow-Credentials", "true")
	}
	r := newRig(t, "api-key", serving(t, backend), func(_ *rig, cfg *proxy.Config) { cfg.CORS = proxy.CORS{Origins: []string{"https://good.example"}} })
	a := r.do("GET", "/processes", key(), "Origin: https://good.example")
	if a.Header.Get("Access-Control-Allow-Origin") != "https://good.example" || a.Header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("good: %v", a.Header)
	}
	if got := a.Header.Get("Access-Control-Expose-Headers"); !strings.Contains(got, "Link") || !strings.Contains(got, "OpenEO-Identifier") {
		t.Errorf("exposed: %s", got)
	}
	for _, origin := range []string{"https://evil.example", "https://good.example.evil.example", "null"} {
		if got := r.do("GET", "/processes", key(), "Origin: "+origin).Header.Get("Access-Control-Allow-Origin"); got != "" {
			t.Errorf("%s may read: %s", origin, got)
		}
	}
	preflight := r.do("OPTIONS", "/processes", "Origin: https://good.example", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization")
	if preflight.StatusCode != http.StatusNoContent || !strings.Contains(preflight.Header.Get("Access-Control-Allow-Headers"), "Authorization") || !strings.Contains(preflight.Header.Get("Access-Control-Allow-Methods"), "POST") {
		t.Errorf("preflight: %d %v", preflight.StatusCode, preflight.Header)
	}
	for _, headers := range [][]string{{"Origin: https://good.example"}, {"Access-Control-Request-Method: POST"}, nil} {
		if a := r.do("OPTIONS", "/processes", headers...); a.StatusCode != http.StatusUnauthorized {
			t.Errorf("OPTIONS with %v is no preflight: status %d", headers, a.StatusCode)
		}
	}
}

// httputil.ReverseProxy clears the header map after a 1xx answer: what every
// answer must have is there all the same, and the 1xx with the back end's own
// links goes no further.
func TestInformationalAnswersTakeNothingAway(t *testing.T) {
	r := newRig(t, "open", serving(t, func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Link", "<http://inside.test:5000/style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		_, _ = io.Copy(io.Discard, req.Body)
		_, _ = io.WriteString(w, "{}")
	}))
	for _, expect := range []string{"Expect: 100-continue\r\n", ""} {
		a, reader, conn := r.raw("POST " + contexts + "/processes/hello-world/execution HTTP/1.1\r\nHost: gateway.test\r\n" + expect + "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
		if a.StatusCode == http.StatusContinue {
			final, err := http.ReadResponse(reader, nil)
			if err != nil {
				t.Fatal(err)
			}
			_ = final.Body.Close()
			a.Response = final
		}
		if a.StatusCode != http.StatusOK || a.Header.Get("X-Request-Id") == "" || a.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%q: status %d: %v", expect, a.StatusCode, a.Header)
		}
		_ = conn.Close()
	}
}

// A refused upload is refused before it is sent.
func TestRefusedUploadIsNotAskedFor(t *testing.T) {
	r := newRig(t, "api-key")
	a, _, _ := r.raw("POST " + contexts + "/collections/obs/items HTTP/1.1\r\nHost: gateway.test\r\nContent-Type: application/geo+json\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n")
	if a.StatusCode != http.StatusUnauthorized {
		t.Errorf("status %d, want 401 and no 100", a.StatusCode)
	}
}

func TestBackEndFaultsAreTold(t *testing.T) {
	tests := map[string]struct {
		change func(*rig, *proxy.Config)
		want   int
	}{
		"out of reach": {func(_ *rig, cfg *proxy.Config) { cfg.Upstream = &url.URL{Scheme: "http", Host: "127.0.0.1:1"} }, 502},
		"too slow": {func(r *rig, cfg *proxy.Config) {
			serving(t, func(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() })(r, cfg)
			cfg.Transport = &http.Transport{ResponseHeaderTimeout: 50 * time.Millisecond}
		}, 504},
		"no http": {serving(t, func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = io.WriteString(conn, "nonsense\r\n\r\n")
				_ = conn.Close()
			}
		}), 502},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := newRig(t, "open", tt.change).do("GET", "/processes")
			if a.StatusCode != tt.want || strings.Contains(a.body, "127.0.0.1") {
				t.Errorf("status %d, want %d, and no address: %s", a.StatusCode, tt.want, a.body)
			}
		})
	}
}

// An answer without a content type, as pygeoapi's DELETE of a job on Starlette,
// and one with a body of 0 bytes pass as they are.
func TestAnswersWithoutContentTypePass(t *testing.T) {
	r := newRig(t, "open", serving(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = nil
		_, _ = io.Copy(w, bytes.NewReader([]byte("http://inside.test:5000/x")))
	}))
	a := r.do("DELETE", "/jobs/1")
	if a.StatusCode != http.StatusOK || a.body != "http://inside.test:5000/x" {
		t.Errorf("status %d, body %q", a.StatusCode, a.body)
	}
}

// The answer that everybody gets depends on nothing that a stranger sent: it is
// fetched with a request of the gateway's own.
func TestPublicAnswersCannotBePoisoned(t *testing.T) {
	var asked atomic.Int32
	r := newRig(t, "api-key", serving(t, func(w http.ResponseWriter, req *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Security-Policy", "default-src 'self'")
		w.Header().Set("Set-Cookie", "session=of-the-first")
		_, _ = fmt.Fprintf(w, "<p>%s %v</p>", req.RequestURI, req.Header)
	}), func(_ *rig, cfg *proxy.Config) { cfg.PolicyHeaders = []string{"x-purpose"} })
	evil := []string{
		"X-Purpose: evil", "Cookie: evil=1", "User-Agent: evil", "X-Lang: evil", "Accept-Language: evil", "Accept: text/html, evil/evil", "Content-Type: evil/evil",
		"Authorization: Basic evil", "X-API-KEY: evil", "Origin: https://evil.test", "X-Request-Id: evil", "Range: bytes=0-1", "If-None-Match: evil", "Prefer: evil", "X-Forwarded-For: evil",
	}
	for i, headers := range [][]string{evil, {"Accept: application/json"}} {
		a := r.do("GET", "/openapi?ui=redoc&f=html", headers...)
		if a.StatusCode != http.StatusOK || strings.Contains(a.body, "evil") || !strings.Contains(a.body, "/openapi?f=html&amp;ui=redoc") && !strings.Contains(a.body, "/openapi?f=html&ui=redoc") {
			t.Errorf("%d: status %d: %s", i, a.StatusCode, a.body)
		}
		if a.Header.Get("Content-Security-Policy") == "" || a.Header.Get("Set-Cookie") != "" {
			t.Errorf("%d: %v", i, a.Header)
		}
	}
	for _, spelling := range []string{"/openapi?f=html&ui=redoc", "/openapi?%66=html&ui=redoc", "/openapi?f=ht%6Dl&ui=redoc"} {
		r.do("GET", spelling)
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("the back end was asked %d times for one form", n)
	}
	html, json := r.do("GET", "/openapi", "Accept: text/html"), r.do("GET", "/openapi")
	if html.body == json.body || !strings.Contains(html.body, "text/html") || !strings.Contains(json.body, "application/json") {
		t.Errorf("two forms, one answer: %s", html.body)
	}
	if first, again := r.do("HEAD", "/openapi?f=html"), r.do("GET", "/openapi?f=html"); first.body != "" || again.body == "" || first.ContentLength != int64(len(again.body)) {
		t.Errorf("HEAD %d bytes of %d, then %q", len(first.body), first.ContentLength, again.body)
	}
}

// What is kept ends, by its age; a failure stands for a moment, so that a flood
// does not reach a back end that is down either.
func TestPublicAnswersAreNotKeptForLong(t *testing.T) {
	var asked, status atomic.Int32
	status.Store(http.StatusOK)
	var clock atomic.Int64
	start := time.Now()
	r := newRig(t, "api-key", serving(t, func(w http.ResponseWriter, req *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "text/html")
		switch s := int(status.Load()); s {
		case 0: // cut
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, "x")
		case 1: // too large
			_, _ = io.Copy(w, io.LimitReader(spaces{}, 9<<20))
		default:
			w.WriteHeader(s)
			_, _ = io.WriteString(w, "x")
		}
	}), func(_ *rig, cfg *proxy.Config) {
		cfg.MaxHeld = 8 << 20
		cfg.Now = func() time.Time { return start.Add(time.Duration(clock.Load())) }
	})
	for _, step := range []struct {
		later  time.Duration
		status int32
		want   int
		asked  int32
	}{
		{0, 200, 200, 1}, {29 * time.Second, 500, 200, 0}, {time.Minute, 0, 502, 1}, {500 * time.Millisecond, 200, 502, 0},
		{time.Second, 1, 502, 1}, {2 * time.Second, 503, 502, 1}, {2 * time.Second, 404, 404, 1}, {2 * time.Second, 200, 200, 1},
	} {
		clock.Add(int64(step.later))
		status.Store(step.status)
		asked.Store(0)
		for range 2 {
			if a := r.do("GET", "/openapi"); a.StatusCode != step.want {
				t.Errorf("%s later, the back end says %d: %d %.200s", step.later, step.status, a.StatusCode, a.body)
			}
		}
		if n := asked.Load(); n != step.asked {
			t.Errorf("%s later, the back end says %d: asked %d times, want %d", step.later, step.status, n, step.asked)
		}
	}
}

// Strangers who read slowly, or not at all, hold up nobody; nor do they ask
// more than once at a time.
func TestSlowStrangersHoldUpNobody(t *testing.T) {
	var asked atomic.Int32
	release := make(chan struct{})
	r := newRig(t, "api-key", serving(t, func(w http.ResponseWriter, req *http.Request) {
		asked.Add(1)
		<-release
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.Copy(w, io.LimitReader(spaces{}, 4<<20))
	}))
	var strangers []net.Conn
	for range 12 {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", r.gateway.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		strangers = append(strangers, conn)
		_, _ = io.WriteString(conn, "GET "+contexts+"/openapi HTTP/1.1\r\nHost: gateway.test\r\n\r\n") // and it never reads
	}
	for asked.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	close(release)
	if a := r.do("GET", "/openapi"); a.StatusCode != http.StatusOK || len(a.body) != 4<<20 {
		t.Errorf("status %d, %d bytes", a.StatusCode, len(a.body))
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
	for _, conn := range strangers {
		_ = conn.Close()
	}
}

// A part of a text whose links would have to change is no answer; of data it is.
func TestRangesAreOfWhatTheClientSees(t *testing.T) {
	r := newRig(t, "open", serving(t, func(w http.ResponseWriter, req *http.Request) {
		media := "image/tiff"
		if strings.HasSuffix(req.URL.Path, "/map") {
			media = "application/json"
		}
		w.Header().Set("Content-Type", media)
		http.ServeContent(w, req, "", time.Time{}, strings.NewReader(`{"href":"http://inside.test:5000/x"}`))
	}))
	for path, want := range map[string]int{"/collections/obs/coverage": 206, "/collections/obs/map": 502, "/static/x.json": 200} {
		if a := r.do("GET", path, "Range: bytes=0-5"); a.StatusCode != want || want == 502 && !strings.Contains(a.body, "without Range") {
			t.Errorf("%s: status %d, want %d: %s", path, a.StatusCode, want, a.body)
		}
	}
}

// A document that must be held whole is held up to a limit, and an answer that
// cannot be read is none.
func TestAPIDefinitionThatCannotBeRewritten(t *testing.T) {
	tests := map[string]struct {
		write http.HandlerFunc
		want  string
	}{
		"too large":        {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(w, io.LimitReader(spaces{}, 17<<20)) }, "over 16777216 bytes"},
		"no JSON":          {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{") }, "not an OpenAPI 3 document"},
		"another document": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"swagger":"2.0"}`) }, "not an OpenAPI 3 document"},
		"another coding": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			_, _ = io.WriteString(w, "x")
		}, "content coding"},
		"no gzip": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, "x")
		}, "could not be read"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, "open", serving(t, func(w http.ResponseWriter, req *http.Request) {
				w.Header().Set("Content-Type", "application/vnd.oai.openapi+json;version=3.0")
				tt.write(w, req)
			}))
			a := r.do("GET", "/openapi?f=json")
			if a.StatusCode != http.StatusBadGateway || !strings.Contains(a.body, tt.want) {
				t.Errorf("status %d: %.300s", a.StatusCode, a.body)
			}
		})
	}
}

// spaces are endless.
type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// What the client will not take is not asked for in its name.
func TestCodingsThatAreRefusedAreNotAskedFor(t *testing.T) {
	var got string
	r := newRig(t, "open", serving(t, func(_ http.ResponseWriter, req *http.Request) { got = req.Header.Get("Accept-Encoding") }))
	for sent, want := range map[string]string{
		"gzip": "gzip", "br, GZIP;q=0.5": "gzip", "gzip; q=1": "gzip", "gzip;q=0": "identity", "gzip; q=0.000": "identity", "br": "identity", "identity": "identity",
	} {
		r.do("GET", "/processes", "Accept-Encoding: "+sent)
		if got != want {
			t.Errorf("%q was asked for as %q", sent, got)
		}
	}
}

// A status that HTTP does not have is no answer: net/http would make a 200 of it.
func TestAStatusThatIsNoneIsNoSuccess(t *testing.T) {
	r := newRig(t, "open", serving(t, func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 099 Odd\r\nContent-Length: 2\r\n\r\n{}")
		_ = conn.Close()
	}))
	for _, method := range []string{"GET", "POST"} {
		if a := r.send(method, "/processes/hello/execution", map[string]string{"POST": "{}"}[method]); a.StatusCode != http.StatusBadGateway {
			t.Errorf("%s: status %d", method, a.StatusCode)
		}
	}
}
