package demo_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/geowarden/geowarden/internal/demo"
)

// FuzzUpstream: whatever is asked, the answer is no server fault, JSON is JSON, and no address leads elsewhere.
func FuzzUpstream(f *testing.F) {
	f.Add(http.MethodGet, "/collections/lakes/items", "limit=3&offset=2&bbox=0,0,50,50", "", "")
	f.Add(http.MethodPost, "/collections/obs/items", "", geoJSON, point)
	f.Add(http.MethodPut, "/collections/obs/items/101", "", geoJSON, point)
	f.Add(http.MethodPost, "/processes/hello-world/execution", "f=html", "application/json", adasName)
	f.Add(http.MethodGet, "/collections//pub/secret/", "f=jsonld&f=html", "text/html", "")
	f.Fuzz(func(t *testing.T, method, path, query, contentType, body string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", strings.NewReader(body))
		r.Method, r.URL = method, &url.URL{Path: path, RawQuery: query}
		r.Header.Set("Content-Type", contentType)
		w := httptest.NewRecorder()
		newUpstream(demo.Collection{ID: "pub/secret"}).ServeHTTP(w, r)
		if w.Code >= http.StatusInternalServerError {
			t.Fatalf("%d: %s", w.Code, w.Body)
		}
		if location := w.Header().Get("Location"); location != "" && !strings.HasPrefix(location, serverURL+"/") {
			t.Errorf("Location: %s", location)
		}
		if w.Body.Len() > 0 && strings.Contains(w.Header().Get("Content-Type"), "json") && !json.Valid(w.Body.Bytes()) {
			t.Errorf("no JSON: %s", w.Body)
		}
	})
}

// FuzzToken: no form without the right secrets gets a token.
func FuzzToken(f *testing.F) {
	f.Add("", signIn().Encode())
	f.Add(basic("demo-service", "wrong"), "grant_type=client_credentials")
	f.Add("Basic ???", "grant_type=refresh_token&refresh_token=x")
	issuer := newIssuer(f, demo.IssuerConfig{TokensPerSecond: 1 << 30})
	f.Fuzz(func(t *testing.T, authorization, form string) {
		w := ask(t, issuer, http.MethodPost, issuer.TokenURL(), form, "Content-Type", formType, "Authorization", authorization)
		got := object(t, w.Body)
		sent, _ := url.ParseQuery(form)
		byForm := strings.HasSuffix(sent.Get("client_secret"), "-secret")
		if w.Code == http.StatusOK && !byForm && !strings.HasPrefix(strings.ToLower(authorization), "basic ") {
			t.Errorf("a token for %q", form)
		}
		if w.Code != http.StatusOK && (w.Code >= http.StatusInternalServerError || got["error"] == nil || got["access_token"] != nil) {
			t.Errorf("%d: %v", w.Code, got)
		}
	})
}
