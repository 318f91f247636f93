package proxy_test

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/geowarden/geowarden/authn"
	"github.com/geowarden/geowarden/authz"
	"github.com/geowarden/geowarden/ogcapi"
	"github.com/geowarden/geowarden/proxy"
)

// backEndOf answers every request without a network, and remembers the last.
type backEndOf struct{ last *http.Request }

func (b *backEndOf) RoundTrip(r *http.Request) (*http.Response, error) {
	b.last = r
	w := httptest.NewRecorder()
	_, _ = w.WriteString(`{"collections":[{"id":"obs"},{"id":"pub/secret"}]}`)
	res := w.Result()
	res.Request = r
	return res, nil
}

// FuzzGateway sends whole requests. Nothing makes the gateway fail, and what is
// forwarded is what was decided: by its path, by its query and without a
// credential.
func FuzzGateway(f *testing.F) {
	for _, seed := range []string{
		"GET /geoapi/collections/obs/items?limit=1 HTTP/1.1\r\nHost: h\r\nX-API-KEY: k\r\n\r\n",
		"POST /geoapi/collections/pub/secret/items HTTP/1.1\r\nHost: h\r\nContent-Type: application/cql2+json\r\nContent-Length: 2\r\n\r\n{}",
		"OPTIONS /geoapi/%61dmin HTTP/1.1\r\nHost: h\r\nOrigin: https://a.test\r\nAccess-Control-Request-Method: GET\r\n\r\n",
		"GET http://h/geoapi/processes?a=b;c&d=%20 HTTP/1.1\r\nHost: h\r\nConnection: X-Forwarded-For\r\nX_Forwarded_For: x\r\nRange: bytes=0-1\r\n\r\n",
		"HEAD /geoapi HTTP/1.0\r\n\r\n",
		"CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n",
	} {
		f.Add(seed)
	}
	back := &backEndOf{}
	var asked authz.Input
	p, err := proxy.New(proxy.Config{
		Context: contexts, Public: "http://h/geoapi", Upstream: &url.URL{Scheme: "http", Host: "inside.test"}, UpstreamServer: "http://other.test",
		Transport: back, Authn: authn.Open{}, Log: zap.NewNop(), CORS: proxy.CORS{Origins: []string{"*"}},
		Resolver: ogcapi.NewCatalog(ogcapi.CatalogConfig{URL: "http://inside.test/collections", Client: &http.Client{Transport: back}}),
		Authz: deciding(func(in authz.Input) (authz.Decision, error) {
			asked = in
			return authz.Decision{Allow: true}, nil
		}),
	})
	if err != nil {
		f.Fatal(err)
	}
	handler := p.Handler()
	f.Fuzz(func(t *testing.T, sent string) {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(sent)))
		if err != nil {
			return
		}
		r.RemoteAddr = "192.0.2.1:1234"
		back.last = nil
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code == http.StatusInternalServerError {
			t.Fatalf("%q: %d %s", sent, w.Code, w.Body)
		}
		got := back.last
		if got == nil || got.Header.Get("X-Forwarded-Prefix") == "" { // nothing, or the list of collections
			return
		}
		if want := "/" + strings.Join(asked.Request.Segments, "/"); got.URL.Path != want || got.URL.RawQuery != asked.Request.RawQuery || got.Method != asked.Request.Method {
			t.Errorf("%q: decided on %s %s?%s, forwarded %s %s", sent, asked.Request.Method, want, asked.Request.RawQuery, got.Method, got.URL)
		}
		for name := range got.Header {
			folded := strings.NewReplacer("_", "-", ".", "-").Replace(strings.ToLower(name))
			if folded == "authorization" || folded == "x-api-key" || strings.HasPrefix(folded, "x-auth-") || folded == "upgrade" {
				t.Errorf("%q: forwarded the header %s", sent, name)
			}
		}
		if got.Header.Get("X-Forwarded-For") != "192.0.2.1" || got.Header.Get("X-Forwarded-Host") != "h" {
			t.Errorf("%q: forwarded %v", sent, got.Header)
		}
	})
}
