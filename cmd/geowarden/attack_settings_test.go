package main

import "testing"

// A switch that was meant and is not read would leave the gateway open.
func TestASwitchWithoutItsPrefixIsRefused(t *testing.T) {
	for _, name := range []string{"API_KEY_ENABLED", "JWKS_ENABLED", "OPA_ENABLED"} {
		_, _, err := load(t, name+"=true")
		wantProblems(t, err, "did you mean DEV_"+name+"?")
	}
	mustLoad(t, "API_KEY_ENABLED=true", "DEV_API_KEY_ENABLED=true", "DEV_PYGEOAPI_KEY_GLOBAL=a-key-for-this-test")
}
