//go:build e2e

package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// knows tells Keycloak that pages of this origin may ask it for tokens of the
// sample client, as whoever runs a provider has to.
func (k *keycloak) knows(t *testing.T, origin string) {
	t.Helper()
	client := k.administer(t, http.MethodGet, "/clients?clientId="+realmClient, nil).list(t)[0]
	for name, value := range map[string]string{"webOrigins": origin, "redirectUris": origin + "/*"} {
		known, _ := client[name].([]any)
		client[name] = append(known, value)
	}
	id, _ := client["id"].(string)
	k.administer(t, http.MethodPut, "/clients/"+id, client)
}

func TestSwaggerUIWithATokenOfAJWKSet(t *testing.T) {
	s := running
	needs(t, needNode, needChromium)
	k := s.withKeycloak(t)
	g := s.gatewayFor(t, s.moved,
		"DEV_JWKS_ENABLED=true", "DEV_OAUTH2_JWKS_ENDPOINT="+k.endpoint("certs"), "DEV_OAUTH2_TOKEN_ENDPOINT="+k.endpoint("token"),
		"DEV_OAUTH2_EXPECTED_ISSUER="+k.issuer, "DEV_OAUTH2_EXPECTED_AUDIENCE=geoapi")
	client := [][2]string{{"#client_id_clientCredentials", realmClient}, {"#client_secret_clientCredentials", realmSecret}}

	t.Run("pasted", func(t *testing.T) {
		shows(t, "Swagger UI", "JWKS, a bearer token pasted into the dialog: 401 before, 200 after")
		v := s.visit(t, visiting{root: g.root})
		v.swagger(g)
		v.isRefused("/collections/obs", "no bearer token")
		v.authorises("(http, Bearer)", [2]string{"#auth-bearer-value", k.user(t, "tomkralidis")})
		v.isAllowed("/collections/obs", "obs")
	})
	t.Run("fetched, but the provider does not know the page", func(t *testing.T) {
		doesNot(t, "Swagger UI", "client credentials of a provider that does not name the gateway's origin: `Auth Error`",
			"a browser shows a page no answer of another origin without CORS; in Keycloak the origin is one of the client's web origins")
		v := s.visit(t, visiting{root: g.root, others: []string{k.url}})
		v.swagger(g)
		box := v.fills("clientCredentials", client...)
		if said := v.text(box + ".errors"); !strings.Contains(said, "Auth Error") {
			t.Errorf("the dialog says %s", said)
		}
		v.isClean(k.endpoint("token"))
	})
	t.Run("fetched", func(t *testing.T) {
		k.knows(t, g.root)
		shows(t, "Swagger UI", "JWKS, client id and secret typed into the dialog, the token fetched from Keycloak by the page: 401 before, 200 after")
		v := s.visit(t, visiting{root: g.root, others: []string{k.url}})
		v.swagger(g)
		v.isRefused("/collections/obs", "no bearer token")
		v.tell("trust", nil)
		v.authorises("clientCredentials", client...)
		v.isAllowed("/collections/obs", "obs")
	})
}

// The page of this mode is not public: whoever opens it has a credential that
// the browser adds. From then on only what Swagger UI sends is sent, and it is
// somebody else's.
func TestSwaggerUIWithAProvider(t *testing.T) {
	s := running
	needs(t, needNode, needChromium)
	k := s.withKeycloak(t)
	g := s.gatewayFor(t, s.moved, append(k.oidcMode(), "DEV_POLICY_PATH="+repository("policies/examples/company"))...)
	k.knows(t, g.root)
	opens := func(t *testing.T) *visitor {
		t.Helper()
		v := s.visit(t, visiting{root: g.root, has: bearer(k.user(t, "francbartoli")), others: []string{k.url}})
		v.swagger(g)
		v.isClean()
		v.sheds()
		v.isRefused("/collections/obs", "no bearer token")
		v.tell("trust", nil)
		return v
	}

	t.Run("nobody", func(t *testing.T) {
		v := s.visit(t, visiting{root: g.root})
		if status := v.open(g.url + "/openapi?f=html"); status != http.StatusUnauthorized {
			t.Errorf("the page is public: status %d", status)
		}
		v.isClean("/openapi")
	})
	t.Run("password", func(t *testing.T) {
		shows(t, "Swagger UI", "OIDC, the provider's password grant, with name and password typed into the dialog: 401 before, 200 after")
		v := opens(t)
		v.authorises("password", [2]string{"#oauth_username", "tomkralidis"}, [2]string{"#oauth_password", "demo-tomkralidis"},
			[2]string{"#client_id_password", realmClient}, [2]string{"#client_secret_password", realmSecret})
		v.isAllowed("/collections/obs", "obs")
		if status, body := v.tries("/collections/lakes"); status != "403" || body["detail"] != "the collection lakes is for geobeyond only" {
			t.Errorf("what the policy denies shows %s: %v", status, body)
		}
	})
	t.Run("pasted after a login", func(t *testing.T) {
		shows(t, "Swagger UI", "OIDC, a login at Keycloak's own page for a program on the same machine (device grant), its token pasted into the dialog: 401 before, 200 after")
		v := opens(t)
		v.authorises("(http, Bearer)", [2]string{"#auth-bearer-value", k.deviceToken(t, v)})
		v.isAllowed("/collections/obs", "obs")
	})
	t.Run("authorization code", func(t *testing.T) {
		doesNot(t, "Swagger UI", "the authorization code flow of a provider", "it comes back to `{context}/oauth2-redirect.html`, which pygeoapi does not have and the gateway does not serve ([ADR 8](adr/0008-a-token-can-be-pasted.md))")
		v := opens(t)
		v.fills("authorization_code", [2]string{"#client_id_authorization_code", realmClient}, [2]string{"#client_secret_authorization_code", realmSecret})
		login := v.opened()
		login.signsIn("tomkralidis")
		login.waits("location.pathname === '/geoapi/oauth2-redirect.html'")
		code, _, _ := strings.Cut(login.address()[strings.Index(login.address(), "code="):], ".")
		running.handOut(strings.TrimPrefix(code, "code=")) // no log may have it
		if said := login.text("body"); !strings.Contains(said, "no bearer token") {
			t.Errorf("the page to come back to says %s", said)
		}
		v.isClean("/oauth2-redirect.html", "/favicon.ico")
	})
}

// A provider that answers pages of no other origin, as many do: a person can
// still paste a token.
func TestSwaggerUIWithAProviderThatAnswersNoPage(t *testing.T) {
	s := running
	shows(t, "Swagger UI", "OIDC, a token pasted into the dialog where the provider's discovery document has no CORS: 401 before, 200 after")
	v := s.visit(t, visiting{root: s.oidc.root, has: bearer(s.geobeyond()), others: []string{s.issuer.BaseURL()}})
	v.swagger(s.oidc)
	v.isClean(s.issuer.DiscoveryURL(), "TypeError: Failed to fetch")
	v.sheds()
	v.isRefused("/collections/obs", "no bearer token")
	v.authorises("(http, Bearer)", [2]string{"#auth-bearer-value", s.osgeo()})
	v.isAllowed("/collections/obs", "obs")
}

// signsIn fills Keycloak's login page.
func (v *visitor) signsIn(user string) {
	v.t.Helper()
	v.tell("fill", nil, "#username", user)
	v.tell("fill", nil, "#password", "demo-"+user)
	v.tell("click", nil, "#kc-login")
}

// deviceToken is a token for a program that has no browser, to whom a person
// grants it in theirs (RFC 8628).
func (k *keycloak) deviceToken(t *testing.T, v *visitor) string {
	t.Helper()
	started := post(t, k.endpoint("auth/device"), challenge()).wants(t, http.StatusOK).object(t)
	v.tell("evaluate", nil, "void window.open("+quoted(started["verification_uri_complete"].(string))+")")
	login := v.opened()
	login.signsIn("tomkralidis")
	login.tell("click", nil, "#kc-login[name=accept]")
	login.tell("waitForSelector", nil, "text=Device Login Successful")
	login.tell("close", nil)
	return k.token(t, url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "client_id": {"geoapi-cli"},
		"device_code": {started["device_code"].(string)}, "code_verifier": {verifier},
	})
}
