//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

// TestTheDefinitionHolds lets Schemathesis make thousands of requests of the API
// definition that the gateway serves, and compares each answer with that of the
// back end without it: no 401 with a valid credential, no 5xx and no other status
// that the back end does not give itself. What is written goes to a database of
// its own.
func TestTheDefinitionHolds(t *testing.T) {
	needs(t, needClients, needPostGIS)
	k := running.withKeycloak(t)
	database := must[*database](t)(running.startDatabase("postgis-definition"))
	t.Cleanup(database.kill)
	for _, c := range []struct {
		how, server string
		field       header
		settings    []string
	}{
		{"with a key, Flask behind", "flask", running.withKey(), running.apiKeyMode()},
		{"with a token of Keycloak's and a policy, Starlette behind", "starlette", bearer(k.user(t, "tomkralidis")), append(k.oidcMode(), "DEV_POLICY_PATH="+repository("policies/examples/roles"))},
	} {
		t.Run(c.how, func(t *testing.T) {
			ports := must[[]string](t)(freePorts(2))
			env := append(database.setting(), "PYGEOAPI_SERVER="+c.server)
			behind := must[*backend](t)(running.startPygeoapi("pygeoapi-definition-"+c.server, ports[0], "http://127.0.0.1:"+ports[1]+"/geoapi", env...))
			t.Cleanup(behind.kill)
			g := running.gatewayAt(t, ports[1], behind, c.settings...)
			cmd := client(t, door{gateway: g, field: c.field}, ".tools/clients/bin/python", "e2e/clients/definition.py")
			cmd.Env = append(cmd.Env, "DIRECT="+behind.url)
			cmd.Dir = t.TempDir()
			out, err := cmd.CombinedOutput()
			report := filepath.Join(logs, "schemathesis-"+c.server+".log")
			if wrote := os.WriteFile(report, out, 0o600); wrote != nil {
				t.Error(wrote)
			}
			if err != nil {
				t.Fatalf("%v: see %s, %s and %s\n%.4000s", err, report, g.log, behind.log, out)
			}
			got := lastLine[tally](t, out)
			isVersion("Schemathesis", got.Version)
			if got.Operations < 40 || got.Tally["judged"] < 1000 || got.Tally["refused by the gateway"] < 50 {
				t.Errorf("too little was compared: %+v", got)
			}
			shows(t, "Schemathesis", "requests made of the API definition that the gateway serves, "+c.how+": no 401, and no 5xx or other status that the back end does not give itself")
		})
	}
}

// tally is what was judged, and how.
type tally struct {
	Version    string
	Tally      map[string]int
	Operations int
}
