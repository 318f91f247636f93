package demo_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/geowarden/geowarden/internal/demo"
)

func TestTheParameterFBeatsAccept(t *testing.T) {
	up := newUpstream()
	const json, ld, html = "application/json", "application/ld+json", "text/html"
	for _, c := range []struct {
		path, accept, want string
		status             int
	}{
		{"/", "", json, 200},
		{"/", "*/*", json, 200},
		{"/", "text/html,application/xhtml+xml,*/*;q=0.8", html, 200},
		{"/?f=json", html, json, 200},
		{"/?f=html", json, html, 200},
		{"/", "image/png, application/ld+json", ld, 200},
		{"/collections/obs/items", "application/geo+json", json, 200},
		{"/collections/obs/items?f=jsonld", "", ld, 200},
		{"/collections/obs/schema", "application/schema+json", "application/schema+json", 200},
		{"/collections/obs/schema?f=jsonld", "", json, 400},
		{"/conformance?f=jsonld", "", json, 400},
		{"/openapi", "", "application/vnd.oai.openapi+json;version=3.0", 200},
		{"/openapi?f=html", "", html, 200},
		{"/nothing", html, html, 404},
		{"/nothing?f=html", "", html, 404},
		{"/nothing?f=xml", html, json, 404},
	} {
		var header []string
		if c.accept != "" {
			header = []string{"Accept", c.accept}
		}
		w := ask(t, up, http.MethodGet, c.path, "", header...)
		if got := w.Header().Get("Content-Type"); got != c.want || w.Code != c.status {
			t.Errorf("%s with Accept %q: %d %s", c.path, c.accept, w.Code, got)
		}
	}
}

func TestPagesLinkInAttributesAndInTheScript(t *testing.T) {
	up := newUpstream()
	for path, wanted := range map[string][]string{
		"/":                              {`href="` + serverURL + `/collections"`, `"json":"` + serverURL + `?f=json"`},
		"/collections":                   {`<a href="` + serverURL + `/collections/lakes">Lakes</a>`},
		"/collections/lakes/items":       {`<a href="` + serverURL + `/collections/lakes/items/1">1</a>`, `<link rel="next"`},
		"/collections/lakes/items/1":     {"Superior", `"json":"` + serverURL + `/collections/lakes/items/1?f=json"`},
		"/openapi":                       {`"json":"` + serverURL + `/openapi?f=json"`, "/collections/obs/items"},
		"/processes":                     {serverURL + "/processes/hello-world"},
		"/collections/lakes/queryables":  {"<th>scalerank</th><td>integer</td>"},
		"/collections/lakes/items/nope":  {"NotFound", `"server":"` + serverURL + `"`},
		"/collections/lakes/items?limit": {serverURL + "/static/style.css"},
	} {
		page := ask(t, up, http.MethodGet, path, "", "Accept", "text/html").Body.String()
		for _, want := range wanted {
			if !strings.Contains(page, want) {
				t.Errorf("%s has no %s:\n%s", path, want, page)
			}
		}
	}
}

func TestWhatSomebodyWroteIsNoMarkup(t *testing.T) {
	const script = `</script><script>alert(1)</script>`
	up := newUpstream(demo.Collection{
		ID: "c", Title: script, Description: script,
		Features: []demo.Feature{{ID: script, Properties: map[string]any{script: script}}},
	})
	for _, path := range []string{"/collections", "/collections/c", "/collections/c/items", "/collections/c/items/%3C%2Fscript%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E"} {
		w := ask(t, up, http.MethodGet, path+"?f=html&x="+strings.ReplaceAll(script, "/", "%2F"), "")
		if page := w.Body.String(); w.Code != http.StatusOK || strings.Contains(page, "<script>alert") {
			t.Errorf("%s: %d\n%s", path, w.Code, page)
		}
	}
}

func TestJSONLDNamesItsClassAndAddress(t *testing.T) {
	got := answer(t, newUpstream(), "/collections/obs/items/101?f=jsonld")
	if got["@type"] != "Place" || got["@id"] != serverURL+"/collections/obs/items/101" || got["@context"] == nil {
		t.Errorf("%v", got)
	}
}
