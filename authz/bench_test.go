package authz_test

import (
	"os"
	"testing"

	"github.com/geowarden/geowarden/authz"
	"github.com/geowarden/geowarden/ogcapi"
)

// The policies that ship, as files: authz does not import them.
func BenchmarkDecide(b *testing.B) {
	claims := map[string]any{
		"company": "osgeo", "email": "ada@example.org", "name": "Ada", "aud": []any{"account"}, "azp": "geo",
		"realm_access": map[string]any{"roles": []any{"a", "b", "c"}},
	}
	who := user("ada", claims)
	obs := ogcapi.Resource{API: "features", Operation: "read", Type: "items", Collection: "obs"}
	lakes := ogcapi.Resource{API: "features", Operation: "read", Type: "items", Collection: "lakes"}
	for _, bench := range []struct {
		name, path string
		top        bool
		in         authz.Input
	}{
		{"default/allow", "../policies/default", false, asks(who, obs, "collections", "obs", "items")},
		{"company/allow", "../policies/examples/company", false, asks(who, obs, "collections", "obs", "items")},
		{"company/deny", "../policies/examples/company", false, asks(who, lakes, "collections", "lakes", "items")},
		{"fastgeoapi/allow", "testdata/fastgeoapi", true, asks(who, obs, "collections", "obs", "items")},
	} {
		b.Run(bench.name, func(b *testing.B) {
			e, err := authz.NewEmbedded(b.Context(), authz.EmbeddedConfig{
				Load: authz.PolicyFiles(os.DirFS(bench.path)), TopLevelClaims: bench.top, Timeout: patience,
			})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.Decide(b.Context(), bench.in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
