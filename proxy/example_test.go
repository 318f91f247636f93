package proxy_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"

	"go.uber.org/zap"

	"github.com/geowarden/geowarden/authn"
	"github.com/geowarden/geowarden/authz"
	"github.com/geowarden/geowarden/internal/demo"
	"github.com/geowarden/geowarden/ogcapi"
	"github.com/geowarden/geowarden/proxy"
)

// A gateway in the API-key mode, in front of a sample back end.
func Example() {
	backend := httptest.NewServer(demo.NewUpstream(demo.UpstreamConfig{}))
	defer backend.Close()
	upstream, err := url.Parse(backend.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	keys, err := authn.NewKeys(authn.KeysConfig{Static: map[string]string{"office": "the-key-of-the-office"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := proxy.New(proxy.Config{
		Scheme:    proxy.Scheme{Mode: "api-key", Challenge: "ApiKey", Message: "Unauthorized"},
		Context:   "/geoapi",
		Public:    "https://example.org/geoapi",
		Upstream:  upstream,
		Transport: http.DefaultTransport,
		Authn:     keys,
		Authz:     authz.Flat{},
		Resolver:  ogcapi.NewCatalog(ogcapi.CatalogConfig{URL: backend.URL + "/collections"}),
		Log:       zap.NewNop(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, key := range []string{"", "the-key-of-the-office"} {
		r := httptest.NewRequest(http.MethodGet, "/geoapi/collections/obs", nil)
		if key != "" {
			r.Header.Set("X-API-KEY", key)
		}
		w := httptest.NewRecorder()
		p.Handler().ServeHTTP(w, r)
		fmt.Println(w.Code)
	}
	// Output:
	// 401
	// 200
}
