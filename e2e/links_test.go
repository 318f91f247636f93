//go:build e2e

package e2e

import (
	"bytes"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// TestEveryLinkLeadsToTheGateway follows the links of the landing page, of the
// collections and of their items, as JSON and as HTML, from page to page.
func TestEveryLinkLeadsToTheGateway(t *testing.T) {
	s := running
	for _, c := range []struct {
		gateway *gateway
		behind  *backend
		field   header
	}{
		{s.apiKey, s.moved, s.withKey()},
		{s.standard, s.public, bearer(s.osgeo())},
	} {
		t.Run(c.gateway.name, func(t *testing.T) {
			seen := map[string]bool{}
			todo := []string{
				c.gateway.url, c.gateway.url + "/", c.gateway.url + "/?f=html", c.gateway.url + "/collections?f=html",
				c.gateway.url + "/collections/lakes/items?f=json&limit=7", c.gateway.url + "/collections/lakes/items?f=html&limit=7",
			}
			for len(todo) > 0 && len(seen) < 150 {
				next := todo[0]
				todo = todo[1:]
				if seen[next] {
					continue
				}
				seen[next] = true
				// Not 200 always: a back end has dead links of its own. Where two
				// servers read a last slash differently the gateway drops it.
				want := get(t, c.behind.url+strings.TrimSuffix(strings.TrimPrefix(next, c.gateway.url), "/")).StatusCode
				got := get(t, next, c.field).wants(t, want)
				todo = append(todo, links(t, c.gateway, c.behind, got)...)
			}
			for _, path := range []string{
				"/collections?f=json", "/collections/obs?f=json", "/collections/obs/items?f=json", "/collections/obs/items?f=html",
				"/collections/lakes/items?f=json&offset=7&limit=7", "/static/css/default.css",
			} {
				if !seen[c.gateway.url+path] {
					t.Errorf("no link led to %s", path)
				}
			}
		})
	}
}

var address = regexp.MustCompile(`https?:\\?/\\?/[^\s"'<>()\\]*(?:\\/[^\s"'<>()\\]*)*`)

// links returns the addresses in an answer that lie at the gateway, and fails
// on one that would go past it.
func links(t *testing.T, g *gateway, behind *backend, got answer) []string {
	t.Helper()
	var found []string
	kind := got.Header.Get("Content-Type")
	for _, raw := range address.FindAll(got.body, -1) {
		link := html.UnescapeString(strings.ReplaceAll(string(raw), `\/`, "/"))
		if strings.HasPrefix(link, elsewhere) || strings.HasPrefix(link, behind.url) {
			t.Errorf("%s holds %s, past the gateway", got.Request.URL, link)
		}
		// A template of a script is no address yet, and a schema's example none of ours.
		if strings.HasPrefix(link, g.url) && !strings.ContainsAny(link, "{}$`") && !strings.Contains(kind, "javascript") {
			found = append(found, strings.TrimRight(link, ".,;#"))
		}
	}
	return found
}

// A job's address is in a header, and leads to the gateway too.
func TestLocationLeadsToTheGateway(t *testing.T) {
	s := running
	got := ask(t, http.MethodPost, s.apiKey.url+"/processes/hello-world/execution", `{"inputs":{"name":"e2e"}}`,
		s.withKey(), "Content-Type: application/json", "Prefer: respond-async").wants(t, http.StatusCreated)
	job := got.Header.Get("Location")
	if !strings.HasPrefix(job, s.apiKey.url+"/jobs/") {
		t.Fatalf("Location is %q, want it below %s/jobs/", job, s.apiKey.url)
	}
	get(t, job+"?f=json", s.withKey()).wants(t, http.StatusOK)
}

// A back end that calls itself by the public address is passed on as it is.
func TestNothingIsRewrittenWhereNothingNeedsIt(t *testing.T) {
	s := running
	for _, path := range []string{"/?f=json", "/?f=html", "/collections?f=json", "/collections/obs?f=html", "/conformance?f=json", "/static/css/default.css"} {
		t.Run(path, func(t *testing.T) {
			want := get(t, s.public.url+path).wants(t, http.StatusOK)
			got := get(t, s.standard.url+path, bearer(s.osgeo())).wants(t, http.StatusOK)
			if !bytes.Equal(got.body, want.body) {
				t.Errorf("%d bytes came as %d others", len(want.body), len(got.body))
			}
			if a, b := got.Header.Get("Content-Type"), want.Header.Get("Content-Type"); a != b {
				t.Errorf("Content-Type %q came as %q", b, a)
			}
		})
	}
}
