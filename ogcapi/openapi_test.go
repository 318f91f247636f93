package ogcapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/tidwall/gjson"

	"github.com/geowarden/geowarden/ogcapi"
)

var securities = map[string]ogcapi.Security{
	"none":         {ServerURL: public},
	"api key":      {Scheme: ogcapi.SchemeAPIKey, SchemeName: "pygeoapi my_scheme", ServerURL: public},
	"bearer":       {Scheme: ogcapi.SchemeBearer, SchemeName: "pygeoapi my_scheme", ServerURL: public},
	"bearer+oauth": {Scheme: ogcapi.SchemeBearer, SchemeName: "pygeoapi my_scheme", TokenURL: "https://idp/token?a=1&b=2", ServerURL: public},
	"oidc":         {Scheme: ogcapi.SchemeOpenID, DiscoveryURL: "https://idp/.well-known/openid-configuration", ServerURL: public},
}

func secured(t testing.TB, doc string, s ogcapi.Security) gjson.Result {
	t.Helper()
	out, err := ogcapi.SecureOpenAPI([]byte(doc), s)
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(out) {
		t.Fatalf("not JSON: %s", out)
	}
	return gjson.ParseBytes(out)
}

// pygeoapiDocument is what pygeoapi 0.21 generates for one collection and one
// process.
func pygeoapiDocument(t testing.TB) string {
	t.Helper()
	doc, err := os.ReadFile("testdata/pygeoapi-openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(doc)
}

func TestEveryOperationHasTheSchemeAndTheRefusals(t *testing.T) {
	for name, want := range map[string]string{
		"api key":      `[{"pygeoapi-my_scheme":[]}]`,
		"bearer":       `[{"pygeoapi-my_scheme":[]}]`,
		"bearer+oauth": `[{"pygeoapi-my_scheme":[]},{"pygeoapi-my_scheme-oauth2":[]}]`,
		"oidc":         `[{"pygeoapi-bearer":[]},{"pygeoapi":[]}]`,
	} {
		doc := secured(t, pygeoapiDocument(t), securities[name])
		n := 0
		doc.Get("paths").ForEach(func(path, item gjson.Result) bool {
			item.ForEach(func(method, operation gjson.Result) bool {
				n++
				if got := operation.Get("security").Raw; got != want {
					t.Errorf("%s: %s %s has the security %s", name, method, path, got)
				}
				for status, ref := range map[string]string{"401": "#/components/responses/GatewayUnauthorized", "403": "#/components/responses/GatewayForbidden"} {
					if got := operation.Get("responses." + status + ".$ref").String(); got != ref {
						t.Errorf("%s: %s %s answers %s with %q", name, method, path, status, got)
					}
				}
				return true
			})
			return true
		})
		if n != 18 {
			t.Errorf("%s: %d operations", name, n)
		}
		if got := doc.Get("security").Raw; got != want {
			t.Errorf("%s: the root has the security %s", name, got)
		}
		if got := doc.Get("servers").Raw; got != `[{"url":"https://example.org/geoapi"}]` {
			t.Errorf("%s: servers %s", name, got)
		}
	}
}

func TestTheSchemesAreTheModes(t *testing.T) {
	for name, want := range map[string]string{
		"none":         ``,
		"api key":      `{"pygeoapi-my_scheme":{"in":"header","name":"X-API-KEY","type":"apiKey"}}`,
		"bearer":       `{"pygeoapi-my_scheme":{"bearerFormat":"JWT","scheme":"bearer","type":"http"}}`,
		"bearer+oauth": `{"pygeoapi-my_scheme":{"bearerFormat":"JWT","scheme":"bearer","type":"http"},"pygeoapi-my_scheme-oauth2":{"flows":{"clientCredentials":{"scopes":{},"tokenUrl":"https://idp/token?a=1\u0026b=2"}},"type":"oauth2"}}`,
		"oidc":         `{"pygeoapi-bearer":{"bearerFormat":"JWT","scheme":"bearer","type":"http"},"pygeoapi":{"openIdConnectUrl":"https://idp/.well-known/openid-configuration","type":"openIdConnect"}}`,
	} {
		if got := secured(t, pygeoapiDocument(t), securities[name]).Get("components.securitySchemes").Raw; got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestTheRestOfTheDocumentStaysInItsOrder(t *testing.T) {
	in := `{"x-first": 1.50, "openapi": "3.0.2", "paths": {"/b": {"parameters": [ 1 ], "get": {"x": "\u00e9", "responses": {"200": {"description": "ok"}}}}, "/a": {}}, "info": {"title" : "T"}}`
	want := `{"x-first":1.50,"openapi":"3.0.2","paths":{"/b":{"parameters":[ 1 ],"get":{"x":"\u00e9","responses":{"200": {"description": "ok"}}}},"/a":{}},"info":{"title" : "T"},"servers":[{"url":"https://example.org/geoapi"}]}`
	if got := secured(t, in, securities["none"]).Raw; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestServersThatLeadPastTheGatewayAreRemoved(t *testing.T) {
	in := `{"openapi": "3.1.0", "servers": [{"url": "http://internal:5001"}], "paths": {"/a": {"servers": [{"url": "http://internal:5001"}], "get": {"servers": [{"url": "http://internal:5001"}]}}},
		"components": {"pathItems": {"p": {"post": {"servers": [{"url": "http://internal:5001"}]}}}}}`
	for name, s := range securities {
		doc := secured(t, in, s)
		if strings.Contains(doc.Raw, "internal") {
			t.Errorf("%s: %s", name, doc.Raw)
		}
	}
	doc := secured(t, in, securities["oidc"])
	if got := doc.Get("components.pathItems.p.post.security").Raw; got != `[{"pygeoapi-bearer":[]},{"pygeoapi":[]}]` {
		t.Errorf("an operation among the components has the security %s", got)
	}
}

func TestOddPathItemsAreHandled(t *testing.T) {
	in := `{"openapi": "3.0.2", "paths": {"/ref": {"$ref": "https://example.org/x.yaml"}, "/list": [], "/null": null, "/x": {"get": null, "put": "x", "summary": "s", "patch": {"security": []}, "trace": {"responses": {"401": {"description": "old"}}}}}, "components": {"securitySchemes": {"other": {"type": "http", "scheme": "basic"}}}}`
	doc := secured(t, in, securities["api key"])
	for path, want := range map[string]string{
		"paths./ref":                            `{"$ref":"https://example.org/x.yaml"}`,
		"paths./list":                           `[]`,
		"paths./null":                           `null`,
		"paths./x.get":                          `null`,
		"paths./x.put":                          `"x"`,
		"paths./x.patch.security":               `[{"pygeoapi-my_scheme":[]}]`,
		"paths./x.trace.responses.401":          `{"$ref":"#/components/responses/GatewayUnauthorized"}`,
		"components.securitySchemes.other.type": `"http"`,
	} {
		if got := doc.Get(path).Raw; got != want {
			t.Errorf("%s is %s", path, got)
		}
	}
}

func TestWhatIsNoOpenAPIDocumentIsAnError(t *testing.T) {
	for _, in := range []string{
		``, `null`, `[]`, `{`, `{}`, `{"openapi": "3.0.2"} x`, `{"openapi": "3.0.2", "paths": {"/": {"get": {`, `<html>`, `{"swagger": "2.0", "paths": {}}`, `{"openapi": 3}`,
		`{"openapi": "3.0.2", "paths": []}`, `{"openapi": "3.0.2", "components": 1}`, `{"openapi": "3.0.2", "a": NaN}`, `{"openapi": "3.0.2", "paths": {}, "paths": {"/": {"get": {}}}}`,
		`{"openapi": "3.0.2", "paths": {"/": {"get": {"responses": []}}}}`,
	} {
		if out, err := ogcapi.SecureOpenAPI([]byte(in), securities["api key"]); err == nil {
			t.Errorf("%s becomes %s", in, out)
		}
	}
}

func TestTheDocumentStaysValid(t *testing.T) {
	in := pygeoapiDocument(t)
	if err := validate(t, in); err != nil {
		t.Fatalf("the document as it comes: %v", err)
	}
	for name, s := range securities {
		if err := validate(t, secured(t, in, s).Raw); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

var externalRef = regexp.MustCompile(`"\$ref": ?"https?://[^"#]*#/components/([a-z]+)/([^"]+)"`)

// validate loads a document with something harmless behind each reference to the
// web, and validates it.
func validate(t *testing.T, doc string) error {
	t.Helper()
	stubs := map[string]map[string]any{"parameters": {}, "responses": {}, "schemas": {}}
	for _, ref := range externalRef.FindAllStringSubmatch(doc, -1) {
		kind, name := ref[1], ref[2]
		in := "query"
		if slices.Contains([]string{"featureId", "jobId"}, name) {
			in = "path"
		}
		stubs[kind][name] = map[string]map[string]any{
			"parameters": {"name": name, "in": in, "required": in == "path", "schema": map[string]any{}},
			"responses":  {"description": name},
			"schemas":    {},
		}[kind]
	}
	stub, err := json.Marshal(map[string]any{"openapi": "3.0.2", "info": map[string]any{"title": "", "version": "1"}, "paths": map[string]any{}, "components": stubs})
	if err != nil {
		t.Fatal(err)
	}
	loader := openapi3.NewLoader()
	loader.IsExternalRefsAllowed = true
	loader.ReadFromURIFunc = func(_ *openapi3.Loader, at *url.URL) ([]byte, error) {
		switch path := at.Path; {
		case strings.Contains(doc, at.String()+"#/components/"):
			return stub, nil
		case strings.Contains(path, "/parameters/"):
			return []byte(`{"name": "p", "in": "query", "schema": {}}`), nil
		case strings.Contains(path, "/responses/"):
			return []byte(`{"description": "r"}`), nil
		}
		return []byte(`{}`), nil
	}
	loaded, err := loader.LoadFromData([]byte(doc))
	if err != nil {
		return fmt.Errorf("loading: %w", err)
	}
	return loaded.Validate(t.Context(), openapi3.DisableExamplesValidation())
}

func TestALargeDocumentIsSecuredQuickly(t *testing.T) {
	doc := largeDocument()
	start := time.Now()
	secured(t, doc, securities["oidc"])
	if took := time.Since(start); took > time.Second { // 20 ms; more where the machine is busy
		t.Errorf("%d bytes took %v", len(doc), took)
	}
}

// largeDocument has 200 operations in 300 kB.
func largeDocument() string {
	var b strings.Builder
	b.WriteString(`{"openapi": "3.0.2", "info": {"title": "T", "version": "1"}, "paths": {`)
	for i := range 100 {
		fmt.Fprintf(&b, `"/p%d": {"get": {"description": %q, "responses": {}}, "post": {"description": %q, "responses": {}}},`, i, strings.Repeat("d", 1400), strings.Repeat("d", 1400))
	}
	b.WriteString(`"/": {}}}`)
	return b.String()
}

func BenchmarkSecureOpenAPI(b *testing.B) {
	doc := []byte(largeDocument())
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		if _, err := ogcapi.SecureOpenAPI(doc, securities["oidc"]); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzSecureOpenAPI(f *testing.F) {
	f.Add([]byte(`{"openapi":"3.0.2","paths":{"/":{"get":{"responses":{}}}}}`))
	f.Add([]byte(`{"openapi":"3.1.0","components":{"pathItems":{"x":{"put":{}}}},"servers":[]}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		out, err := ogcapi.SecureOpenAPI(doc, securities["bearer+oauth"])
		if err != nil {
			return
		}
		if !json.Valid(out) {
			t.Fatalf("%q becomes %q", doc, out)
		}
		again, err := ogcapi.SecureOpenAPI(out, securities["bearer+oauth"])
		if err != nil || !bytes.Equal(again, out) {
			t.Errorf("a second time: %q, %v", again, err)
		}
	})
}
