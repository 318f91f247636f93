//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// TestConformanceIsKept runs the abstract tests of OGC API Features Part 1 (OGC
// 17-069r4, annex A) against pygeoapi itself and through the gateway: what passes
// without it passes with it.
func TestConformanceIsKept(t *testing.T) {
	roots := conformanceRoots(t, "pygeoapi-conformance")
	without := conformance(t, roots.without)
	failed := slices.DeleteFunc(slices.Clone(abstractTests), func(a abstractTest) bool { return without[a.id] == nil })
	if len(failed) > len(abstractTests)/4 {
		t.Errorf("%d of %d fails without the gateway: they prove little", len(failed), len(abstractTests))
	}
	for _, a := range failed {
		t.Logf("%s fails without the gateway: %v", a.id, without[a.id])
		doesNot(t, "pygeoapi", "`"+a.id+"` of OGC API Features Part 1 fails", "without the gateway it fails too")
	}
	for name, root := range map[string]string{"open": roots.open, "with a key": roots.shimmed} {
		t.Run(name, func(t *testing.T) {
			through := conformance(t, root)
			for _, a := range abstractTests {
				if without[a.id] == nil && through[a.id] != nil {
					t.Errorf("%s passes without the gateway, and through it: %v", a.id, through[a.id])
				}
			}
		})
	}
	shows(t, "pygeoapi", "the abstract tests of OGC API Features Part 1 (core, GeoJSON, HTML, OpenAPI 3.0), run by this project: what passes without the gateway passes through it, open and with a key")
	// A suite without a credential would see nothing.
	if err := conformance(t, roots.keyed)["/conf/core/root-success"]; err == nil {
		t.Error("without the shim the landing page is open")
	}
}

// addresses are where the same data is found: without a gateway, through one that
// is open, through one that asks for a key, and through that one with a shim in
// front.
type addresses struct{ without, open, keyed, shimmed string }

// conformanceRoots are those of two pygeoapis. A suite follows links: the one that
// it asks itself calls itself by its address; the one behind the gateways by one
// that leads nowhere, so that no link goes past them.
func conformanceRoots(t *testing.T, name string) addresses {
	t.Helper()
	port := must[string](t)(freePort())
	itself := must[*backend](t)(running.startBackend(name, port, "http://127.0.0.1:"+port))
	open := running.gatewayFor(t, running.moved)
	front := shim(t, running.withKey())
	keyed := running.gatewayFor(t, running.moved, append(running.apiKeyMode(), "DEV_PYGEOAPI_BASEURL="+front.URL)...)
	front.lead(keyed.root)
	return addresses{itself.url, open.url, keyed.url, front.URL + "/geoapi"}
}

// conformance runs every abstract test below an address.
func conformance(t *testing.T, root string) map[string]error {
	t.Helper()
	s := &suite{t: t, root: root}
	outcome := map[string]error{}
	for _, a := range abstractTests {
		outcome[a.id] = a.run(s)
	}
	return outcome
}

// front is a proxy that adds a header to whatever passes: a suite sends no
// credential.
type front struct {
	*httptest.Server
	target *url.URL
}

func shim(t *testing.T, field header) *front {
	t.Helper()
	name, value, _ := strings.Cut(string(field), ": ")
	f := &front{}
	f.Server = httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(f.target)
		r.Out.Header.Set(name, value)
	}})
	t.Cleanup(f.Close)
	return f
}

// lead says where it leads to.
func (f *front) lead(to string) {
	target, err := url.Parse(to)
	if err != nil {
		panic(err)
	}
	f.target = target
}

// suite is what the tests know: an address, as somebody who has never been there.
type suite struct {
	t    *testing.T
	root string
}

// fetch gets a path below the root, in a format.
func (s *suite) fetch(path, accept string) answer {
	s.t.Helper()
	return ask(s.t, http.MethodGet, s.root+path, "", header("Accept: "+accept))
}

// follow gets what a link leads to, which lies below the root as the document does
// that the link is in.
func (s *suite) follow(link map[string]any, accept string) (answer, error) {
	s.t.Helper()
	address, _ := link["href"].(string)
	path, below := strings.CutPrefix(address, s.root)
	if !below || path != "" && !strings.ContainsAny(path[:1], "/?") {
		return answer{}, fmt.Errorf("a link leads to %q, which is not below %s", address, s.root)
	}
	return s.fetch(path, accept), nil
}
