package main

import (
	"os"
	"testing"
)

// In containers the gateway reaches the provider at an address that means
// nothing to clients: they are told the provider's own.
func TestClientsAreToldTheProvidersOwnAddress(t *testing.T) {
	const inside = "http://keycloak:8080/realms/geo/.well-known/openid-configuration"
	for issuer, want := range map[string]string{
		"":                                  inside,
		"https://login.example.org":         "https://login.example.org/.well-known/openid-configuration",
		"http://localhost:8282/realms/geo/": "http://localhost:8282/realms/geo/.well-known/openid-configuration",
		"urn:issuer":                        inside,
	} {
		s, _, err := loadSettings([]string{
			"DEV_UPSTREAM_URL=http://127.0.0.1:1", "DEV_OPA_ENABLED=true", "DEV_OIDC_CLIENT_ID=geo",
			"DEV_OIDC_WELL_KNOWN_ENDPOINT=" + inside, "DEV_OIDC_EXPECTED_ISSUER=" + issuer,
		}, os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.publicDiscovery(); got != want {
			t.Errorf("%q: %s, want %s", issuer, got, want)
		}
	}
}

// A client learns from the realm what to ask its authorization server for; what
// cannot be quoted does not break the header.
func TestTheChallengeNamesTheAudience(t *testing.T) {
	for audience, want := range map[string]string{
		"":                                  `Bearer realm="geowarden"`,
		"https://geo.example.org/geoapi/":   `Bearer realm="https://geo.example.org/geoapi/"`,
		"geoapi,other":                      `Bearer realm="geoapi"`,
		"a\"b\\c\u00e9, error=\"no_scope\"": `Bearer realm="abc"`,
	} {
		var list List
		if audience != "" {
			if err := list.Decode(audience); err != nil {
				t.Fatal(err)
			}
		}
		if got := bearerChallenge(list); got != want {
			t.Errorf("%s: %s, want %s", audience, got, want)
		}
	}
}
