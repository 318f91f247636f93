package demo_test

import (
	"net/http"
	"testing"

	"github.com/geowarden/geowarden/internal/demo"
)

func TestPathsAreReadAsTheOfficialImageReadsThem(t *testing.T) {
	up := newUpstream(demo.Collection{ID: "pub", Title: "Pub"}, demo.Collection{ID: "pub/secret", Title: "Secret"})
	for _, c := range []struct {
		path   string
		status int
		title  string
	}{
		{"/collections/obs", 200, "Observations"},
		{"/collections/obs/", 200, "Observations"},
		{"//collections///obs", 200, "Observations"},
		{"/collections%2Fobs", 200, "Observations"},
		{"/%63ollections/obs", 200, "Observations"},
		{"/collections/pub", 200, "Pub"},
		{"/collections/pub/secret", 200, "Secret"},
		{"/collections/pub%2Fsecret", 200, "Secret"},
		{"/collections/pub/other", 404, ""},
		{"/collections/obse", 404, ""},
		{"/collections/OBS", 404, ""},
		{"/collections/../collections/obs", 404, ""},
		{"/Collections", 404, ""},
		{"/collections/obs/tiles", 404, ""},
		{"/processes/none", 404, ""},
		{"/jobs/none", 404, ""},
		{"/static/../page.html", 404, ""},
		{"/static", 404, ""},
		{"/stac", 404, ""},
	} {
		w := ask(t, up, http.MethodGet, c.path, "")
		body := object(t, w.Body)
		if w.Code != c.status {
			t.Errorf("%s: %d, want %d", c.path, w.Code, c.status)
		}
		if c.status == http.StatusOK && body["title"] != c.title {
			t.Errorf("%s is %v, want %s", c.path, body["title"], c.title)
		}
		if c.status != http.StatusOK && (body["code"] == nil || body["code"] != body["type"] || body["description"] == nil) {
			t.Errorf("%s: the error body is %v", c.path, body)
		}
	}
}

func TestMethods(t *testing.T) {
	up := newUpstream()
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{http.MethodHead, "/collections", 200, ""},
		{http.MethodOptions, "/collections/obs/items", 200, "GET, HEAD, POST, OPTIONS"},
		{http.MethodOptions, "/collections/obs/items/101", 200, "DELETE, GET, HEAD, PUT, OPTIONS"},
		{http.MethodPatch, "/collections/obs/items/101", 405, "DELETE, GET, HEAD, PUT, OPTIONS"},
		{http.MethodGet, "/processes/hello-world/execution", 405, "POST, OPTIONS"},
		{http.MethodPost, "/", 405, "GET, HEAD, OPTIONS"},
		{http.MethodTrace, "/admin/config", 405, "GET, HEAD, OPTIONS"},
		{http.MethodOptions, "/nothing", 404, ""},
	} {
		w := ask(t, up, c.method, c.path, "")
		if w.Code != c.status || w.Header().Get("Allow") != c.allow {
			t.Errorf("%s %s: %d, Allow %q", c.method, c.path, w.Code, w.Header().Get("Allow"))
		}
	}
}

func TestAStaticFileCanBeReadInParts(t *testing.T) {
	w := ask(t, newUpstream(), http.MethodGet, "/static/style.css", "", "Range", "bytes=0-3")
	if w.Code != http.StatusPartialContent || w.Body.String() != "body" {
		t.Errorf("%d: %q", w.Code, w.Body)
	}
}
