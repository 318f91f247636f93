//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestTheDefinitionHolds lets Schemathesis make thousands of requests of the API
// definition that the gateway serves. With a valid credential each is answered with
// the status that the back end gives without the gateway, or refused for a documented
// reason that the request gives; and some of each operation reach the back end, but
// where the policy denies it. What is written goes to a database of its own.
func TestTheDefinitionHolds(t *testing.T) {
	needs(t, needClients, needPostGIS)
	k := running.withKeycloak(t)
	database := must[*database](t)(running.startDatabase("postgis-definition"))
	t.Cleanup(func() { _ = database.stop() })
	for _, c := range []struct {
		how, server string
		field       header
		settings    []string
		denied      []string // of the definition's operations
	}{
		{"with a key, Flask behind", "flask", running.withKey(), running.apiKeyMode(), nil},
		{"with a token of Keycloak's and a policy, Starlette behind", "starlette", bearer(k.user(t, "tomkralidis")), append(k.oidcMode(), "DEV_POLICY_PATH="+repository("policies/examples/roles")), []string{"GET /jobs", "DELETE /jobs/{jobId}", "GET /stac/catalog"}},
	} {
		t.Run(c.how, func(t *testing.T) {
			ports := must[[]string](t)(freePorts(2))
			env := append(database.setting(), "PYGEOAPI_SERVER="+c.server)
			behind := must[*backend](t)(running.startPygeoapi("pygeoapi-definition-"+c.server, ports[0], "http://127.0.0.1:"+ports[1]+"/geoapi", env...))
			t.Cleanup(func() { _ = behind.stop() })
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
			got.isEnough(t, c.denied)
			shows(t, "Schemathesis", "requests made of the API definition that the gateway serves, "+c.how+": some of each operation reach the back end, but where the policy denies it, and have the status that the back end gives without the gateway; each other one is refused for a reason of [docs/errors.md](errors.md) that the request gives, and never with 401 or 5xx")
		})
	}
}

// tally is what was compared, by method and path of the definition.
type tally struct {
	Version         string
	Operations      []string // those of the definition
	Agreed, Refused map[string]int
}

// isEnough fails unless requests of every operation reached the back end and were
// answered as without the gateway, but where the policy denies the operation.
func (c tally) isEnough(t *testing.T, denied []string) {
	t.Helper()
	agreed, refused := 0, 0
	for _, n := range c.Agreed {
		agreed += n
	}
	for _, n := range c.Refused {
		refused += n
	}
	if len(c.Operations) < 40 || agreed < 1000 || refused < 50 {
		t.Errorf("too little was compared: %d operations, %d answers, %d refusals", len(c.Operations), agreed, refused)
	}
	for _, operation := range c.Operations {
		if n := c.Agreed[operation]; slices.Contains(denied, operation) && n > 0 {
			t.Errorf("%s is denied, and %d requests reached the back end", operation, n)
		} else if n < fewest && !slices.Contains(denied, operation) {
			t.Errorf("%s: only %d requests reached the back end, and %d were refused", operation, n, c.Refused[operation])
		}
	}
}

const fewest = 3 // requests of each operation
