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
	needs(t, needClients, needNode, needGDAL)
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

// TestGDAL reads a collection as QGIS and everything else that is built on GDAL
// does.
func TestGDAL(t *testing.T) {
	needs(t, needGDAL)
	isVersion("GDAL", strings.TrimPrefix(strings.SplitN(string(must[[]byte](t)(exec.Command("ogrinfo", "--version").Output())), ",", 2)[0], "GDAL "))
	shows(t, "GDAL", "`ogrinfo OAPIF:` reading a collection page by page, with a header; with a key and with a token, Flask and Starlette behind")
	for _, d := range doors(t) {
		t.Run(d.how, func(t *testing.T) {
			before := d.gateway.pages(t)
			said := runs(t, []string{"GDAL_HTTP_HEADERS=" + string(d.field)}, "ogrinfo", "-ro", "-al", "-geom=NO", "-oo", "PAGE_SIZE=10", "OAPIF:"+d.gateway.url+"/", "lakes")
			if n := bytes.Count(said, []byte("\nOGRFeature(lakes):")); n != 25 || !bytes.Contains(said, []byte("Baikal")) {
				t.Errorf("%d lakes were read: %.3000s", n, said)
			}
			if pages := d.gateway.pages(t) - before; pages < 3 {
				t.Errorf("the gateway saw %d requests for items", pages)
			}
		})
	}
}

// A client without the credential reads nothing: what the others read was not
// there for everybody.
func TestClientsWithoutACredentialReadNothing(t *testing.T) {
	needs(t, needClients, needNode, needGDAL)
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
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	var got reading
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &got); err != nil {
		t.Fatalf("%q: %v: %s", argv, err, out)
	}
	return got
}

// client is a client of the repository, or of this machine, about to run with
// the door's address and header in its environment.
func client(t *testing.T, d door, argv ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
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
