//go:build e2e

package e2e

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestMigrationPage types what docs/migration.md tells its reader to type, in a
// folder with the files of a fastgeoapi in its API-key mode.
func TestMigrationPage(t *testing.T) {
	needs(t, needFast) // whose users read it
	ports := must[[]string](t)(freePorts(2))
	folder := movingFolder(t, ports[0])
	shows(t, "fastgeoapi", "the steps of docs/migration.md, typed as they stand")

	alone := movingStep(t, "## 1. Let pygeoapi run by itself\n", ports)
	install, alone, _ := strings.Cut(alone, "\n")
	if install != "pip install pygeoapi gunicorn" { // which is in .venv
		t.Fatalf("the first step begins with %q", install)
	}
	behind := typeOn(t, folder, "moving/page-pygeoapi", alone)
	if err := behind.answers("http://127.0.0.1:" + ports[1] + "/conformance?f=json"); err != nil {
		t.Fatal(err)
	}
	root := "http://localhost:" + ports[0]
	moved := typeOn(t, folder, "geowarden-page", movingStep(t, "## 2. Add a line to your file\n", ports))
	if err := moved.answers(root + "/readyz"); err != nil {
		t.Fatal(err)
	}
	if _, err := moved.says("the settings are good: mode api-key, "+root+"/geoapi", 0); err != nil {
		t.Error(err)
	}
	typePage(t, "docs/migration.md", map[string]*gateway{"migration": {process: moved, root: root, url: root + "/geoapi"}})
	got := get(t, root+"/geoapi/collections/obs/items?f=json", running.withKey()).wants(t, http.StatusOK)
	if !strings.Contains(string(got.body), root+"/geoapi/collections/obs") || got.Header.Get("Content-Length") == "" {
		t.Errorf("the answer was rewritten: %v %.300s", got.Header, got.body)
	}
	if err := moved.stop(); err != nil {
		t.Error(err)
	}
	_ = behind.stop()
}

// TestInFrontOfFastgeoapi keeps fastgeoapi for what only it can serve: in its open
// mode, as docs/migration.md has it started, behind the gateway, which asks for the
// key instead.
func TestInFrontOfFastgeoapi(t *testing.T) {
	needs(t, needFast)
	ports := must[[]string](t)(freePorts(2))
	folder := movingFolder(t, ports[0])
	shows(t, "fastgeoapi", "as the back end, in its open mode, with the gateway asking for the key that it asked for before")
	behind := typeOn(t, folder, "moving/page-fastgeoapi", movingStep(t, "## Keep its providers\n", ports))
	if err := behind.answers("http://127.0.0.1:" + ports[1] + "/readyz"); err != nil {
		t.Fatal(err)
	}
	upstream := "http://127.0.0.1:" + ports[1] + "/geoapi"
	if text := string(must[[]byte](t)(os.ReadFile(movingPage))); !strings.Contains(text, "DEV_UPSTREAM_URL=http://127.0.0.1:5001/geoapi") {
		t.Error("the page does not say where the back end is then")
	}
	public := "http://localhost:" + ports[0] + "/geoapi"
	d := &dotenv{folder: folder, file: filepath.Join(folder, ".env"), port: ports[0], context: "/geoapi"}
	g := must[*gateway](t)(running.startMoved("in-front-of-fastgeoapi", ports[0], d, nil, "DEV_UPSTREAM_URL="+upstream, "DEV_UPSTREAM_SERVER_URL="+public))
	get(t, g.url+"/collections").wants(t, http.StatusUnauthorized)
	for _, path := range []string{"/", "/collections?f=html", "/collections/obs/items?f=csv", "/collections/lakes/items/6?f=json", "/processes/hello-world", "/collections/obs/map?f=png", "/static/css/default.css"} {
		theirs := get(t, upstream+path)
		ours := get(t, g.url+path, running.withKey()).wants(t, theirs.StatusCode)
		if !bytes.Equal(theirs.body, ours.body) {
			t.Errorf("%s: it is not what fastgeoapi answers: %.500s", path, ours.body)
		}
	}
	get(t, g.root+"/admin/config/reload", running.withKey()).wants(t, http.StatusNotFound)
	if err := g.stop(); err != nil {
		t.Error(err)
	}
	_ = behind.stop()
}

// movingFolder is a folder with what a fastgeoapi at this port works with.
func movingFolder(t *testing.T, port string) string {
	t.Helper()
	folder := t.TempDir()
	text := string(withoutDatabase(must[[]byte](t)(os.ReadFile("../deploy/pygeoapi/config.yml"))))
	for name, value := range map[string]string{"PYGEOAPI_SERVER_URL": "${PYGEOAPI_BASEURL}${FASTGEOAPI_CONTEXT}", "PYGEOAPI_PORT": "${PORT}", "PYGEOAPI_DATA": repository("deploy/pygeoapi"), "PYGEOAPI_RUN": folder} {
		text = strings.ReplaceAll(text, "${"+name+"}", value)
	}
	env := strings.ReplaceAll(`ENV_STATE=dev
HOST=127.0.0.1
PORT=5000
DEV_LOG_PATH=`+folder+`
DEV_LOG_FILENAME=fastgeoapi.log
DEV_LOG_LEVEL=info
DEV_PYGEOAPI_BASEURL=http://localhost:5000
DEV_PYGEOAPI_CONFIG=pygeoapi-config.yml
DEV_PYGEOAPI_OPENAPI=pygeoapi-openapi.yml
DEV_FASTGEOAPI_CONTEXT=/geoapi
DEV_API_KEY_ENABLED=true
DEV_PYGEOAPI_KEY_GLOBAL=`+running.key+"\n", "5000", port)
	for name, content := range map[string]string{"pygeoapi-config.yml": text, ".env": env} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

const movingPage = "../docs/migration.md"

// movingStep is the block of commands below a heading of the page, at other ports.
func movingStep(t *testing.T, heading string, ports []string) string {
	t.Helper()
	return strings.NewReplacer("5000", ports[0], "5001", ports[1]).Replace(shellBlock(t, movingPage, heading))
}

// typeOn types commands, the last of which goes on.
func typeOn(t *testing.T, folder, name, commands string) *process {
	t.Helper()
	commands = regexp.MustCompile(`(?m)^((?:\w+=\w+ )?(?:geowarden serve|gunicorn|fastgeoapi run))`).ReplaceAllString(commands, "exec env $1")
	path := strings.Join([]string{repository("bin"), repository(".venv/bin"), repository(".tools/fastgeoapi/bin"), os.Getenv("PATH")}, ":")
	return must[*process](t)(running.launch(name, []string{"PATH=" + path, "HOME=" + folder}, "bash", "-euc", "cd "+folder+"\n"+commands))
}
