package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/geowarden/geowarden/internal/demo"
)

// realm is what these tests look at of Keycloak's representation of a realm.
type realm struct {
	Realm        string
	ClientScopes []struct {
		Name            string
		ProtocolMappers []struct {
			ProtocolMapper string
			Config         map[string]string
		}
	}
	DefaultDefaultClientScopes []string
	Clients                    []struct {
		ClientID string
		Secret   string
	}
	Users []struct {
		ID, Username, Email string
		Attributes          map[string][]string
		Credentials         []struct{ Value string }
	}
	Components map[string][]struct {
		Config map[string][]string
	}
}

func readRealm(t *testing.T) realm {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, "deploy/keycloak/realm.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r realm
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTheRealmKnowsThePeopleOfTheDemo(t *testing.T) {
	r := readRealm(t)
	if len(r.Users) != len(demo.Users()) {
		t.Errorf("%d users, want %d", len(r.Users), len(demo.Users()))
	}
	for i, want := range demo.Users() {
		got := r.Users[i]
		if got.ID != want.Subject || got.Username != want.Name || got.Email != want.Email ||
			!slices.Equal(got.Attributes["company"], []string{want.Company}) || got.Credentials[0].Value != want.Password {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	if client := demo.Clients()[0]; r.Clients[0].ClientID != client.ID || r.Clients[0].Secret != client.Secret {
		t.Errorf("the client %s is not the demo's", r.Clients[0].ClientID)
	}
}

func TestTheRealmIssuesWhatTheComposeFileExpects(t *testing.T) {
	r, file := readRealm(t), readCompose(t)
	gateway, keycloak := file.Services["gateway"].Environment, file.Services["keycloak"].Environment
	path := "/realms/" + r.Realm
	if got := gateway["PROD_OIDC_EXPECTED_ISSUER"]; got != keycloak["KC_HOSTNAME"]+path {
		t.Errorf("the issuer %s is not the realm %s at %s", got, r.Realm, keycloak["KC_HOSTNAME"])
	}
	if got := gateway["PROD_OIDC_WELL_KNOWN_ENDPOINT"]; !strings.HasSuffix(got, path+"/.well-known/openid-configuration") {
		t.Errorf("%s is not the realm %s", got, r.Realm)
	}
	claims := map[string]string{}
	for _, scope := range r.ClientScopes {
		for _, mapper := range scope.ProtocolMappers {
			if mapper.Config["access.token.claim"] == "true" && slices.Contains(r.DefaultDefaultClientScopes, scope.Name) {
				claims[mapper.ProtocolMapper+" "+mapper.Config["claim.name"]] = mapper.Config["included.custom.audience"]
			}
		}
	}
	if claims["oidc-audience-mapper "] != gateway["PROD_OIDC_EXPECTED_AUDIENCE"] {
		t.Errorf("access tokens are for %q", claims["oidc-audience-mapper "])
	}
	for _, wanted := range []string{"oidc-sub-mapper ", "oidc-usermodel-attribute-mapper company", "oidc-usermodel-realm-role-mapper realm_access.roles"} {
		if _, found := claims[wanted]; !found {
			t.Errorf("access tokens carry %v, and not %s", claims, wanted)
		}
	}
}

// Policies decide on the company: whoever could write his own would belong to
// all of them. So it is a declared attribute that administrators edit, and
// undeclared ones stay off, which is Keycloak's default.
func TestNobodySetsTheirOwnCompany(t *testing.T) {
	var profile struct {
		UnmanagedAttributePolicy string
		Attributes               []struct {
			Name        string
			Permissions struct{ Edit []string }
		}
	}
	components := readRealm(t).Components["org.keycloak.userprofile.UserProfileProvider"]
	if len(components) != 1 {
		t.Fatalf("%d user profiles", len(components))
	}
	if err := json.Unmarshal([]byte(components[0].Config["kc.user.profile.config"][0]), &profile); err != nil {
		t.Fatal(err)
	}
	if profile.UnmanagedAttributePolicy != "" {
		t.Errorf("undeclared attributes: %s", profile.UnmanagedAttributePolicy)
	}
	for _, attribute := range profile.Attributes {
		if attribute.Name == "company" {
			if !slices.Equal(attribute.Permissions.Edit, []string{"admin"}) {
				t.Errorf("%q edit the company", attribute.Permissions.Edit)
			}
			return
		}
	}
	t.Error("the company is not declared, so Keycloak drops it")
}
