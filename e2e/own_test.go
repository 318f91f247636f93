//go:build e2e

package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestOwn types what the README says about a pygeoapi of one's own, in front of
// one that was started as `make pygeoapi` does, and follows the links.
func TestOwn(t *testing.T) {
	ports, err := freePorts(2)
	if err != nil {
		t.Fatal(err)
	}
	port := ports[0]
	behind, err := running.startBackend("pygeoapi-own", ports[1], "")
	if err != nil {
		t.Fatal(err)
	}
	binary, err := filepath.Abs("../bin/geowarden")
	if err != nil {
		t.Fatal(err)
	}
	script := strings.NewReplacer(
		"localhost:5001", "localhost"+behind.url[strings.LastIndexByte(behind.url, ':'):],
		"localhost:5000", "localhost:"+port,
		"bin/geowarden serve", "exec "+binary+" serve",
		"bin/geowarden", binary,
	).Replace(ownBlock(t))
	folder := t.TempDir()
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "PORT=" + port}
	p, err := running.launch("geowarden-own", env, "bash", "-euc", "cd "+folder+"\n"+script)
	if err != nil {
		t.Fatal(err)
	}
	root := "http://localhost:" + port
	if err := p.answers(root + "/readyz"); err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(p.log)
	if err != nil {
		t.Fatal(err)
	}
	key := regexp.MustCompile(`gw_[\w-]+`).FindString(string(log))
	if key == "" || !strings.Contains(string(log), "the settings are good") {
		t.Fatalf("no key was printed, or the settings are not good: see %s", p.log)
	}
	for _, path := range []string{"/?f=json", "/collections?f=json", "/collections/obs/items?f=json", "/collections/lakes?f=html", "/processes?f=html", "/openapi?f=html"} {
		a := get(t, root+"/geoapi"+path, header("X-API-KEY: "+key))
		body := string(a.body)
		if a.StatusCode != http.StatusOK || strings.Contains(body, strings.TrimPrefix(behind.url, "http://127.0.0.1")+"/") || !strings.Contains(body, root+"/geoapi") {
			t.Errorf("%s: status %d, and every link must lead to the gateway: %.1500s", path, a.StatusCode, body)
		}
	}
	if err := p.stop(); err != nil { // which writes the lines that are still gathered
		t.Fatal(err)
	}
	if log, err = os.ReadFile(p.log); err != nil || !strings.Contains(string(log), `"path":"/openapi"`) || strings.Contains(string(log), "past the gateway") {
		t.Errorf("a warning, or not the last request, in %s (%v)", p.log, err)
	}
}

// ownBlock is the README's block of commands for a pygeoapi of one's own.
func ownBlock(t *testing.T) string {
	t.Helper()
	build, rest, _ := strings.Cut(shellBlock(t, "../README.md", "## In front of your own\n"), "\n")
	if !strings.HasPrefix(build, "make build") || !strings.Contains(rest, "bin/geowarden serve") { // which is how these tests built it
		t.Fatalf("the block begins with %q", build)
	}
	return rest
}

// shellBlock is the first block of commands below a heading.
func shellBlock(t *testing.T, page, heading string) string {
	t.Helper()
	text := must[[]byte](t)(os.ReadFile(page))
	_, after, found := strings.Cut(string(text), heading)
	_, block, begins := strings.Cut(after, "```sh\n")
	block, _, ends := strings.Cut(block, "```")
	if !found || !begins || !ends {
		t.Fatalf("%s has no block of commands below %q", page, heading)
	}
	return block
}
