//go:build e2e

package e2e

import (
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestRoles lets Keycloak's roles decide who writes, executes and operates, and
// lets whoever likes read.
func TestRoles(t *testing.T) {
	needs(t, needPostGIS)
	k := running.withKeycloak(t)
	shows(t, "Keycloak", "its roles deciding, by `policies/examples/roles`, who reads, writes to PostGIS, executes and sees jobs")
	g := running.gatewayFor(t, running.moved, append(k.oidcMode(), "DEV_POLICY_PATH="+repository("policies/examples/roles"), "DEV_ALLOW_ANONYMOUS=true")...)
	editor, operator := k.user(t, "tomkralidis"), k.user(t, "francbartoli")
	const feature = `{"type":"Feature","geometry":{"type":"Point","coordinates":[8.5,50.1]},"properties":{"name":"Frankfurt","river":"Main","owner":"osgeo","level_m":1.5}}`
	const filter = `{"op":"=","args":[{"property":"river"},"Tiber"]}`
	before := count(t, running.apiKey)
	for _, c := range []struct {
		who, method, path, kind, body string
		status                        int
		says                          string
	}{
		{"", "GET", "/collections/gauges/items", "", "", 200, ""},
		{"", "POST", "/collections/gauges/items", "application/query-cql-json", filter, 200, "Roma Ripetta"},
		{"", "POST", "/collections/gauges/items", "application/geo+json", feature, 401, "the role editor is needed"},
		{"", "GET", "/jobs", "", "", 401, "the role operator is needed"},
		{operator, "POST", "/collections/gauges/items", "application/geo+json", feature, 403, "the role editor is needed"},
		{operator, "DELETE", "/collections/gauges/items/1", "", "", 403, "the role editor is needed"},
		{operator, "POST", "/processes/hello-world/execution", "application/json", `{"inputs":{"name":"e2e"}}`, 200, "e2e"},
		{operator, "GET", "/jobs", "", "", 200, ""},
		{editor, "GET", "/jobs", "", "", 403, "the role operator is needed"},
		{editor, "GET", "/admin/config", "", "", 403, "the role administrator is needed"},
		{editor, "POST", "/processes/hello-world/execution", "application/json", `{"inputs":{"name":"e2e"}}`, 200, "e2e"},
	} {
		fields := []header{"Accept: application/json"}
		if c.who != "" {
			fields = append(fields, bearer(c.who))
		}
		if c.kind != "" {
			fields = append(fields, header("Content-Type: "+c.kind))
		}
		got := ask(t, c.method, g.url+c.path, c.body, fields...).wants(t, c.status)
		if !strings.Contains(string(got.body), c.says) {
			t.Errorf("%s %s as %s: it does not say %q: %.500s", c.method, c.path, c.kind, c.says, got.body)
		}
	}
	if after := count(t, running.apiKey); after != before {
		t.Errorf("%v gauges before, %v after what was refused", before, after)
	}
	made := ask(t, http.MethodPost, g.url+"/collections/gauges/items", feature, bearer(editor), "Content-Type: application/geo+json").wants(t, http.StatusCreated)
	ask(t, http.MethodDelete, made.Header.Get("Location"), "", bearer(operator)).wants(t, http.StatusForbidden)
	ask(t, http.MethodDelete, made.Header.Get("Location"), "", bearer(editor)).wants(t, http.StatusOK)
}

// TestARemoteOPADecides asks an OPA server instead of the engine in the process.
func TestARemoteOPADecides(t *testing.T) {
	needs(t, needOPA)
	k := running.withKeycloak(t)
	opa := must[*remoteOPA](t)(running.opa())
	version := must[[]byte](t)(exec.Command(repository(".tools/bin/opa"), "version").Output())
	isVersion("OPA", strings.TrimPrefix(strings.SplitN(string(version), "\n", 2)[0], "Version: "))
	shows(t, "OPA", "a server of its own, of the version that is built in, deciding for the gateway by `OPA_URL`, with and without the path at its end")
	for _, at := range []string{opa.url, opa.url + "/v1/data/httpapi/authz"} {
		g := running.gatewayFor(t, running.moved, append(k.oidcMode(), "DEV_OPA_URL="+at)...)
		osgeo := bearer(k.user(t, "tomkralidis"))
		get(t, g.url+"/collections/obs/items", osgeo).wants(t, http.StatusOK)
		isProblem(t, get(t, g.url+"/collections/lakes/items", osgeo).wants(t, http.StatusForbidden), "the collection lakes is for geobeyond only")
		isProblem(t, get(t, g.url+"/collections/obs/items").wants(t, http.StatusUnauthorized), "")
	}
}

// TestAnotherMakeOfIssuer takes the tokens of oidc-provider: JWTs of RFC 9068,
// under two algorithms of one key set; and opaque ones, which are refused.
func TestAnotherMakeOfIssuer(t *testing.T) {
	needs(t, needNode)
	issuer := must[*otherIssuer](t)(running.other())
	isVersion("oidc-provider", packageVersion(t, "oidc-provider"))
	resource := "urn:geowarden:e2e"
	g := running.gatewayFor(t, running.moved, "DEV_OPA_ENABLED=true", "DEV_OIDC_WELL_KNOWN_ENDPOINT="+issuer.url+"/.well-known/openid-configuration",
		"DEV_OIDC_EXPECTED_AUDIENCE="+resource+","+resource+":es256", "DEV_POLICY_PATH="+repository("policies/examples/company"))
	for _, asked := range []string{resource, resource + ":es256"} {
		token := bearer(issuer.token(t, asked))
		id := newID()
		get(t, g.url+"/collections/obs/items", token, header("X-Request-Id: "+id)).wants(t, http.StatusOK)
		isProblem(t, get(t, g.url+"/collections/lakes/items", token).wants(t, http.StatusForbidden), "geobeyond")
		if line := g.logged(t, id); line["kind"] != "service" || line["subject"] != "harvester" {
			t.Errorf("the log says %v %v", line["kind"], line["subject"])
		}
	}
	jwks := running.gatewayFor(t, running.moved, "DEV_JWKS_ENABLED=true", "DEV_OAUTH2_JWKS_ENDPOINT="+issuer.url+"/jwks",
		"DEV_OAUTH2_EXPECTED_AUDIENCE="+resource, "DEV_OAUTH2_EXPECTED_ISSUER="+issuer.url)
	get(t, jwks.url+"/collections/obs/items", bearer(issuer.token(t, resource))).wants(t, http.StatusOK)
	get(t, jwks.url+"/collections/obs/items", bearer(issuer.token(t, resource+":es256"))).wants(t, http.StatusUnauthorized) // another audience
	shows(t, "oidc-provider", "its `at+jwt` access tokens (RFC 9068) under RS256 and ES256 in one key set, in the JWKS and the OIDC mode")

	opaque := issuer.token(t, "")
	introspected := post(t, issuer.url+"/token/introspection", url.Values{"token": {opaque}}, issuer.client()).wants(t, http.StatusOK).object(t)
	if introspected["active"] != true {
		t.Errorf("the issuer takes its own token for %v", introspected)
	}
	isProblem(t, get(t, g.url+"/collections/obs/items", bearer(opaque)).wants(t, http.StatusUnauthorized), "not a signed JWT")
	doesNot(t, "oidc-provider", "opaque access tokens are refused with 401, although its introspection calls them active", "Geowarden verifies JWTs and asks no issuer for a request; ask the issuer for JWTs (RFC 9068)")
}

// token asks for an access token for a resource (RFC 8707), or for none.
func (i *otherIssuer) token(t *testing.T, resource string) string {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"read"}}
	if resource != "" {
		form.Set("resource", resource)
	}
	token, _ := post(t, i.url+"/token", form, i.client()).wants(t, http.StatusOK).object(t)["access_token"].(string)
	return running.handOut(token)
}

// client is how its one client authenticates.
func (i *otherIssuer) client() header {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth("harvester", "demo-harvester-secret")
	return header("Authorization: " + r.Header.Get("Authorization"))
}

// packageVersion is the version of a package of npm.
func packageVersion(t *testing.T, name string) string {
	t.Helper()
	said := must[[]byte](t)(exec.Command("node", "-p", "require('"+filepath.ToSlash(repository("e2e/node/node_modules/"+name+"/package.json"))+"').version").Output())
	return strings.TrimSpace(string(said))
}

// A registered client of the other issuer gets in as well (RFC 7591).
func TestAClientThatRegisteredItself(t *testing.T) {
	needs(t, needNode)
	issuer := must[*otherIssuer](t)(running.other())
	shows(t, "oidc-provider", "a client that registered itself (RFC 7591) getting in")
	made := ask(t, http.MethodPost, issuer.url+"/reg", `{"grant_types":["client_credentials"],"redirect_uris":[],"response_types":[]}`, "Content-Type: application/json").wants(t, http.StatusCreated).object(t)
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(made["client_id"].(string), url.QueryEscape(made["client_secret"].(string)))
	token, _ := post(t, issuer.url+"/token", url.Values{"grant_type": {"client_credentials"}, "scope": {"read"}, "resource": {"urn:geowarden:e2e"}},
		header("Authorization: "+r.Header.Get("Authorization"))).wants(t, http.StatusOK).object(t)["access_token"].(string)
	g := running.gatewayFor(t, running.moved, "DEV_JWKS_ENABLED=true", "DEV_OAUTH2_JWKS_ENDPOINT="+issuer.url+"/jwks",
		"DEV_OAUTH2_EXPECTED_AUDIENCE=urn:geowarden:e2e", "DEV_OAUTH2_EXPECTED_ISSUER="+issuer.url)
	get(t, g.url+"/collections/obs/items", bearer(running.handOut(token))).wants(t, http.StatusOK)
}
