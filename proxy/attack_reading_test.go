package proxy_test

import (
	"context"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/geowarden/geowarden/authz"
	"github.com/geowarden/geowarden/ogcapi"
	"github.com/geowarden/geowarden/proxy"
)

// request writes a request line and the headers that every client sends.
func request(method, target string, headers ...string) string {
	return method + " " + target + " HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n" + strings.Join(append(headers, ""), "\r\n") + "\r\n"
}

// Rows 1 and 4: CVE-2021-32701, CVE-2025-66490, CVE-2026-26205, and matrix
// parameters, CVE-2026-73511. Whatever is sent, the
// path that the policy saw and the bytes that arrived are the same, or nothing
// arrived.
func TestPathIsReadOnceOrRefused(t *testing.T) {
	r := newRig(t, "open")
	tests := map[string]struct {
		target string
		want   string // what arrives; empty: 400
	}{
		"plain":                          {"/collections/obs/items", "/collections/obs/items"},
		"landing, bare":                  {"", "/"},
		"landing, slash":                 {"/", "/"},
		"trailing slash":                 {"/collections/obs/", "/collections/obs"},
		"escaped letter":                 {"/%61dmin/config", "admin: 403"},
		"escaped letter in a collection": {"/collections/%6Fbs", "/collections/obs"},
		"escaped space":                  {"/collections/obs/items/a%20b", "/collections/obs/items/a%20b"},
		"escaped hash":                   {"/collections/obs/items/a%23b", "/collections/obs/items/a%23b"},
		"escaped question mark":          {"/collections/obs/items/a%3Fb", "/collections/obs/items/a%3Fb"},
		"utf-8":                          {"/collections/obs/items/%C3%A9", "/collections/obs/items/%C3%A9"},
		"double slash":                   {"/collections//obs", ""},
		"double slash in front":          {"//collections/obs", ""},
		"double slash at the end":        {"/collections/obs//", ""},
		"dot":                            {"/collections/./obs", ""},
		"dot dot":                        {"/openapi/../collections", ""},
		"dot dot, out of the context":    {"/../healthz", ""},
		"escaped dot dot":                {"/openapi/%2e%2e/collections", ""},
		"half escaped dot dot":           {"/openapi/.%2E/collections", ""},
		"escaped slash":                  {"/collections%2fobs", ""},
		"escaped slash, upper case":      {"/collections/pub%2Fsecret", ""},
		"backslash":                      {`/collections\obs`, ""},
		"escaped backslash":              {"/collections/obs%5c..%5cadmin", ""},
		"nul":                            {"/collections/obs%00", ""},
		"line feed":                      {"/collections/obs%0a", ""},
		"delete":                         {"/collections/obs%7f", ""},
		"double escape":                  {"/collections/%256Fbs", ""},
		"double escaped slash":           {"/collections/pub%252fsecret", ""},
		"bad escape":                     {"/collections/%zz", ""},
		"short escape":                   {"/collections/obs%2", ""},
		"invalid utf-8":                  {"/collections/%ff", ""},
		"overlong slash":                 {"/collections%c0%afobs", ""},
		"raw byte":                       {"/collections/\xc3\xa9", ""},
		"raw hash":                       {"/collections/obs#x", ""},
		"another case":                   {"/Collections/obs", ""},
		"another case of admin":          {"/ADMIN/config", ""},
		"matrix parameter":               {"/admin;x=1", ""},
		"matrix dot dot":                 {"/a/..;/b", ""},
		"escaped semicolon":              {"/admin%3bx=1", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r.upstream.Reset()
			a, _, _ := r.raw(request("GET", contexts+tt.target))
			arrived := r.arrived()
			switch tt.want {
			case "":
				if a.StatusCode != http.StatusBadRequest || len(arrived) != 0 {
					t.Errorf("status %d, %d arrived; want 400 and nothing", a.StatusCode, len(arrived))
				}
			case "admin: 403":
				if a.StatusCode != http.StatusForbidden || len(arrived) != 0 {
					t.Errorf("status %d, %d arrived; want 403 and nothing: an escape must not hide /admin", a.StatusCode, len(arrived))
				}
			default:
				if len(arrived) != 1 || arrived[0].RequestURI != tt.want {
					t.Fatalf("arrived %v, want %s (status %d: %s)", arrived, tt.want, a.StatusCode, a.body)
				}
				r.sameReading(t, arrived[0].RequestURI)
			}
		})
	}
}

// sameReading checks that the path which the policy was asked about is the
// path that arrived, as a server behind decodes it.
func (r *rig) sameReading(t *testing.T, requestURI string) {
	t.Helper()
	u, err := url.ParseRequestURI(requestURI)
	if err != nil {
		t.Fatal(err)
	}
	in, ok := r.asked.last()
	if !ok {
		t.Fatal("the policy was not asked")
	}
	if got := "/" + strings.Join(in.Request.Segments, "/"); got != u.Path || path.Clean(u.Path) != u.Path {
		t.Errorf("the policy saw %q, and %q arrived", got, u.Path)
	}
	if u.RawQuery != in.Request.RawQuery {
		t.Errorf("the policy saw the query %q, and %q arrived", in.Request.RawQuery, u.RawQuery)
	}
}

// only allows one collection by the second element of its path, as policies of
// fastgeoapi do.
func only(collection string) deciding {
	return func(in authz.Input) (authz.Decision, error) {
		segments := in.Request.Segments
		return authz.Decision{Allow: len(segments) > 1 && segments[0] == "collections" && segments[1] == collection}, nil
	}
}

// Rows 2 and 3: pygeoapi's collection ids are greedy. A rule on request_path[1]
// must not be walked around by what follows a slash.
func TestIDsWithSlashesAreNotWalkedAround(t *testing.T) {
	for _, allowed := range []string{"pub", "pub/secret"} {
		r := newRig(t, "open", func(_ *rig, cfg *proxy.Config) { cfg.Authz = only(allowed) })
		tests := map[string]struct{ pub, secret int }{ // the status where pub, or pub/secret, is allowed
			"/collections/pub":                              {200, 403},
			"/collections/pub/items":                        {200, 403},
			"/collections/pub/items/":                       {200, 403},
			"/collections/pub/secret":                       {403, 200},
			"/collections/pub/secret/":                      {403, 200},
			"/collections/pub/secret/items":                 {403, 200},
			"/collections/pub/secret/schema":                {403, 200},
			"/collections/pub/secret/queryables":            {403, 200},
			"/collections/pub/secret/items?f=html":          {403, 200},
			"/collections/pub/items/x/items":                {400, 400},
			"/collections/pub/items/x/map":                  {400, 400},
			"/collections/pub/items/x/schema":               {400, 400},
			"/collections/pub/hidden":                       {400, 400}, // not listed: hidden, or a route of its own
			"/collections/pub/hidden/items":                 {400, 400},
			"/collections/pub/secret/hidden/items":          {400, 400},
			"/collections/pub%2Fsecret/items":               {400, 400},
			"/collections/pub//secret/items":                {400, 400},
			"/collections/pub/./secret/items":               {400, 400},
			"/collections/pub/x/../secret/items":            {400, 400},
			"/collections/pub/%73ecret/items":               {403, 200},
			"/collections/pub/secret/items/1/../../../pub/": {400, 400},
		}
		for target, want := range tests {
			status := want.pub
			if allowed == "pub/secret" {
				status = want.secret
			}
			t.Run(allowed+" for "+target, func(t *testing.T) {
				r.upstream.Reset()
				a := r.rawTarget(target)
				if a.StatusCode != status {
					t.Errorf("status %d, want %d: %s", a.StatusCode, status, a.body)
				}
				if n := len(r.arrived()); (n == 1) != (status == 200) {
					t.Errorf("%d requests arrived", n)
				}
			})
		}
	}
}

func (r *rig) rawTarget(target string) answer {
	a, _, _ := r.raw(request("GET", contexts+target))
	return a
}

// Row 2: without the list an id cannot be read, and that is no yes.
func TestWithoutTheCollectionListNothingIsGuessed(t *testing.T) {
	r := newRig(t, "open", func(r *rig, cfg *proxy.Config) {
		cfg.Authz = only("pub")
		cfg.Resolver = ogcapi.NewCatalog(ogcapi.CatalogConfig{URL: "http://127.0.0.1:1/collections"})
	})
	a := r.do("GET", "/collections/pub/secret/items")
	if a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
		t.Errorf("status %d, Retry-After %q; want 503 and a time", a.StatusCode, a.Header.Get("Retry-After"))
	}
	if n := len(r.arrived()); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
}

// Nobody unknown learns which collections exist: a listed and an unlisted id
// with a slash get the same answer before the credential is known.
func TestStrangersDoNotLearnWhatIsListed(t *testing.T) {
	r := newRig(t, "api-key")
	listed, unlisted := r.do("GET", "/collections/pub/secret"), r.do("GET", "/collections/pub/nothing")
	if listed.StatusCode != http.StatusUnauthorized || unlisted.StatusCode != http.StatusUnauthorized {
		t.Errorf("status %d for a listed id, %d for an unlisted one; want 401 for both", listed.StatusCode, unlisted.StatusCode)
	}
}

// Row 5: CVE-2025-54576, CVE-2026-41059, CVE-2023-47106. Only GET and HEAD of
// the exact path are public.
func TestNothingButTheExactPathIsPublic(t *testing.T) {
	r := newRig(t, "api-key")
	tests := []struct {
		method, target string
		want           int
		headers        []string
	}{
		{"GET", "/openapi", 200, nil},
		{"GET", "/openapi?f=html", 200, nil},
		{"HEAD", "/openapi", 200, nil},
		{"GET", "/openapi/", 200, nil}, // the same resource, in its canonical form
		{"GET", "/openapi?f=html&ui=redoc", 200, nil},
		{"GET", "/openapi?f=json&lang=de", 401, nil},
		{"GET", "/openapi?f=xml", 401, nil},
		{"GET", "/openapi?ui=swagger&ui=redoc", 400, nil},
		{"GET", "/openapi?f=json&z=1", 401, nil}, // it would only get past the cache
		{"POST", "/openapi", 401, nil},
		{"OPTIONS", "/openapi", 401, nil},
		{"DELETE", "/openapi", 401, nil},
		{"GET", "/openapi/x", 401, nil},
		{"GET", "/openapix", 401, nil},
		{"GET", "/openapi%23", 401, nil},
		{"GET", "/collections%23/openapi", 401, nil},
		{"GET", "/collections?x=/openapi", 401, nil},
		{"GET", "/collections?/geoapi/openapi", 401, nil},
		{"GET", "/openapi/../collections", 400, nil},
		{"GET", "/openapi%2f..%2fcollections", 400, nil},
		{"GET", "/openapi;/../collections", 400, nil},
		{"GET", "/collections", 401, []string{"User-Agent: kube-probe/1.0"}},
		{"GET", "/collections", 401, []string{"X-Original-URL: /geoapi/openapi", "X-Forwarded-Uri: /geoapi/openapi", "X-Rewrite-Url: /geoapi/openapi"}},
		{"POST", "/collections", 401, []string{"X-HTTP-Method-Override: GET"}},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.target, func(t *testing.T) {
			r.upstream.Reset()
			a, _, _ := r.raw(request(tt.method, contexts+tt.target, tt.headers...))
			if a.StatusCode != tt.want {
				t.Errorf("status %d, want %d: %s", a.StatusCode, tt.want, a.body)
			}
			if n := len(r.arrived()); tt.want != 200 && n != 0 {
				t.Errorf("%d requests arrived", n)
			}
		})
	}
}

// Row 9: CVE-2022-2880, CVE-2026-39825. The query that the policy saw is the
// query that arrives, byte for byte, or nothing arrives.
func TestQueryIsReadOnceOrRefused(t *testing.T) {
	r := newRig(t, "open")
	many := make([]string, 20000)
	for i := range many {
		many[i] = "p" + strconv.Itoa(i) + "=1"
	}
	tests := map[string]struct {
		query string
		want  bool
	}{
		"plain":                    {"limit=10&offset=5", true},
		"semicolon is data":        {"DataInputs=a;b", true},
		"a property twice":         {"name=a&name=b", true},
		"plus and escaped space":   {"name=a+b%20c", true},
		"no value":                 {"flag", true},
		"empty":                    {"", true},
		"bad escape":               {"x=%zz", false},
		"short escape":             {"x=%2", false},
		"escaped nul":              {"x=%00", false},
		"invalid utf-8":            {"x=%ff", false},
		"raw byte":                 {"x=\xff", false},
		"raw hash":                 {"x=1#y", false},
		"reserved parameter twice": {"limit=1&limit=10000", false},
		"filter twice":             {"filter=a%3D1&filter=b%3D1", false},
		"twice, once escaped":      {"limit=1&li%6Dit=10000", false},
		"too many":                 {strings.Join(many, "&"), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r.upstream.Reset()
			target := contexts + "/collections/obs/items"
			if tt.query != "" {
				target += "?" + tt.query
			}
			a, _, _ := r.raw(request("GET", target))
			arrived := r.arrived()
			if !tt.want {
				if len(arrived) != 0 || a.StatusCode < 400 || a.StatusCode > 431 {
					t.Errorf("status %d, %d arrived; want a refusal", a.StatusCode, len(arrived))
				}
				return
			}
			if len(arrived) != 1 || arrived[0].RequestURI != strings.TrimPrefix(target, contexts) {
				t.Fatalf("arrived %v, want %s (status %d: %s)", arrived, target, a.StatusCode, a.body)
			}
			r.sameReading(t, arrived[0].RequestURI)
		})
	}
}

// A policy sees every value of every parameter.
func TestPolicySeesEveryValueOfTheQuery(t *testing.T) {
	r := newRig(t, "open")
	r.do("GET", "/collections/obs/items?name=a;x&name=b")
	in, _ := r.asked.last()
	if got := in.Request.Query["name"]; !slices.Equal(got, []string{"a;x", "b"}) {
		t.Errorf("the policy saw %q", got)
	}
	if _, err := r.asked.Decide(context.Background(), in); err != nil {
		t.Error(err)
	}
}
