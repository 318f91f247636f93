package demo_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/geowarden/geowarden/internal/demo"
)

const serverURL = "http://backend.example:5000/ogc"

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func newUpstream(collections ...demo.Collection) *demo.Upstream {
	return demo.NewUpstream(demo.UpstreamConfig{
		ServerURL: serverURL, Collections: collections, Now: func() time.Time { return noon },
	})
}

// ask sends one request to handler. header holds names and values in turn.
func ask(t testing.TB, handler http.Handler, method, target, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(context.Background(), method, target, strings.NewReader(body))
	for n := 0; n < len(header); n += 2 {
		r.Header.Add(header[n], header[n+1])
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

// answer is the JSON object of a successful GET.
func answer(t testing.TB, handler http.Handler, target string) map[string]any {
	t.Helper()
	w := ask(t, handler, http.MethodGet, target, "")
	if w.Code != http.StatusOK {
		t.Fatalf("GET %s: %d: %s", target, w.Code, w.Body)
	}
	return object(t, w.Body)
}

func object(t testing.TB, body io.Reader) map[string]any {
	t.Helper()
	var decoded map[string]any
	if err := json.NewDecoder(body).Decode(&decoded); err != nil {
		t.Fatalf("not a JSON object: %v", err)
	}
	return decoded
}

// hrefs collects every href of a document by its rel, at any depth.
func hrefs(document any) map[string][]string {
	found := map[string][]string{}
	var walk func(any)
	walk = func(value any) {
		switch v := value.(type) {
		case []any:
			for _, one := range v {
				walk(one)
			}
		case map[string]any:
			if href, ok := v["href"].(string); ok {
				rel, _ := v["rel"].(string)
				found[rel] = append(found[rel], href)
			}
			for _, one := range v {
				walk(one)
			}
		}
	}
	walk(document)
	return found
}

func TestEveryDocumentLinksToTheConfiguredServerWhateverTheRequestSays(t *testing.T) {
	up := newUpstream(demo.Collection{ID: "pub/secret", Title: "Secret"})
	for _, path := range []string{
		"/", "/collections", "/collections/obs", "/collections/pub/secret", "/collections/obs/items?limit=2&offset=1",
		"/collections/lakes/items/7", "/processes", "/processes/hello-world", "/jobs",
	} {
		w := ask(t, up, http.MethodGet, path, "", "X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "https", "Host", "evil.example")
		links := hrefs(any(object(t, w.Body)))
		if len(links["self"]) == 0 {
			t.Errorf("%s has no link to itself", path)
		}
		for rel, addresses := range links {
			for _, href := range addresses {
				if !strings.HasPrefix(href, serverURL) {
					t.Errorf("%s: rel %s leads to %s", path, rel, href)
				}
			}
		}
	}
}

func TestLinksOfADocumentCanBeFollowed(t *testing.T) {
	up := newUpstream(demo.Collection{ID: "pub/secret", Title: "Secret"})
	seen := map[string]bool{}
	var follow func(string)
	follow = func(href string) {
		path := strings.TrimPrefix(href, serverURL)
		if seen[path] || len(seen) > 200 {
			return
		}
		seen[path] = true
		if !strings.HasPrefix(path, "/") {
			path = "/" + path
		}
		w := ask(t, up, http.MethodGet, path, "")
		if strings.HasSuffix(path, "/execution") {
			if w.Code != http.StatusMethodNotAllowed {
				t.Errorf("GET %s: %d", path, w.Code)
			}
			return
		}
		if w.Code != http.StatusOK {
			t.Errorf("GET %s: %d", path, w.Code)
		}
		if !strings.Contains(w.Header().Get("Content-Type"), "json") {
			return
		}
		for _, addresses := range hrefs(any(object(t, w.Body))) {
			for _, next := range addresses {
				follow(next)
			}
		}
	}
	follow(serverURL)
	if len(seen) < 40 {
		t.Errorf("only %d documents are reached", len(seen))
	}
}

func TestSetServerURLMovesTheLinks(t *testing.T) {
	up := newUpstream()
	up.SetServerURL("https://other.example/")
	if got := hrefs(any(answer(t, up, "/")))["data"]; len(got) != 1 || got[0] != "https://other.example/collections" {
		t.Errorf("data: %q", got)
	}
}

func TestEveryAnswerNamesItsServerAndLanguage(t *testing.T) {
	up := newUpstream()
	for _, path := range []string{"/", "/nothing", "/collections?f=html", "/static/style.css"} {
		header := ask(t, up, http.MethodGet, path, "").Header()
		if header.Get("X-Powered-By") == "" || header.Get("Content-Language") != "en-US" {
			t.Errorf("%s: %v", path, header)
		}
	}
}

func TestAdminShowsTheConfigurationToWhoeverReachesIt(t *testing.T) {
	server, _ := answer(t, newUpstream(), "/admin/config")["server"].(map[string]any)
	if server["url"] != serverURL {
		t.Errorf("server: %v", server)
	}
}
