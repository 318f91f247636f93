//go:build e2e

package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestFastgeoapisOwnCases holds both to what fastgeoapi's own tests ask of it,
// as far as they ask by HTTP.
func TestFastgeoapisOwnCases(t *testing.T) {
	m := running.move(t)
	shows(t, "fastgeoapi", "the cases of its own tests, which it and the gateway are held to: health, keys, contexts, preflights, forwarded links, audiences, issuers, Cognito, OPA")
	t.Run("health and readiness are open in the API-key mode", func(t *testing.T) {
		for _, root := range []string{m.apiKey.theirs.root, m.apiKey.ours.root} {
			if got := get(t, root+"/healthz").wants(t, 200).object(t); got["status"] != "ok" {
				t.Errorf("%s/healthz says %v", root, got)
			}
			if got := get(t, root+"/readyz").wants(t, 200).object(t); got["status"] != "ready" {
				t.Errorf("%s/readyz says %v", root, got)
			}
		}
	})
	t.Run("the landing page takes the key", func(t *testing.T) {
		m.apiKey.answers(t, "/", 401, 401)
		m.apiKey.answers(t, "/", 200, 200, running.withKey())
	})
	t.Run("the definition is public in the open, key and JWKS modes", func(t *testing.T) {
		for _, p := range []*pair{m.open, m.apiKey, m.jwks} {
			theirs, ours := p.answers(t, "/openapi?f=json", 200, 200)
			if theirs.object(t)["openapi"] != ours.object(t)["openapi"] {
				t.Errorf("%s: it is of version %v there and %v here", p.name, theirs.object(t)["openapi"], ours.object(t)["openapi"])
			}
		}
	})
	t.Run("a context of one's own", func(t *testing.T) {
		theirs, ours := m.custom.answers(t, "/?f=json", 200, 200, m.token(nil))
		for _, got := range []answer{theirs, ours} {
			if !strings.Contains(string(got.body), home+"/maps/api/collections") {
				t.Errorf("links do not lead below it: %.500s", got.body)
			}
		}
		get(t, m.custom.theirs.root+"/geoapi/").wants(t, 404)
		get(t, m.custom.ours.root+"/geoapi/").wants(t, 404)
	})
	t.Run("a preflight names the origin that asks", func(t *testing.T) {
		for _, p := range []*pair{m.open, m.apiKey, m.jwks} {
			for _, url := range []string{p.theirs.url, p.ours.url} {
				got := ask(t, http.MethodOptions, url+"/collections", "", fromMap, "Access-Control-Request-Method: GET")
				if got.StatusCode/100 != 2 || got.Header.Get("Access-Control-Allow-Origin") != "https://map.example" || got.Header.Get("Access-Control-Max-Age") != "600" {
					t.Errorf("%s: %s %v", url, got.Status, got.Header)
				}
			}
		}
	})
	t.Run("links follow a proxy in front", func(t *testing.T) {
		behind := running.movedFor(t, m.custom, nil, "DEV_UPSTREAM_URL="+m.behind.url, "DEV_UPSTREAM_SERVER_URL="+m.behind.name, "DEV_TRUSTED_PROXIES=127.0.0.1")
		for _, path := range []string{"/collections?f=json", "/collections/obs/items?f=html"} {
			fields := []header{m.token(nil), "X-Forwarded-Proto: https", "X-Forwarded-Host: others.example"}
			theirs, ours := get(t, m.custom.theirs.url+path, fields...).wants(t, 200), get(t, behind.url+path, fields...).wants(t, 200)
			if !strings.Contains(string(ours.body), "https://others.example/maps/api/collections") || m.custom.plain(theirs, "") != m.custom.plain(ours, "") {
				t.Errorf("%s: they do not lead where those of fastgeoapi do: %.500s", path, ours.body)
			}
		}
	})
	t.Run("OPA allows and denies", func(t *testing.T) {
		m.oidc.needs(t)
		k := running.withKeycloak(t)
		osgeo, geobeyond := bearer(k.openID(t, "tomkralidis")), bearer(k.openID(t, "francbartoli"))
		m.oidc.answers(t, "/collections/obs/items", 200, 200, osgeo)
		m.oidc.answers(t, "/collections/lakes/items", 200, 200, geobeyond)
		m.oidc.answers(t, "/collections/obs", 401, 403, geobeyond)
		m.oidc.answers(t, "/collections/lakes", 401, 403, osgeo)
	})
	t.Run("a challenge says what was wrong, and names the audience", func(t *testing.T) {
		for _, c := range []struct {
			fields  []header
			isToken bool
		}{{nil, false}, {[]header{bearer("not-a-real-token")}, true}} {
			theirs, ours := m.jwks.answers(t, "/", 401, 401, c.fields...)
			for _, got := range []answer{theirs, ours} {
				said := got.Header.Get("WWW-Authenticate")
				if !strings.HasPrefix(said, `Bearer realm="`+audience+`"`) || strings.Contains(said, `error="invalid_token"`) != c.isToken {
					t.Errorf("it is %s", said)
				}
			}
		}
	})
}

// TestFastgeoapisTokens holds both to what fastgeoapi's tests say of claims: with an
// audience and an issuer to expect, and with neither.
func TestFastgeoapisTokens(t *testing.T) {
	m := running.move(t)
	for _, c := range []struct {
		name            string
		expected, unset int // the status where they are expected, and where nothing is
		change          func(map[string]any)
	}{
		{"a good audience and issuer", 200, 200, nil},
		{"a wrong audience", 401, 200, func(c map[string]any) { c["aud"] = "https://other.example" }},
		{"no audience", 401, 200, func(c map[string]any) { delete(c, "aud") }},
		{"an array with the audience", 200, 200, func(c map[string]any) { c["aud"] = []string{"https://other.example", audience} }},
		{"an array without it", 401, 200, func(c map[string]any) { c["aud"] = []string{"https://one.example", "https://other.example"} }},
		{"a wrong issuer", 401, 200, func(c map[string]any) { c["iss"] = "https://malicious.example" }},
		{"no issuer", 401, 200, func(c map[string]any) { delete(c, "iss") }},
		{"Cognito's client_id for the audience", 200, 200, func(c map[string]any) { delete(c, "aud"); c["client_id"] = audience }},
		{"Cognito's client_id, of another client", 401, 200, func(c map[string]any) { delete(c, "aud"); c["client_id"] = "another" }},
		{"an expired one", 401, 401, func(c map[string]any) { c["exp"] = time.Now().Add(-time.Hour).Unix() }},
		{"one for later", 401, 401, func(c map[string]any) { c["nbf"] = time.Now().Add(time.Hour).Unix() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			token := m.token(c.change)
			m.jwks.answers(t, "/collections", c.expected, c.expected, token)
			m.custom.answers(t, "/collections", c.unset, c.unset, token)
		})
	}
}

// TestTwoModesAtOnceRefuseToStart has both refuse, in the same words.
func TestTwoModesAtOnceRefuseToStart(t *testing.T) {
	m := running.move(t)
	const says = "OPA_ENABLED, JWKS_ENABLED and API_KEY_ENABLED are mutually exclusive"
	for _, modes := range [][]string{{"DEV_OPA_ENABLED=true", "DEV_API_KEY_ENABLED=true"}, {"DEV_OPA_ENABLED=true", "DEV_JWKS_ENABLED=true"}, {"DEV_JWKS_ENABLED=true", "DEV_API_KEY_ENABLED=true"}} {
		if out, err := m.open.file.geowarden(t, modes, "DEV_UPSTREAM_URL="+m.behind.url); err == nil || !strings.Contains(out, says) {
			t.Errorf("%s: %v\n%s", modes, err, out)
		}
	}
	folder := filepath.Join(m.folder, "two-modes")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	config, environ, err := running.sampleConfig(folder)
	if err != nil {
		t.Fatal(err)
	}
	d := must[*dotenv](t)(writeDotenv(folder, "/geoapi", config, "DEV_JWKS_ENABLED=true", "DEV_API_KEY_ENABLED=true"))
	p := must[*process](t)(running.launchFastgeoapi("two-modes", d, d.port, append(environ, "PYGEOAPI_RUN="+folder, "PYGEOAPI_SERVER_URL="+home+"/geoapi")...))
	select {
	case <-p.done:
	case <-time.After(3 * time.Minute):
		t.Fatalf("fastgeoapi starts: see %s", p.log)
	}
	if text, err := os.ReadFile(p.log); err != nil || p.cmd.ProcessState.Success() || !strings.Contains(strings.Join(strings.Fields(string(text)), " "), says) {
		t.Errorf("fastgeoapi does not refuse: see %s (%v)", p.log, err)
	}
}
