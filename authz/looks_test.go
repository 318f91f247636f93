package authz_test

import (
	"testing"
	"testing/fstest"

	"github.com/geowarden/geowarden/authz"
	"github.com/geowarden/geowarden/ogcapi"
)

// However a policy comes to a part of the input, it is there: a policy that found it
// undefined would take `not` for a yes.
func TestWhateverRulesLookAtIsThere(t *testing.T) {
	const head = "package httpapi.authz\nimport rego.v1\n"
	for name, rules := range map[string]string{
		"by its name":           `allow if input.request.method == "GET"`,
		"before another part":   "allow if {\n\tinput.request.method == \"GET\"\n\tinput.subject.kind == \"user\"\n}",
		"a claim":               `allow if input.company == "osgeo"`,
		"a claim by a variable": "name := \"company\"\nallow if input[name] == \"osgeo\"",
		"a claim beneath not":   "default allow := true\nallow := false if not input.company",
		"other parts":           "allow if {\n\tinput.version == 1\n\tinput.request_method == \"GET\"\n\tinput.request_path[0] == \"collections\"\n\tinput.subject.kind == \"user\"\n\tinput.resource.type == \"items\"\n}",
		"by a name in brackets": `allow if input["request"].method == "GET"`,
		"by a variable":         "part := \"request\"\nallow if input[part].method == \"GET\"",
		"by any name":           `allow if input[_].method == "GET"`,
		"as a whole":            "asked := input\nallow if asked.request.method == \"GET\"",
		"handed to a function":  "gets(x) if x.request.method == \"GET\"\nallow if gets(input)",
		"by a builtin":          `allow if object.get(input, ["request", "method"], "") == "GET"`,
		"by a walk":             "allow if {\n\tsome path, value in walk_all\n\tvalue == \"GET\"\n\tpath == \"request/method\"\n}\nwalk_all[concat(\"/\", [sprintf(\"%v\", [x]) | some x in p])] := v if walk(input, [p, v])",
		"in a comprehension":    `allow if count([m | m := input.request.method; m == "GET"]) == 1`,
		"in another's brackets": `allow if {"GET": true}[input.request.method]`,
		"in brackets of itself": `allow if input.resource[{"GET": "type"}[input.request.method]] == "items"`,
		"beneath not":           "default allow := true\nallow := false if not input.request.method",
		"in an else":            "allow if false\nelse if input.request.method == \"GET\"",
		"in every":              `allow if every m in [input.request.method] { m == "GET" }`,
		"by an import":          "import input.request as asked\nallow if asked.method == \"GET\"",
		"by an import of all":   "import input as all\nallow if all.request.method == \"GET\"",
		"in another package":    "import data.lib\nallow if lib.gets",
		"with another input":    `allow if data.lib.gets with input as object.union(input, {"subject": {}})`,
	} {
		t.Run(name, func(t *testing.T) {
			e, err := authz.NewEmbedded(t.Context(), authz.EmbeddedConfig{Timeout: patience, TopLevelClaims: true, Load: authz.PolicyFiles(fstest.MapFS{
				"authz.rego": {Data: []byte(head + rules)},
				"lib.rego":   {Data: []byte("package lib\nimport rego.v1\n" + map[bool]string{true: `gets if input.request.method == "GET"`, false: "gets if false"}[name == "in another package" || name == "with another input"])},
			})})
			if err != nil {
				t.Fatal(err)
			}
			dec, err := e.Decide(t.Context(), asks(user("ada", map[string]any{"company": "osgeo"}), ogcapi.Resource{API: "features", Operation: "read", Type: "items", Collection: "obs"}, "collections", "obs", "items"))
			if err != nil || !dec.Allow {
				t.Errorf("%+v, %v", dec, err)
			}
		})
	}
}
