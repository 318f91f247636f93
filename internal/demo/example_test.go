package demo_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/geowarden/geowarden/internal/demo"
)

// The upstream answers whoever reaches it, and tells a test what arrived.
func ExampleUpstream() {
	upstream := demo.NewUpstream(demo.UpstreamConfig{ServerURL: "https://data.example"})
	w := httptest.NewRecorder()
	upstream.ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/collections/lakes/items/8?f=json", nil))

	var lake struct {
		Properties struct{ Name string }
		Links      []struct{ Rel, Href string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &lake); err != nil {
		fmt.Println(err)
		return
	}
	arrived, _ := upstream.Last()
	fmt.Println(lake.Properties.Name)
	fmt.Println(lake.Links[0].Rel, lake.Links[0].Href)
	fmt.Println(arrived.Method, arrived.RequestURI)
	// Output:
	// Malawi
	// self https://data.example/collections/lakes/items/8?f=json
	// GET /collections/lakes/items/8?f=json
}

// The issuer is an http.Handler; once it knows its address, its tokens can be verified like anybody's.
func ExampleIssuer() {
	issuer, err := demo.NewIssuer(demo.IssuerConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(issuer)
	defer server.Close()
	issuer.SetBaseURL(server.URL)

	claims := issuer.Claims("tomkralidis")
	fmt.Println(claims["iss"] == server.URL, claims["preferred_username"], claims["company"])
	// Output: true tomkralidis osgeo
}
