//go:build e2e

package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// composition is docker-compose.yml without containers: each service has a port of
// this machine in place of a host of its own, and the files that a volume shows it
// in place of that volume.
type composition struct {
	t        *testing.T
	Services map[string]*service
}

// service is what docker-compose.yml says of one, as far as it can be had without
// containers.
type service struct {
	Entrypoint, Command, Volumes, Tmpfs, Ports, Networks []string
	Environment                                          map[string]string
	Healthcheck                                          struct{ Test []string }

	inside string // the port that it listens on in its container
	port   string // the one that it has here
}

func readComposition(t *testing.T) *composition {
	t.Helper()
	c := &composition{t: t}
	if err := yaml.Unmarshal(must[[]byte](t)(os.ReadFile("../docker-compose.yml")), c); err != nil {
		t.Fatal(err)
	}
	inside := map[string]string{"gateway": "5000", "keycloak": "8080", "postgis": "5432", "pygeoapi": ""}
	for name, s := range c.Services {
		port, known := inside[name]
		if !known || len(c.Services) != len(inside) {
			t.Fatalf("docker-compose.yml has %d services, and nobody knows how to run %s", len(c.Services), name)
		}
		s.inside, s.port = port, must[string](t)(freePort())
	}
	pygeoapi := c.Services["pygeoapi"]
	pygeoapi.inside = pygeoapi.Environment["PYGEOAPI_PORT"]
	return c
}

// here exchanges what only containers have in what a service is told.
func (c *composition) here(name string) *strings.Replacer {
	s := c.Services[name]
	pairs := append(c.public(), "$$", "$", "0.0.0.0", "127.0.0.1", "/venv/bin", repository(".venv/bin"))
	for folder, mounted := range s.volumes() {
		pairs = append(pairs, folder, mounted)
	}
	for _, folder := range s.Tmpfs {
		pairs = append(pairs, folder, c.scratch(name, folder))
	}
	for other, o := range c.Services {
		if other == name || !slices.ContainsFunc(s.Networks, func(n string) bool { return slices.Contains(o.Networks, n) }) {
			continue
		}
		pairs = append(pairs, other+":"+o.inside, "127.0.0.1:"+o.port)
		if other == "postgis" { // which is named by two variables
			pairs = append(pairs, other, "127.0.0.1", o.inside, o.port)
		}
	}
	return strings.NewReplacer(append(pairs, s.inside, s.port)...)
}

// public are the addresses that are published on the machine, and those here.
func (c *composition) public() (pairs []string) {
	for name, s := range c.Services {
		for _, published := range s.Ports {
			words := strings.Split(published, ":")
			if len(words) != 3 || words[0] != "127.0.0.1" || words[2] != s.inside {
				c.t.Fatalf("docker-compose.yml publishes %s of %s, which listens on %s", published, name, s.inside)
			}
			pairs = append(pairs, "localhost:"+words[1], "localhost:"+s.port)
		}
	}
	return pairs
}

// volumes are the files of the repository that the service is shown, by where.
func (s *service) volumes() map[string]string {
	all := map[string]string{}
	for _, volume := range s.Volumes {
		host, folder, _ := strings.Cut(volume, ":")
		all[strings.TrimSuffix(folder, ":ro")] = repository(host)
	}
	return all
}

// scratch is a folder in place of one that a container has in memory.
func (c *composition) scratch(name, folder string) string {
	c.t.Helper()
	there := must[string](c.t)(filepath.Abs(filepath.Join(logs, name+"-compose", folder)))
	if err := os.MkdirAll(there, 0o755); err != nil {
		c.t.Fatal(err)
	}
	return there
}

// environment is that of a service, with what its image and a container give it.
func (c *composition) environment(name string, given ...string) []string {
	c.t.Helper()
	here, env := c.here(name), append([]string{"PATH=" + os.Getenv("PATH")}, given...)
	for name, value := range c.Services[name].Environment {
		mapped := here.Replace(value)
		if strings.HasPrefix(value, "/") && mapped == value {
			c.t.Errorf("docker-compose.yml: %s=%s is in no volume and no tmpfs", name, value)
		}
		env = append(env, name+"="+mapped)
	}
	return env
}

// start starts a service, and waits until its own health check finds it healthy.
func (c *composition) start(name string, env []string, argv ...string) *process {
	c.t.Helper()
	p := must[*process](c.t)(running.launch(name+"-compose", env, argv...))
	check := c.arguments(name, c.Services[name].Healthcheck.Test)
	if len(check) < 2 || check[0] != "CMD" {
		c.t.Fatalf("docker-compose.yml: the health check of %s is %q", name, check)
	}
	until(c.t, name+" is healthy", func() error {
		select {
		case <-p.done:
			c.t.Fatalf("%s ended: see %s", name, p.log)
		default:
		}
		ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Second)
		defer cancel()
		cmd := exec.CommandContext(ctx, check[1], check[2:]...)
		cmd.Env = append(slices.Clone(env), "PGPORT="+c.Services["postgis"].port) // which it leaves to its default
		return cmd.Run()
	})
	return p
}

func (c *composition) arguments(name string, argv []string) []string {
	here, all := c.here(name), slices.Clone(argv)
	for i := range all {
		all[i] = here.Replace(all[i])
	}
	return all
}

// startDatabase has deploy/postgis/serve stand in for the image's entrypoint: it
// makes the database of this name from what is mounted where the image looks.
func (c *composition) startDatabase() {
	c.t.Helper()
	s := c.Services["postgis"]
	for name := range s.Environment {
		if !slices.Contains([]string{"PGDATA", "POSTGRES_DB", "POSTGRES_PASSWORD"}, name) {
			c.t.Errorf("docker-compose.yml: %s is for the image alone, and nothing here sees whether it is right", name)
		}
	}
	if s.Environment["POSTGRES_PASSWORD"] == "" || s.Entrypoint != nil || s.Command != nil {
		c.t.Errorf("docker-compose.yml: the image of postgis does not start with %v, %q, %q", s.Environment, s.Entrypoint, s.Command)
	}
	p := c.start("postgis", c.environment("postgis"), filepath.Join(s.volumes()["/docker-entrypoint-initdb.d"], "serve"), s.port)
	if _, err := p.says(" answers at ", time.Minute); err != nil { // the image listens only once the table is there
		c.t.Fatal(err)
	}
}

// startPygeoapi runs the command that stands there, with the programs of .venv.
func (c *composition) startPygeoapi() *backend {
	c.t.Helper()
	s := c.Services["pygeoapi"]
	env := c.environment("pygeoapi", "GUNICORN_CMD_ARGS="+showArrived)
	p := c.start("pygeoapi", env, c.arguments("pygeoapi", slices.Concat(s.Entrypoint, s.Command))...)
	return &backend{peer: &peer{process: p}, url: "http://127.0.0.1:" + s.port}
}

// startKeycloak runs the image's program, in a copy that has the files where they
// are mounted.
func (c *composition) startKeycloak() *keycloak {
	c.t.Helper()
	s := c.Services["keycloak"]
	management := must[string](c.t)(freePort())
	work := c.scratch("keycloak", "")
	if err := os.CopyFS(work, os.DirFS("../.tools/keycloak")); err != nil {
		c.t.Fatal(err)
	}
	for name, mounted := range s.volumes() {
		below, inside := strings.CutPrefix(name, "/opt/keycloak/")
		if !inside {
			c.t.Fatalf("docker-compose.yml mounts %s where Keycloak is not", name)
		}
		there := filepath.Join(work, below)
		if err := os.MkdirAll(filepath.Dir(there), 0o755); err != nil {
			c.t.Fatal(err)
		}
		write(c.t, there, string(must[[]byte](c.t)(os.ReadFile(mounted))))
	}
	for i, word := range s.Healthcheck.Test {
		s.Healthcheck.Test[i] = strings.ReplaceAll(word, "/9000", "/"+management)
	}
	env := c.environment("keycloak", "JAVA_HOME="+os.Getenv("JAVA_HOME"), "JAVA_OPTS_APPEND=-Xmx512m",
		"KC_HTTP_HOST=127.0.0.1", "KC_HTTP_PORT="+s.port, "KC_HTTP_MANAGEMENT_HOST=127.0.0.1", "KC_HTTP_MANAGEMENT_PORT="+management)
	argv := append(slices.Clone(s.Entrypoint), c.arguments("keycloak", s.Command)...)
	if s.Entrypoint == nil {
		argv = append([]string{filepath.Join(work, "bin/kc.sh")}, argv...)
	}
	c.start("keycloak", env, argv...)
	k := &keycloak{url: "http://localhost:" + s.port}
	k.issuer = k.url + "/realms/pygeoapi"
	return k
}

// startGateway runs the program as the Dockerfile has it.
func (c *composition) startGateway() *gateway {
	c.t.Helper()
	s := c.Services["gateway"]
	argv := []string{repository("bin/geowarden"), "serve"}
	if s.Entrypoint != nil || s.Command != nil {
		c.t.Fatalf("docker-compose.yml does not start the gateway as its image does: %q, %q", s.Entrypoint, s.Command)
	}
	p := must[*process](c.t)(running.launch("geowarden-compose", c.environment("gateway", "HOST=127.0.0.1", "PORT="+s.port), argv...))
	g := &gateway{process: p, root: "http://localhost:" + s.port, url: "http://localhost:" + s.port + "/geoapi"}
	if err := p.answers(g.root + "/readyz"); err != nil {
		c.t.Fatal(err)
	}
	return g
}
