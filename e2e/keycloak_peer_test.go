//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// keycloak is a Keycloak with the realm of deploy/keycloak.
type keycloak struct {
	*peer
	port, management string
	work             string // what it keeps there outlives its end
	url              string // where it is
	issuer           string // the realm, as tokens name it
}

const (
	realmClient = "pygeoapi-client"
	realmSecret = "demo-client-secret"
	realmAdmin  = "e2e-admin"
)

func (s *stack) startKeycloak() (*keycloak, error) { return s.serveKeycloak("keycloak") }

// serveKeycloak starts one that keeps what it has in a folder of this name.
func (s *stack) serveKeycloak(name string, env ...string) (*keycloak, error) {
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	work, err := filepath.Abs(filepath.Join(logs, name))
	if err != nil {
		return nil, err
	}
	k := &keycloak{port: ports[0], management: ports[1], work: work, url: "http://localhost:" + ports[0]}
	k.issuer = k.url + "/realms/pygeoapi"
	return k, s.restartKeycloak(k, name, env...)
}

// restartKeycloak starts it with what it kept.
func (s *stack) restartKeycloak(k *keycloak, log string, env ...string) (err error) {
	k.peer, err = s.startPeer(log, 5*time.Minute, append([]string{
		"KEYCLOAK_WORK=" + k.work, "KEYCLOAK_MANAGEMENT_PORT=" + k.management,
		"KC_BOOTSTRAP_ADMIN_USERNAME=" + realmAdmin, "KC_BOOTSTRAP_ADMIN_PASSWORD=" + realmAdmin,
	}, env...), repository("deploy/keycloak/serve"), k.port)
	return err
}

// withKeycloak is the Keycloak that the tests share.
func (s *stack) withKeycloak(t *testing.T) *keycloak {
	t.Helper()
	needs(t, needKeycloak)
	return must[*keycloak](t)(s.keycloak())
}

func (k *keycloak) discovery() string { return k.issuer + "/.well-known/openid-configuration" }

func (k *keycloak) endpoint(name string) string { return k.issuer + "/protocol/openid-connect/" + name }

// oidcMode are the gateway's settings for its realm.
func (k *keycloak) oidcMode() []string {
	return []string{
		"DEV_OPA_ENABLED=true", "DEV_OIDC_WELL_KNOWN_ENDPOINT=" + k.discovery(),
		"DEV_OIDC_CLIENT_ID=" + realmClient, "DEV_OIDC_EXPECTED_AUDIENCE=geoapi",
	}
}

// user signs somebody in with the password of the realm's file.
func (k *keycloak) user(t *testing.T, name string) string {
	t.Helper()
	return k.token(t, url.Values{"grant_type": {"password"}, "client_id": {realmClient}, "client_secret": {realmSecret}, "username": {name}, "password": {"demo-" + name}})
}

// service signs the confidential client in by itself.
func (k *keycloak) service(t *testing.T) string {
	t.Helper()
	return k.token(t, url.Values{"grant_type": {"client_credentials"}, "client_id": {realmClient}, "client_secret": {realmSecret}})
}

// token asks the realm for an access token.
func (k *keycloak) token(t *testing.T, form url.Values) string {
	t.Helper()
	got := post(t, k.endpoint("token"), form).wants(t, http.StatusOK).object(t)
	token, _ := got["access_token"].(string)
	return running.handOut(token)
}

// post sends a form.
func post(t *testing.T, address string, form url.Values, fields ...header) answer {
	t.Helper()
	return ask(t, http.MethodPost, address, form.Encode(), append(fields, "Content-Type: application/x-www-form-urlencoded")...)
}

// administer calls Keycloak's administration, below the realm, with JSON.
func (k *keycloak) administer(t *testing.T, method, path string, body any) answer {
	t.Helper()
	got := post(t, k.url+"/realms/master/protocol/openid-connect/token",
		url.Values{"grant_type": {"password"}, "client_id": {"admin-cli"}, "username": {realmAdmin}, "password": {realmAdmin}}).wants(t, http.StatusOK).object(t)
	var text []byte
	if body != nil {
		text = must[[]byte](t)(json.Marshal(body))
	}
	answered := ask(t, method, k.url+"/admin/realms/pygeoapi"+path, string(text), bearer(fmt.Sprint(got["access_token"])), "Content-Type: application/json")
	if answered.StatusCode >= 300 {
		t.Fatalf("%s %s: %s %.500s", method, path, answered.Status, answered.body)
	}
	return answered
}

// isNoted notes its version, and the one that docker-compose.yml names where that
// is another.
func (k *keycloak) isNoted(t *testing.T) {
	t.Helper()
	text := string(must[[]byte](t)(os.ReadFile("../docker-compose.yml")))
	_, after, found := strings.Cut(text, "image: quay.io/keycloak/keycloak:")
	named, _, _ := strings.Cut(after, "\n")
	if !found {
		t.Fatal("docker-compose.yml has no Keycloak")
	}
	version := k.number()
	if named != version {
		version += " (docker-compose.yml names " + named + ")"
	}
	isVersion("Keycloak", version)
}
