//go:build e2e

package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestKeycloak gets a token in each way that the realm offers, and sees what the
// policy of a collection a company makes of it.
func TestKeycloak(t *testing.T) {
	k := running.withKeycloak(t)
	k.isNoted(t)
	company := append(k.oidcMode(), "DEV_POLICY_PATH="+repository("policies/examples/company"))
	g := running.gatewayFor(t, running.moved, company...)
	for _, c := range []struct {
		way                        string
		token                      func(*testing.T) string
		collections, lakes, obs    int
		subject, kind, reasonOrNot string
	}{
		{"the password grant, somebody of osgeo", func(t *testing.T) string { return k.user(t, "tomkralidis") }, 200, 403, 200, "d2c94e17-85b3-4f60-8a2e-71c5b0e4fd02", "user", "the collection lakes is for geobeyond only"},
		{"the password grant, somebody of geobeyond", func(t *testing.T) string { return k.user(t, "francbartoli") }, 200, 200, 403, "6b1f8a52-0c57-4c1e-9d43-2f6a7e9b1a01", "user", "the collection obs is for osgeo only"},
		{"client credentials of the confidential client", k.service, 200, 403, 403, "", "service", "the collection lakes is for geobeyond only"},
		{"the device flow with PKCE of the public client", k.device, 200, 403, 200, "d2c94e17-85b3-4f60-8a2e-71c5b0e4fd02", "user", "the collection lakes is for geobeyond only"},
		{"the authorization code with PKCE of the public client", k.code, 200, 403, 200, "d2c94e17-85b3-4f60-8a2e-71c5b0e4fd02", "user", "the collection lakes is for geobeyond only"},
		{"client credentials of a client that registered itself", k.registered, 200, 403, 403, "", "service", "the collection lakes is for geobeyond only"},
	} {
		t.Run(c.way, func(t *testing.T) {
			shows(t, "Keycloak", "tokens by "+c.way)
			token := bearer(c.token(t))
			id := newID()
			get(t, g.url+"/collections", token, header("X-Request-Id: "+id)).wants(t, c.collections)
			lakes := get(t, g.url+"/collections/lakes/items", token).wants(t, c.lakes)
			obs := get(t, g.url+"/collections/obs/items", token).wants(t, c.obs)
			for _, got := range []answer{lakes, obs} {
				if got.StatusCode == http.StatusForbidden && !strings.Contains(string(lakes.body)+string(obs.body), c.reasonOrNot) {
					t.Errorf("the reason is not %q: %s", c.reasonOrNot, got.body)
				}
			}
			line := g.logged(t, id)
			if line["kind"] != c.kind || c.subject != "" && line["subject"] != c.subject || line["issuer"] != k.issuer {
				t.Errorf("the log says %v %v of %v, want %s %s of %s", line["kind"], line["subject"], line["issuer"], c.kind, c.subject, k.issuer)
			}
		})
	}
	t.Run("refused", func(t *testing.T) {
		shows(t, "Keycloak", "ID tokens, refresh tokens and tokens for another audience refused; an ID token also where its audience is expected")
		got := post(t, k.endpoint("token"), url.Values{"grant_type": {"password"}, "client_id": {realmClient}, "client_secret": {realmSecret},
			"username": {"tomkralidis"}, "password": {"demo-tomkralidis"}, "scope": {"openid"}}).wants(t, http.StatusOK).object(t)
		token := func(name string) header {
			text, _ := got[name].(string)
			if text == "" {
				t.Fatalf("Keycloak gave no %s", name)
			}
			return bearer(running.handOut(text))
		}
		for _, name := range []string{"id_token", "refresh_token"} {
			isProblem(t, get(t, g.url+"/collections", token(name)).wants(t, http.StatusUnauthorized), "")
		}
		// The audience of an ID token is the client, and nothing but its kind is wrong
		// with it here.
		both := running.gatewayFor(t, running.moved, append(k.oidcMode(), "DEV_OIDC_EXPECTED_AUDIENCE=geoapi,"+realmClient)...)
		get(t, both.url+"/collections", token("access_token")).wants(t, http.StatusOK)
		isProblem(t, get(t, both.url+"/collections", token("id_token")).wants(t, http.StatusUnauthorized), "ID token")
		other := running.gatewayFor(t, running.moved, append(k.oidcMode(), "DEV_OIDC_EXPECTED_AUDIENCE=another-api")...)
		isProblem(t, get(t, other.url+"/collections", bearer(k.user(t, "tomkralidis"))).wants(t, http.StatusUnauthorized), "audience")
	})
}

// logged returns the gateway's line about a request.
func (g *gateway) logged(t *testing.T, id string) map[string]any {
	t.Helper()
	text, err := g.says(`"request_id":"`+id, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	var line map[string]any
	if err := json.Unmarshal([]byte(text), &line); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return line
}

const verifier = "a-verifier-of-forty-three-characters-or-more-0123456789"

func challenge() url.Values {
	sum := sha256.Sum256([]byte(verifier))
	return url.Values{"client_id": {"geoapi-cli"}, "scope": {"openid"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}}
}

// device signs in with a program that has no browser (RFC 8628), and the realm's
// login page on another machine.
func (k *keycloak) device(t *testing.T) string {
	t.Helper()
	started := post(t, k.issuer+"/protocol/openid-connect/auth/device", challenge()).wants(t, http.StatusOK).object(t)
	poll := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "client_id": {"geoapi-cli"}, "device_code": {started["device_code"].(string)}, "code_verifier": {verifier}}
	if pending := post(t, k.endpoint("token"), poll).object(t); pending["error"] != "authorization_pending" {
		t.Fatalf("before the login: %v", pending)
	}
	b := newBrowser(t)
	b.open(started["verification_uri_complete"].(string))
	b.submit(map[string]string{"username": "tomkralidis", "password": "demo-tomkralidis"})
	b.submit(map[string]string{"accept": "Yes"})
	time.Sleep(time.Duration(started["interval"].(float64) * float64(time.Second))) // sooner is slow_down
	return k.token(t, poll)
}

// code signs in with a program that opens a browser and listens on loopback (RFC
// 8252).
func (k *keycloak) code(t *testing.T) string {
	t.Helper()
	const back = "http://127.0.0.1:8888"
	form := challenge()
	form.Set("response_type", "code")
	form.Set("redirect_uri", back)
	b := newBrowser(t)
	b.open(k.endpoint("auth") + "?" + form.Encode())
	b.submit(map[string]string{"username": "tomkralidis", "password": "demo-tomkralidis"})
	if b.left == nil || !strings.HasPrefix(b.left.String(), back) {
		t.Fatalf("Keycloak did not send the browser back to the program: %.1000s", b.page)
	}
	return k.token(t, url.Values{"grant_type": {"authorization_code"}, "client_id": {"geoapi-cli"}, "code": {b.left.Query().Get("code")}, "redirect_uri": {back}, "code_verifier": {verifier}})
}

// registered registers a client as birdhouse's programs do, with an access token
// of the administrator's, and signs it in. The realm has nobody register without
// one, and nobody with a mapper: a person who signs in at such a client could
// choose the company that the token says.
func (k *keycloak) registered(t *testing.T) string {
	t.Helper()
	initial := k.administer(t, http.MethodPost, "/clients-initial-access", map[string]int{"count": 2, "expiration": 300}).object(t)
	register := func(kind, client string, fields ...header) answer {
		return ask(t, http.MethodPost, k.issuer+"/clients-registrations/"+kind, client, append(fields, "Content-Type: application/json")...)
	}
	register("default", `{"clientId":"anybody"}`).wants(t, http.StatusForbidden)
	register("openid-connect", `{"client_name":"anybody","redirect_uris":["http://127.0.0.1:8888/"]}`).wants(t, http.StatusForbidden)
	register("default", `{"clientId":"forger","protocolMappers":[{"name":"company","protocol":"openid-connect","protocolMapper":"oidc-usermodel-attribute-mapper",
		"config":{"user.attribute":"firstName","claim.name":"company","access.token.claim":"true"}}]}`, bearer(initial["token"].(string))).wants(t, http.StatusForbidden)
	got := register("default",
		`{"clientId":"wps-e2e","consentRequired":false,"serviceAccountsEnabled":true,"standardFlowEnabled":false,"authorizationServicesEnabled":false}`,
		bearer(initial["token"].(string))).wants(t, http.StatusCreated).object(t)
	if got["fullScopeAllowed"] != false {
		t.Error("the tokens of a client that registered itself have every role")
	}
	return k.token(t, url.Values{"grant_type": {"client_credentials"}, "client_id": {"wps-e2e"}, "client_secret": {got["secret"].(string)}})
}

// browser goes through Keycloak's pages as a person does, without their scripts:
// it keeps cookies, and fills in forms.
type browser struct {
	t      *testing.T
	client *http.Client
	left   *url.URL // where it was sent to, off the issuer
	page   []byte
	at     *url.URL
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	b := &browser{t: t}
	jar := must[*cookiejar.Jar](t)(cookiejar.New(nil))
	b.client = &http.Client{Jar: jar, Timeout: time.Minute, CheckRedirect: func(r *http.Request, before []*http.Request) error {
		if r.URL.Host != before[0].URL.Host {
			b.left = r.URL
			return http.ErrUseLastResponse
		}
		return nil
	}}
	return b
}

func (b *browser) open(address string) {
	b.t.Helper()
	b.send(must[*http.Request](b.t)(http.NewRequestWithContext(b.t.Context(), http.MethodGet, address, http.NoBody)))
}

func (b *browser) send(r *http.Request) {
	b.t.Helper()
	res, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if b.page, err = io.ReadAll(io.LimitReader(res.Body, 1<<20)); err != nil {
		b.t.Fatal(err)
	}
	b.at = res.Request.URL
}

var formAction = regexp.MustCompile(`<form[^>]*\saction="([^"]+)"`)

// submit fills in the page's form.
func (b *browser) submit(fields map[string]string) {
	b.t.Helper()
	found := formAction.FindSubmatch(b.page)
	if found == nil {
		b.t.Fatalf("no form on the page at %s: %.2000s", b.at, bytes.TrimSpace(b.page))
	}
	action := must[*url.URL](b.t)(b.at.Parse(html.UnescapeString(string(found[1]))))
	form := url.Values{}
	for name, value := range fields {
		form.Set(name, value)
	}
	for _, hidden := range hiddenField.FindAllSubmatch(b.page, -1) {
		form.Set(string(hidden[1]), html.UnescapeString(string(hidden[2])))
	}
	r := must[*http.Request](b.t)(http.NewRequestWithContext(b.t.Context(), http.MethodPost, action.String(), strings.NewReader(form.Encode())))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	b.send(r)
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)
