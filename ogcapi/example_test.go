package ogcapi_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/geowarden/geowarden/ogcapi"
)

func Example() {
	// The back end has one collection, whose id has a slash.
	backEnd := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"collections": [{"id": "lakes/large"}]}`)
	}))
	defer backEnd.Close()
	catalog := ogcapi.NewCatalog(ogcapi.CatalogConfig{URL: backEnd.URL + "/collections"})

	for _, target := range []string{"/geoapi/collections/lakes/large/items/7?f=json", "/geoapi/collections/lakes/secret/items", "/geoapi/%2e%2e/admin"} {
		r := httptest.NewRequest(http.MethodGet, target, nil)
		asked, err := ogcapi.Parse(r, "/geoapi")
		if err == nil {
			err = catalog.Resolve(r.Context(), asked)
		}
		if err != nil {
			fmt.Println("400:", err)
			continue
		}
		res := asked.Resource
		fmt.Println(res.Operation, res.Type, res.Item, "of", res.Collection, "at", asked.EscapedPath())
	}

	links := ogcapi.NewLinks("http://localhost:5001", "https://example.org/geoapi")
	answer := strings.NewReader(`{"href": "http://localhost:5001/collections"}`)
	_, _ = io.Copy(os.Stdout, links.Body("application/json", answer))

	// Output:
	// read item 7 of lakes/large at /collections/lakes/large/items/7
	// 400: the path names no route of a collection that is listed
	// 400: the path has a dot segment
	// {"href": "https://example.org/geoapi/collections"}
}
