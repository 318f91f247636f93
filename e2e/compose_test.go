//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCompose runs what docker-compose.yml runs, without containers: each service
// with the environment, the mounted files, the command and the health check that
// it has there. Only hosts, ports and folders are exchanged that nobody but
// containers has, and deploy/postgis/serve stands in for the entrypoint of the
// image of PostGIS. Then it types the lines of docs/container.md.
func TestCompose(t *testing.T) {
	needs(t, needJQ, needPostGIS, needKeycloak)
	c := readComposition(t)
	c.startDatabase()
	behind := c.startPygeoapi()
	k := c.startKeycloak()
	g := c.startGateway()

	// Nobody whom the policy knows reads what is in the database.
	if got := get(t, behind.url+"/collections/gauges/items?f=json").wants(t, 200); !strings.Contains(string(got.body), `"Maxau"`) {
		t.Errorf("pygeoapi does not read from the database: %.500s", got.body)
	}
	document := "docs/container.md"
	tutor := newTutor(t, document)
	text := strings.NewReplacer(c.public()...).Replace(string(must[[]byte](t)(os.ReadFile(filepath.Join("..", document)))))
	lines := steps(t, text, "compose")
	if len(lines) != 1 {
		t.Fatalf("%s has %d blocks for it", document, len(lines))
	}
	tutor.run(lines[0])
	shows(t, "Keycloak", "docker-compose.yml without containers: pygeoapi, Keycloak and the gateway with the environment, the mounted files, the command and the health check that they have there, PostGIS by deploy/postgis/serve with the environment and the files that it has there; the lines of [In a container](container.md) typed")
	if got := get(t, g.url+"/?f=json", bearer(k.user(t, "tomkralidis"))).wants(t, 200); strings.Contains(string(got.body), strings.TrimPrefix(behind.url, "http://127.0.0.1")) {
		t.Errorf("a link leads past the gateway: %.1500s", got.body)
	}
}
