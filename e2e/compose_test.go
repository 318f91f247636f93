//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestCompose runs what docker-compose.yml runs, without containers: each part
// with the environment and the files that it has there, and only the names
// exchanged that nobody but containers knows. Then it types the lines of
// docs/container.md.
func TestCompose(t *testing.T) {
	needs(t, needJQ)
	k := running.withKeycloak(t)
	var file struct {
		Services map[string]struct {
			Environment map[string]string
			Volumes     []string
		}
	}
	if err := yaml.Unmarshal(must[[]byte](t)(os.ReadFile("../docker-compose.yml")), &file); err != nil {
		t.Fatal(err)
	}
	ports := must[[]string](t)(freePorts(2))
	root := "http://localhost:" + ports[1]
	here := strings.NewReplacer("http://localhost:5000", root, "http://localhost:8282", k.url,
		// The gateway asks Keycloak at another address than the one that tokens name.
		"http://keycloak:8080", strings.Replace(k.url, "localhost", "127.0.0.1", 1), "http://pygeoapi:8080", "http://127.0.0.1:"+ports[0],
		"/etc/geowarden/policy", repository("policies/examples/company"))
	if mounted := file.Services["gateway"].Volumes; len(mounted) != 1 || !strings.HasPrefix(mounted[0], "./policies/examples/company:/etc/geowarden/policy:") {
		t.Fatalf("the gateway mounts %q", mounted)
	}
	must[*backend](t)(running.startBackend("pygeoapi-compose", ports[0], here.Replace(file.Services["pygeoapi"].Environment["PYGEOAPI_SERVER_URL"])))
	env := []string{"HOST=127.0.0.1", "PORT=" + ports[1]}
	for name, value := range file.Services["gateway"].Environment {
		env = append(env, name+"="+here.Replace(value))
	}
	p := must[*process](t)(running.launch("geowarden-compose", env, repository("bin/geowarden"), "serve"))
	if err := p.answers(root + "/readyz"); err != nil {
		t.Fatal(err)
	}

	document := "docs/container.md"
	tutor := newTutor(t, document)
	text := here.Replace(string(must[[]byte](t)(os.ReadFile(filepath.Join("..", document)))))
	lines := steps(t, text, "compose")
	if len(lines) != 1 {
		t.Fatalf("%s has %d blocks for it", document, len(lines))
	}
	tutor.run(lines[0])
	shows(t, "Keycloak", "docker-compose.yml without containers: each part with the environment and the files that it has there, the lines of [In a container](container.md) typed")
	if got := get(t, root+"/geoapi/?f=json", bearer(k.user(t, "tomkralidis"))).wants(t, 200); strings.Contains(string(got.body), ports[0]) {
		t.Errorf("a link leads past the gateway: %.1500s", got.body)
	}
}
