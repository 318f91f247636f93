//go:build e2e

package e2e

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// The policies that a folder is changed between, as phases. They differ in whose
// the lakes are; one gives no answer at all.
var (
	lakesAreGeobeyonds = asEver("the lakes are geobeyond's")
	lakesAreOsgeos     = phase{"the lakes are osgeo's", func(q *question) []outcome {
		other := map[outcome]outcome{"200": "403", "403": "200"}[q.right]
		if q.path != lakes {
			other = q.right
		}
		return []outcome{other}
	}}
	allowIsText = without("allow is a text", deciding, "503")
)

// TestAPolicyIsBrokenAndMended changes the policy in every way in which a folder
// is changed, to what cannot decide and to what decides otherwise.
func TestAPolicyIsBrokenAndMended(t *testing.T) {
	place := t.TempDir()
	path := filepath.Join(place, "policy")
	link(t, written(t, owners("geobeyond")), path)
	file := filepath.Join(path, "authz.rego")
	g := running.watchedGateway(t, running.moved, append(running.oidcMode(), "DEV_POLICY_PATH="+path, "DEV_POLICY_TIMEOUT=5s")...)
	all := questions(running.demoPeople())
	l := startLoad(t, g.gateway, running.moved, loadWorkers, lakesAreGeobeyonds, all...)
	l.settle(t)
	w := watchTheLakes(t, l)

	stays := func(now phase, name string, breakIt func(), says string) {
		t.Helper()
		failed := `geowarden_policy_reloads_total{result="failed"}`
		before := g.figure(t, failed)
		l.through(t, phase{name, now.right}, func() {
			breakIt()
			until(t, name+": a reload fails", func() error {
				if g.figure(t, failed) == before || g.said(t, `"level":"error"`, "policy not reloaded", says) == 0 {
					return fmt.Errorf("nothing was said of %q in %s", says, g.log)
				}
				return nil
			})
		})
		if err := g.has(t, "geowarden_policy_stale", 1); err != nil {
			t.Error(err)
		}
		if state := g.state(t); state != "200 ready" {
			t.Errorf("%s: /readyz says %s", name, state)
		}
		w.turned(t, name, 0)
	}
	becomes := func(to phase, name string, change func()) {
		t.Helper()
		l.through(t, to, func() {
			change()
			until(t, name+": "+to.name, func() error { return w.sees(to) })
			until(t, name+": the policy in force is what is there", func() error { return g.has(t, "geowarden_policy_stale", 0) })
		})
		w.turned(t, name, 1)
	}

	stays(lakesAreGeobeyonds, "a syntax error", func() { write(t, file, owners("osgeo")+"\nallow if {\n") }, "rego_parse_error")
	stays(lakesAreGeobeyonds, "a test of its own fails", func() { write(t, file, owners("osgeo")+"\ntest_nothing if false\n") }, "test_nothing")
	stays(lakesAreGeobeyonds, "another package", func() { write(t, file, strings.Replace(owners("osgeo"), "httpapi.authz", "another", 1)) }, "no rule allow in package httpapi.authz")
	stays(lakesAreGeobeyonds, "an empty folder", func() { remove(t, file) }, "no .rego file")
	becomes(lakesAreOsgeos, "mended", func() { write(t, file, owners("osgeo")) })
	stays(lakesAreOsgeos, "no folder", func() { rename(t, path, path+".away") }, "no such file")
	l.through(t, phase{"the folder is back", lakesAreOsgeos.right}, func() {
		rename(t, path+".away", path)
		until(t, "what is there is in force", func() error { return g.has(t, "geowarden_policy_stale", 0) })
	})

	becomes(allowIsText, "a rule that is not boolean", func() {
		write(t, file, "package httpapi.authz\n\nallow := \"yes\" if input.version == 1\n")
	})
	if n := g.figure(t, `geowarden_denials_total{class="not-a-boolean"}`); n == 0 {
		t.Error("no figure tells of a rule that is not boolean")
	}
	becomes(lakesAreGeobeyonds, "written in place", func() { write(t, file, owners("geobeyond")) })
	becomes(lakesAreOsgeos, "a file put in its place, as editors do", func() {
		write(t, file+".new", owners("osgeo"))
		rename(t, file+".new", file)
	})
	becomes(lakesAreGeobeyonds, "a link exchanged, as docs/operations.md says", func() {
		link(t, written(t, owners("geobeyond")), path+".new")
		rename(t, path+".new", path)
	})
	becomes(lakesAreOsgeos, "a folder put in its place", func() {
		folder := written(t, owners("osgeo"))
		rename(t, path, path+".old")
		rename(t, folder, path)
	})
	mount := configMap(t, owners("geobeyond"))
	becomes(lakesAreGeobeyonds, "a link to a mounted ConfigMap", func() {
		rename(t, path, path+".older")
		link(t, mount, path)
	})
	becomes(lakesAreOsgeos, "a ConfigMap updated, as a kubelet does", func() { updateConfigMap(t, mount, owners("osgeo")) })
	w.end(t)
}

// configMap is a folder as a kubelet mounts it: files are links through ..data,
// which is exchanged as a whole.
func configMap(t *testing.T, policy string) string {
	t.Helper()
	mount := t.TempDir()
	updateConfigMap(t, mount, policy)
	link(t, "..data/authz.rego", filepath.Join(mount, "authz.rego"))
	return mount
}

func updateConfigMap(t *testing.T, mount, policy string) {
	t.Helper()
	version := filepath.Join(mount, ".."+rand.Text())
	if err := os.Mkdir(version, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(version, "authz.rego"), policy)
	link(t, filepath.Base(version), filepath.Join(mount, "..data_tmp"))
	rename(t, filepath.Join(mount, "..data_tmp"), filepath.Join(mount, "..data"))
}

// witness asks one question after the other, each once the one before it was
// answered, and so sees every change of the policy in its order.
type witness struct {
	load  *load
	ask   []*question
	stop  context.CancelFunc
	ended chan struct{}

	mutex sync.Mutex
	now   string
	turns []string
}

// watchTheLakes asks in turn for what each of two people is allowed by one of
// the policies, and denied by the other.
func watchTheLakes(t *testing.T, l *load) *witness {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w := &witness{load: l, stop: cancel, ended: make(chan struct{})}
	for _, q := range l.questions {
		if q.path == lakes {
			w.ask = append(w.ask, q)
		}
	}
	if len(w.ask) != 2 {
		t.Fatalf("%d questions are of the lakes", len(w.ask))
	}
	go func() {
		defer close(w.ended)
		client := &http.Client{Transport: &http.Transport{}}
		defer client.CloseIdleConnections()
		for n := 0; ctx.Err() == nil; n++ {
			q := w.ask[n%2]
			w.saw(q, q.ask(client, l.gateway.url).outcome)
		}
	}()
	t.Cleanup(func() { w.stop(); <-w.ended })
	return w
}

// saw notes by which policy an answer was given.
func (w *witness) saw(q *question, o outcome) {
	by := string(o)
	for _, p := range []phase{lakesAreGeobeyonds, lakesAreOsgeos, allowIsText} {
		if p.right(q)[0] == o {
			by = p.name
		}
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.now != "" && w.now != by {
		w.turns = append(w.turns, by)
	}
	w.now = by
}

// sees reports whether it was last answered by this policy.
func (w *witness) sees(p phase) error {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.now != p.name {
		return fmt.Errorf("it is %q", w.now)
	}
	return nil
}

// turned fails unless the decisions turned so often since it was asked last.
func (w *witness) turned(t *testing.T, name string, times int) {
	t.Helper()
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if len(w.turns) != times {
		t.Errorf("%s: the decisions turned %d times, want %d: %q", name, len(w.turns), times, w.turns)
	}
	w.turns = nil
}

func (w *witness) end(t *testing.T) {
	t.Helper()
	w.stop()
	<-w.ended
	w.turned(t, "at the end", 0)
}

func link(t *testing.T, to, name string) {
	t.Helper()
	if err := os.Symlink(to, name); err != nil {
		t.Fatal(err)
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, file string) {
	t.Helper()
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
}
