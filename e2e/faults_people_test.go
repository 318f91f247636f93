//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// people are the tokens that a load asks with.
type people struct{ osgeo, geobeyond, expired string }

// demoPeople have tokens of the sample issuer, good for longer than any test.
func (s *stack) demoPeople() people {
	lasting := func(name string) string {
		claims := s.issuer.Claims(name)
		claims["exp"] = time.Now().Add(2 * time.Hour).Unix()
		return s.handOut(s.issuer.Sign(claims))
	}
	return people{osgeo: lasting("tomkralidis"), geobeyond: lasting("francbartoli"), expired: s.expired()}
}

// owners is the policy of the loads. It is for those who read their company's
// collections, and lets one company execute. Whose the lakes are is what a
// policy is changed to.
func owners(lakes string) string {
	return fmt.Sprintf(`package httpapi.authz

default allow := false

allow if {
	input.resource.operation == "read"
	input.resource.type in {"landing", "conformance", "collections", "openapi"}
}

allow if {
	input.resource.operation == "read"
	owner[input.resource.collection] == input.subject.claims.company
}

allow if {
	input.resource.operation == "execute"
	input.subject.claims.company == "osgeo"
}

# What is open to them of features is not open of records.
allow if {
	input.resource.api == "features"
	input.resource.collection == "archive"
	input.subject.claims.company == "geobeyond"
}

reason := "this is another company's"

owner := {"obs": "osgeo", "gauges": "osgeo", "hydro/rivers": "osgeo", "long": "osgeo", "archive": "osgeo", "lakes": %q}
`, lakes)
}

// written puts a policy into a folder of its own.
func written(t *testing.T, text string) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "policy")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "authz.rego"), text)
	return folder
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// questions are those of every load, under the policy by which the lakes are
// geobeyond's.
func questions(p people) []*question {
	const execution, greeting = "/processes/hello-world/execution", `{"inputs":{"name":"{id}"}}`
	forged := running.handOut(p.osgeo[:len(p.osgeo)-8] + "AAAAAAAA")
	get := func(kind, path, token string, right outcome, says string, needs part, more ...header) *question {
		return &question{kind: kind, method: http.MethodGet, path: path, fields: with(token, more...), right: right, says: says, needs: needs}
	}
	post := func(kind, token string, right outcome, says string, needs part) *question {
		q := get(kind, execution, token, right, says, needs, "Content-Type: application/json")
		q.method, q.body = http.MethodPost, greeting
		return q
	}
	preflight := get("a preflight", "/collections/obs/items", "", "204", "", 0, "Origin: https://map.example", "Access-Control-Request-Method: GET")
	preflight.method = http.MethodOptions
	head := get("osgeo asks for the head of obs", "/collections/obs/items?f=json", p.osgeo, "200", "", served|list)
	head.method = http.MethodHead
	return []*question{
		get("nobody", "/collections/obs/items?f=json", "", "401", "no bearer token", 0),
		get("an expired token", "/collections/obs/items?f=json", p.expired, "401", "expired", keys),
		get("a forged token", "/collections/obs/items?f=json", forged, "401", "signature", keys),
		get("osgeo reads obs", "/collections/obs/items?f=json", p.osgeo, "200", `"FeatureCollection"`, served|list),
		get("osgeo reads obs as a page", "/collections/obs/items", p.osgeo, "200", "</html>", served|list, "Accept: text/html"),
		get("osgeo reads what obs is", "/collections/obs?f=json", p.osgeo, "200", `"Observations"`, served),
		get("osgeo reads an id with a slash", "/collections/hydro/rivers/items?f=json", p.osgeo, "200", `"Rhine"`, served|list),
		get("geobeyond reads lakes", lakes, p.geobeyond, "200", `"Baikal"`, served|list),
		get("osgeo is denied lakes", lakes, p.osgeo, "403", "another company's", decided|list),
		get("geobeyond is denied obs", "/collections/obs/items?f=json", p.geobeyond, "403", "another company's", decided|list),
		get("geobeyond is denied the administration", "/admin/config", p.geobeyond, "403", "another company's", decided),
		post("osgeo executes", p.osgeo, "200", "Hello {id}", served),
		post("geobeyond is denied execution", p.geobeyond, "403", "another company's", decided),
		get("a path with two readings", "/collections/obs%2fitems", p.osgeo, "400", "", 0),
		get("the API's definition", "/openapi?f=json", p.osgeo, "200", `"securitySchemes"`, served),
		preflight,
		head,
	}
}

// flatQuestions are those of the JWKS mode, where every valid token may do
// anything but administer, and the API's definition is everybody's.
func flatQuestions(p people) []*question {
	all := slices.DeleteFunc(questions(p), func(q *question) bool { return q.right == "403" && q.path != "/admin/config" })
	for _, q := range all {
		switch {
		case q.right == "403":
			q.says = "the admin resources are closed"
		case strings.HasPrefix(q.path, "/openapi"):
			q.needs = kept
		}
	}
	return append(all, &question{kind: "nobody reads the API's definition", method: http.MethodGet, path: "/openapi?f=json", fields: with(""), right: "200", says: `"securitySchemes"`, needs: kept})
}

// What an answer of the back end needs, and what a denial does.
const (
	decided = keys | deciding
	served  = decided | backEnd
)

const lakes = "/collections/lakes/items?f=json"

// with are a request's header fields, with a token if there is one.
func with(token string, more ...header) func() []header {
	if token != "" {
		more = append(more, bearer(token))
	}
	return func() []header { return slices.Clone(more) }
}
