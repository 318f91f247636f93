//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// home is the public address of all that stands side by side here. Nobody
// listens there, so that a link made from a request's Host is seen.
const home = "https://maps.invalid"

// fastgeoapi is the gateway that people come from, with its own pygeoapi inside.
type fastgeoapi struct {
	*process
	root, url string // where it listens, without the context and with it
}

// dotenv is a .env file of fastgeoapi, in a folder of its own where it works.
type dotenv struct {
	folder, file string
	port         string // PORT of the file
	context      string
	config       string // of its pygeoapi
}

// writeDotenv writes the file as the getting started page of fastgeoapi has it,
// and then the lines of a mode.
func writeDotenv(folder, context, config string, lines ...string) (*dotenv, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	d := &dotenv{folder: folder, file: filepath.Join(folder, ".env"), port: port, context: context, config: config}
	return d, os.WriteFile(d.file, fmt.Appendf(nil, `# Environment state: 'dev' or 'prod'
ENV_STATE=dev

# Server configuration
HOST=127.0.0.1
PORT=%s

# Logging (required)
DEV_LOG_PATH=%s
DEV_LOG_FILENAME=fastgeoapi.log
DEV_LOG_LEVEL=info
DEV_LOG_ENQUEUE=true
DEV_LOG_ROTATION=1 days
DEV_LOG_RETENTION=1 months

# Pygeoapi configuration
DEV_PYGEOAPI_BASEURL=%s
DEV_PYGEOAPI_CONFIG=%s
DEV_PYGEOAPI_OPENAPI=%s
DEV_FASTGEOAPI_CONTEXT=%s

# Authentication (choose one, all others must be false)
%s
`, port, folder, home, config, filepath.Join(folder, "pygeoapi-openapi.yml"), context, strings.Join(lines, "\n")), 0o600)
}

// startFastgeoapi starts it as its users do: by its command, in the folder of the
// file. That command does not read HOST and PORT of it.
func (s *stack) startFastgeoapi(name string, d *dotenv, environ ...string) (*fastgeoapi, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	p, err := s.launchFastgeoapi(name, d, port, environ...)
	if err != nil {
		return nil, err
	}
	if _, err := p.says("Uvicorn running on", 3*time.Minute); err != nil {
		return nil, err
	}
	root := "http://127.0.0.1:" + port
	return &fastgeoapi{process: p, root: root, url: root + d.context}, p.answers(root + "/readyz")
}

// launchFastgeoapi launches it. It writes credentials into its log, so that is not
// among those in which credentials of the gateway are looked for.
func (s *stack) launchFastgeoapi(name string, d *dotenv, port string, environ ...string) (*process, error) {
	environ = append(environ, "PATH="+os.Getenv("PATH"), "HOME="+d.folder, "PYTHONUNBUFFERED=1")
	return s.launch("moving/"+name, environ, "bash", "-euc", `cd "$1"; exec "$2" run --host 127.0.0.1 --port "$3"`,
		"bash", d.folder, repository(".tools/fastgeoapi/bin/fastgeoapi"), port)
}

// startMoved starts Geowarden from that file, and from the lines that were added
// to it. Of several from one file, all but one have a port from elsewhere.
func (s *stack) startMoved(name, port string, d *dotenv, environ []string, added ...string) (*gateway, error) {
	text, err := os.ReadFile(d.file)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(d.folder, name+".env")
	if err := os.WriteFile(file, append(text, strings.Join(added, "\n")+"\n"...), 0o600); err != nil {
		return nil, err
	}
	if port != d.port {
		environ = append(environ, "PORT="+port)
	}
	p, err := s.launch("geowarden-"+name, environ, repository("bin/geowarden"), "serve", "--env-file", file)
	if err != nil {
		return nil, err
	}
	root := "http://127.0.0.1:" + port
	return &gateway{process: p, root: root, url: root + d.context}, p.answers(root + "/readyz")
}

// sampleConfig is the configuration of deploy/pygeoapi, without what is kept in a
// database where there is none, and the variables that it is written with.
func (s *stack) sampleConfig(folder string) (file string, environ []string, err error) {
	file, environ = repository("deploy/pygeoapi/config.yml"), []string{"PYGEOAPI_DATA=" + repository("deploy/pygeoapi"), "PYGEOAPI_PORT=5000"}
	if needPostGIS.missing() == nil {
		database, err := s.database()
		if err != nil {
			return "", nil, err
		}
		return file, append(environ, database.setting()...), nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", nil, err
	}
	file = filepath.Join(folder, "pygeoapi-config.yml")
	return file, environ, os.WriteFile(file, withoutDatabase(text), 0o600)
}

// withoutDatabase leaves out what is kept in a database, as deploy/pygeoapi/serve does.
func withoutDatabase(config []byte) []byte {
	return regexp.MustCompile(`(?s) *# begin: in the database.*?# end: in the database\n`).ReplaceAll(config, nil)
}

// python runs a program in fastgeoapi's own environment, and returns what it prints.
func (d *dotenv) python(t *testing.T, program string, arguments ...string) string {
	t.Helper()
	cmd := exec.Command(repository(".tools/fastgeoapi/bin/python"), append([]string{"-c", program}, arguments...)...)
	cmd.Dir = d.folder
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("fastgeoapi's Python: %v\n%s", err, cmd.Stderr)
	}
	return strings.TrimSpace(string(out))
}

// command runs fastgeoapi's own.
func (d *dotenv) command(t *testing.T, arguments ...string) string {
	t.Helper()
	cmd := exec.Command(repository(".tools/fastgeoapi/bin/fastgeoapi"), arguments...)
	cmd.Dir = d.folder
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("fastgeoapi %s: %v\n%s", strings.Join(arguments, " "), err, out)
	}
	return string(out)
}

// geowarden looks at the settings of the file and of what is added to it.
func (d *dotenv) geowarden(t *testing.T, environ []string, added ...string) (said string, err error) {
	t.Helper()
	text := must[[]byte](t)(os.ReadFile(d.file))
	file := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(file, append(text, strings.Join(added, "\n")+"\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(repository("bin/geowarden"), "config", "check", "--env-file", file)
	cmd.Env = environ
	out, err := cmd.CombinedOutput()
	return string(out), err
}
