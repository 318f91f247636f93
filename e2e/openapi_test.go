//go:build e2e

package e2e

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// apiDocument is what is checked of an OpenAPI document.
type apiDocument struct {
	Servers    []map[string]any
	Paths      map[string]map[string]json.RawMessage
	Components struct {
		SecuritySchemes map[string]securityScheme
	}
}

type securityScheme struct {
	Type, Scheme, In, Name, BearerFormat, OpenIDConnectURL string
	Flows                                                  map[string]struct{ TokenURL string }
}

func TestOpenAPISaysHowToGetIn(t *testing.T) {
	s := running
	token := securityScheme{Type: "http", Scheme: "bearer", BearerFormat: "JWT"}
	provider := []securityScheme{{Type: "openIdConnect", OpenIDConnectURL: s.issuer.DiscoveryURL()}, token}
	for _, c := range []struct {
		name    string
		gateway *gateway
		field   header
		wants   []securityScheme
	}{
		{"an API key", s.apiKey, "", []securityScheme{{Type: "apiKey", In: "header", Name: "X-API-KEY"}}},
		{"a token of the token endpoint", s.jwks, "", []securityScheme{
			token,
			{Type: "oauth2", Flows: map[string]struct{ TokenURL string }{"clientCredentials": {s.issuer.TokenURL()}}},
		}},
		{"a provider", s.oidc, bearer(s.osgeo()), provider},
		{"a provider, nothing rewritten", s.standard, bearer(s.osgeo()), provider},
	} {
		t.Run(c.name, func(t *testing.T) {
			fields := []header{"Accept: application/json"}
			if c.field != "" {
				fields = append(fields, c.field)
			}
			got := get(t, c.gateway.url+"/openapi?f=json", fields...).wants(t, http.StatusOK)
			var doc apiDocument
			if err := json.Unmarshal(got.body, &doc); err != nil {
				t.Fatal(err)
			}
			if len(doc.Servers) != 1 || doc.Servers[0]["url"] != c.gateway.url {
				t.Errorf("servers is %v, want only %s", doc.Servers, c.gateway.url)
			}
			if strings.Contains(string(got.body), elsewhere) {
				t.Errorf("the document names %s", elsewhere)
			}
			for _, want := range c.wants {
				if !describes(doc, want) {
					t.Errorf("no scheme is %+v: %+v", want, doc.Components.SecuritySchemes)
				}
			}
			everyOperation(t, doc)
		})
	}
}

func describes(doc apiDocument, want securityScheme) bool {
	for _, scheme := range doc.Components.SecuritySchemes {
		if reflect.DeepEqual(scheme, want) {
			return true
		}
	}
	return false
}

// everyOperation checks that each operation names a scheme that is there, and
// says that it may answer 401 and 403.
func everyOperation(t *testing.T, doc apiDocument) {
	t.Helper()
	operations := 0
	for path, item := range doc.Paths {
		for _, method := range []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"} {
			if item[method] == nil {
				continue
			}
			operations++
			var operation struct {
				Security  []map[string][]string
				Responses map[string]any
			}
			if err := json.Unmarshal(item[method], &operation); err != nil {
				t.Errorf("%s %s: %v", method, path, err)
			}
			if len(operation.Security) == 0 || operation.Responses["401"] == nil || operation.Responses["403"] == nil {
				t.Errorf("%s %s: security %v, answers %v", method, path, operation.Security, operation.Responses)
			}
			for _, one := range operation.Security {
				for name := range one {
					if _, ok := doc.Components.SecuritySchemes[name]; !ok {
						t.Errorf("%s %s: the scheme %q is not there", method, path, name)
					}
				}
			}
		}
	}
	if operations < 20 {
		t.Errorf("only %d operations: this is not the back end's document", operations)
	}
}

func TestOpenAPIPage(t *testing.T) {
	got := get(t, running.apiKey.url+"/openapi?f=html").wants(t, http.StatusOK)
	if kind := got.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/html") {
		t.Errorf("it is of type %q", kind)
	}
	if !strings.Contains(string(got.body), running.apiKey.url+"/openapi") {
		t.Error("the page does not read the document from the gateway")
	}
}
