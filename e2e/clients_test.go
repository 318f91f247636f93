//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// door is a gateway and the header that opens it.
type door struct {
	how     string
	gateway *gateway
	field   header
}

// doors are one of each kind that clients have to get through: a key in front
// of Flask with its links rewritten, a key in front of Starlette, and a token of
// Keycloak's.
func doors(t *testing.T) []door {
	t.Helper()
	k := running.withKeycloak(t)
	token := bearer(k.user(t, "tomkralidis"))
	return []door{
		{"a key", running.apiKey, running.withKey()},
		{"a key, Starlette behind", servers(t)["Starlette"], running.withKey()},
		{"a token of Keycloak's", running.gatewayFor(t, running.moved, k.oidcMode()...), token},
	}
}

// reading is what a client says that it read.
type reading struct {
	Version string
	IDs     []string
	Result  any
}

// TestClients lets unmodified clients read collections to their end, page after
// page, with the credential in a header.
func TestClients(t *testing.T) {
	needs(t, needClients, needNode, needJQ)
	through := doors(t)
	lakes := numbers(1, 25)
	for _, c := range []struct {
		peer, what string
		pages      int // requests for items that the gateway must have seen
		argv       []string
		ids        []string
	}{
		{"curl", "a collection read page by page, from each to its `next`", 3, []string{"e2e/clients/features.sh", "lakes"}, lakes},
		{"OWSLib", "a collection read page by page, its queryables and one item", 4, []string{".tools/clients/bin/python", "e2e/clients/features.py", "lakes"}, lakes},
		{"OWSLib", "a collection whose id has a slash", 2, []string{".tools/clients/bin/python", "e2e/clients/features.py", "hydro/rivers"}, []string{"rhine", "danube", "elbe", "tiber", "po"}},
		{"OWSLib", "a catalogue of records read page by page", 4, []string{".tools/clients/bin/python", "e2e/clients/records.py", "catalogue"}, []string{"rhine-levels", "danube-levels", "elbe-levels", "large-lakes", "flood-zones", "land-cover", "scenes"}},
		{"pystac-client", "a STAC search read page by page", 3, []string{".tools/clients/bin/python", "e2e/clients/scenes.py"}, []string{"rhine-delta", "danube-delta", "po-delta", "mississippi-delta", "ganges-delta"}},
		{"ogc-client", "a collection read page by page, and one item", 4, []string{"node", "e2e/node/ogc-client.mjs", "lakes"}, lakes},
	} {
		for _, d := range through {
			t.Run(c.peer+" "+c.argv[len(c.argv)-1]+" with "+d.how, func(t *testing.T) {
				before := d.gateway.pages(t)
				got := read(t, d, c.argv...)
				if !slices.Equal(got.IDs, c.ids) {
					t.Errorf("it read %q, want %q", got.IDs, c.ids)
				}
				if pages := d.gateway.pages(t) - before; pages < c.pages {
					t.Errorf("the gateway saw %d requests for items, want %d at least", pages, c.pages)
				}
				if got.Version != "" {
					isVersion(c.peer, got.Version)
				}
			})
		}
		t.Run(c.peer, func(t *testing.T) {
			shows(t, c.peer, c.what+"; with a key and with a token, Flask and Starlette behind")
		})
	}
	isVersion("ogc-client", packageVersion(t, "@camptocamp/ogc-client"))
}

// TestAClientExecutes runs a process with OWSLib.
func TestAClientExecutes(t *testing.T) {
	needs(t, needClients)
	got := read(t, door{gateway: running.apiKey, field: running.withKey()}, ".tools/clients/bin/python", "e2e/clients/processes.py", "hello-world")
	if !strings.Contains(fmt.Sprint(got.Result), "OWSLib") {
		t.Errorf("it gave %v", got.Result)
	}
	shows(t, "OWSLib", "a process executed")
}

// TestGDAL reads a collection as everything does that is built on GDAL: with
// Debian's, and with the newest, which comes with pyogrio.
func TestGDAL(t *testing.T) {
	needs(t, needGDAL, needClients)
	debian := strings.TrimPrefix(strings.SplitN(string(must[[]byte](t)(exec.Command("ogrinfo", "--version").Output())), ",", 2)[0], "GDAL ")
	shows(t, "GDAL", "`ogrinfo OAPIF:` and pyogrio reading a collection page by page, with a header; with a key and with a token, Flask and Starlette behind")
	newest := ""
	for _, d := range doors(t) {
		t.Run(d.how, func(t *testing.T) {
			headers := filepath.Join(t.TempDir(), "headers")
			if err := os.WriteFile(headers, []byte(d.field), 0o600); err != nil {
				t.Fatal(err)
			}
			before := d.gateway.pages(t)
			said := runs(t, []string{"GDAL_HTTP_HEADER_FILE=" + headers}, "ogrinfo", "-ro", "-al", "-geom=NO", "-oo", "PAGE_SIZE=10", "OAPIF:"+d.gateway.url+"/", "lakes")
			if n := bytes.Count(said, []byte("\nOGRFeature(lakes):")); n != 25 || !bytes.Contains(said, []byte("Baikal")) {
				t.Errorf("%d lakes were read: %.3000s", n, said)
			}
			got := read(t, d, ".tools/clients/bin/python", "e2e/clients/gdal.py", "lakes")
			if newest = got.Version; !slices.Equal(got.IDs, numbers(1, 25)) {
				t.Errorf("GDAL %s read %q", newest, got.IDs)
			}
			if pages := d.gateway.pages(t) - before; pages < 6 {
				t.Errorf("the gateway saw %d requests for items", pages)
			}
		})
	}
	isVersion("GDAL", newest+" (pyogrio), "+debian+" (Debian)")
	d := door{gateway: running.apiKey, field: running.withKey()}
	cmd := client(t, d, ".tools/clients/bin/python", "e2e/clients/gdal.py", "lakes")
	cmd.Env = append(cmd.Env, "BY_OPTION=yes")
	if out, err := cmd.CombinedOutput(); err == nil || !bytes.Contains(out, []byte("no api key")) {
		t.Errorf("docs/clients.md says that GDAL %s does not send GDAL_HTTP_HEADERS: %v %s", newest, err, out)
	}
	doesNot(t, "GDAL", "newer versions do not send a header of the option `GDAL_HTTP_HEADERS`", "its driver for OGC APIs sets headers of its own in its place; a file named by `GDAL_HTTP_HEADER_FILE` works in all versions")
}

// TestTheClientsOfTheDocumentGetIn runs the blocks of docs/clients.md.
func TestTheClientsOfTheDocumentGetIn(t *testing.T) {
	needs(t, needClients, needNode, needGDAL)
	blocks := steps(t, string(must[[]byte](t)(os.ReadFile("../docs/clients.md"))), "client")
	if len(blocks) < 6 {
		t.Fatalf("only %d blocks", len(blocks))
	}
	for _, block := range blocks {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		cmd := map[string]*exec.Cmd{
			"bash":   exec.CommandContext(ctx, "bash", "-euc", block.text),
			"python": exec.CommandContext(ctx, repository(".tools/clients/bin/python"), "-c", block.text),
			"node":   exec.CommandContext(ctx, "node", "--input-type=module", "-e", block.text),
		}[block.kind]
		cmd.Dir = t.TempDir()
		if block.kind == "node" { // which looks for packages from where it is
			cmd.Dir = repository("e2e/node")
		}
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "G=" + running.apiKey.url, "KEY=" + running.key}
		out, err := cmd.CombinedOutput()
		if err != nil || !bytes.Contains(out, []byte("Baikal")) && !bytes.Contains(out, []byte("ganges-delta")) {
			t.Errorf("docs/clients.md:%d: %v\n%.3000s", block.number, err, out)
		}
	}
}

// A client without the credential reads nothing: what the others read was not
// there for everybody.
func TestClientsWithoutACredentialReadNothing(t *testing.T) {
	needs(t, needClients, needNode, needJQ)
	d := door{gateway: running.apiKey, field: "X-Nothing: here"}
	for _, argv := range [][]string{
		{"e2e/clients/features.sh", "lakes"}, {".tools/clients/bin/python", "e2e/clients/features.py", "lakes"},
		{".tools/clients/bin/python", "e2e/clients/scenes.py"}, {"node", "e2e/node/ogc-client.mjs", "lakes"},
	} {
		if out, err := client(t, d, argv...).Output(); err == nil {
			t.Errorf("%q read %s", argv, out)
		}
	}
}

// read runs a client, which says on its last line what it read.
func read(t *testing.T, d door, argv ...string) reading {
	t.Helper()
	cmd := client(t, d, argv...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%q: %v\n%s\nsee %s", argv, err, &stderr, d.gateway.log)
	}
	return lastLine[reading](t, out)
}

// lastLine is what a program says on its last line, in JSON.
func lastLine[T any](t *testing.T, out []byte) (got T) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &got); err != nil {
		t.Fatalf("%v: %.3000s", err, out)
	}
	return got
}

// client is a client of the repository, or of this machine, about to run with
// the door's address and header in its environment.
func client(t *testing.T, d door, argv ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute) // Schemathesis takes two where nothing else runs
	t.Cleanup(cancel)
	whole := slices.Clone(argv)
	for i, arg := range argv {
		if strings.HasPrefix(arg, "e2e/") || strings.HasPrefix(arg, ".tools/") {
			whole[i] = repository(arg)
		}
	}
	cmd := exec.CommandContext(ctx, whole[0], whole[1:]...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "API=" + d.gateway.url, "HEADER=" + string(d.field)}
	return cmd
}

// runs runs a program of this machine, and gives what it said.
func runs(t *testing.T, env []string, argv ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, env...)
	return must[[]byte](t)(cmd.Output())
}

// pages is how many requests for items the gateway has answered with 200.
func (g *gateway) pages(t *testing.T) (n int) {
	t.Helper()
	// The log is written a little later than the answer: a request of ours that
	// stands in it has all others before it.
	id := newID()
	get(t, g.url+"/conformance", header("X-Request-Id: "+id))
	g.logged(t, id)
	for text := range bytes.Lines(must[[]byte](t)(os.ReadFile(g.log))) {
		var line struct {
			Type   string
			Status int
		}
		if json.Unmarshal(text, &line) == nil && (line.Type == "items" || line.Type == "search") && line.Status == http.StatusOK {
			n++
		}
	}
	return n
}

func numbers(first, last int) []string {
	var all []string
	for n := first; n <= last; n++ {
		all = append(all, fmt.Sprint(n))
	}
	return all
}
