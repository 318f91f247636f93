//go:build e2e

package e2e

import (
	"net/http"
	"strings"
	"testing"
)

func TestJSONAndHTML(t *testing.T) {
	s := running
	for _, c := range []struct {
		path, accept, kind, says string
	}{
		{"/collections/obs/items?f=json", "", "application/", `"FeatureCollection"`},
		{"/collections/obs/items", "text/html", "text/html", "<html"},
		{"/collections/lakes/items/6?f=html", "application/json", "text/html", "Baikal"},
		{"/collections/lakes?f=jsonld", "", "application/ld+json", `"@context"`},
		{"/static/css/default.css", "", "text/css", "{"},
		{"/processes/hello-world", "application/json", "application/json", `"hello-world"`},
	} {
		t.Run(c.path, func(t *testing.T) {
			got := get(t, s.apiKey.url+c.path, s.withKey(), header("Accept: "+c.accept), "Accept-Encoding: gzip").wants(t, http.StatusOK)
			if kind := got.Header.Get("Content-Type"); !strings.HasPrefix(kind, c.kind) {
				t.Errorf("it is of type %q, want %q", kind, c.kind)
			}
			if coding := got.Header.Get("Content-Encoding"); coding != "" {
				t.Errorf("it is compressed: %q", coding)
			}
			if !strings.Contains(string(got.body), c.says) {
				t.Errorf("it does not say %q: %.300s", c.says, got.body)
			}
		})
	}
}

// RFC 9111 keeps answers to Authorization out of shared caches, and knows
// nothing of an API key.
func TestAnswersToSomebodyArePrivate(t *testing.T) {
	s := running
	for g, field := range map[*gateway]header{s.apiKey: s.withKey(), s.jwks: bearer(s.osgeo()), s.oidc: bearer(s.osgeo())} {
		got := get(t, g.url+"/collections/obs", field).wants(t, http.StatusOK)
		if control := got.Header.Get("Cache-Control"); !strings.Contains(control, "private") {
			t.Errorf("%s: Cache-Control is %q", g.name, control)
		}
		vary := strings.Join(got.Header.Values("Vary"), ",")
		for _, name := range []string{"Authorization", "X-API-KEY", "Cookie", "Origin"} {
			if !strings.Contains(vary, name) {
				t.Errorf("%s: Vary is %q, without %s", g.name, vary, name)
			}
		}
	}
}

func TestHeadIsDecidedAsGet(t *testing.T) {
	s := running
	for _, c := range []struct {
		field  header
		status int
	}{{bearer(s.osgeo()), 200}, {bearer(s.geobeyond()), 403}, {bearer(s.expired()), 401}} {
		got := ask(t, http.MethodHead, s.oidc.url+"/collections/obs", "", c.field).wants(t, c.status)
		if len(got.body) > 0 {
			t.Errorf("%d: HEAD was answered with a body", c.status)
		}
	}
}

// A preflight carries no credential; an OPTIONS that is none is authorised.
func TestOptions(t *testing.T) {
	s := running
	for _, g := range []*gateway{s.apiKey, s.jwks, s.oidc} {
		url := g.url + "/collections/obs/items"
		got := ask(t, http.MethodOptions, url, "", "Origin: https://map.example", "Access-Control-Request-Method: GET", "Access-Control-Request-Headers: authorization,x-api-key")
		if got.StatusCode/100 != 2 {
			t.Errorf("%s: the preflight is answered %s", g.name, got.Status)
		}
		allowed := strings.ToLower(got.Header.Get("Access-Control-Allow-Headers"))
		if got.Header.Get("Access-Control-Allow-Origin") == "" || !strings.Contains(allowed, "authorization") || !strings.Contains(allowed, "x-api-key") {
			t.Errorf("%s: the preflight allows %v", g.name, got.Header)
		}
		ask(t, http.MethodOptions, url, "").wants(t, http.StatusUnauthorized)
		refused := get(t, url, "Origin: https://map.example").wants(t, http.StatusUnauthorized)
		if refused.Header.Get("Access-Control-Allow-Origin") == "" {
			t.Errorf("%s: a page cannot read why it was refused", g.name)
		}
	}
	plain := ask(t, http.MethodOptions, s.apiKey.url+"/collections/obs/items", "", s.withKey()).wants(t, http.StatusOK)
	if allow := plain.Header.Get("Allow"); !strings.Contains(allow, "GET") {
		t.Errorf("Allow is %q", allow)
	}
}

// What Flask and Starlette would read in two ways reaches neither.
func TestTwoReadingsAreRefused(t *testing.T) {
	s := running
	for _, path := range []string{"//collections/obs", "/collections/%2e%2e/admin/config", "/collections/obs%2fitems", "/collections/obs/../lakes", "/collections/obs;x=1", "/collections/obs/items?limit=1&limit=2", "/collections/lakes/items/1/items"} {
		t.Run(path, func(t *testing.T) {
			isProblem(t, get(t, s.apiKey.url+path, s.withKey()).wants(t, http.StatusBadRequest), "")
		})
	}
}

func TestHealthIsOpen(t *testing.T) {
	s := running
	for _, g := range []*gateway{s.apiKey, s.jwks, s.oidc, s.standard} {
		if got := get(t, g.root+"/healthz").wants(t, http.StatusOK).object(t); got["status"] != "ok" {
			t.Errorf("%s: /healthz says %v", g.name, got)
		}
		if got := get(t, g.root+"/readyz").wants(t, http.StatusOK).object(t); got["status"] != "ready" {
			t.Errorf("%s: /readyz says %v", g.name, got)
		}
		get(t, g.root+"/collections").wants(t, http.StatusNotFound)
	}
}
