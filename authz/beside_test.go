package authz

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Only what is written to another file is beside the policy. A change that is
// taken for one of those would leave an older, laxer policy in force.
func TestOnlyWritesToOtherFilesAreBesideThePolicy(t *testing.T) {
	root := t.TempDir()
	for link, target := range map[string]string{"policy": "current", "current": "v1", "linked.tar.gz": "live.tar.gz"} {
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"v1/a.rego", "live.tar.gz", "policy.tar.gz"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	in := func(name string) string { return filepath.Join(root, name) }
	for name, tt := range map[string]struct {
		path, changed string
		op            fsnotify.Op
		want          bool
	}{
		"a line of a log":                 {in("policy"), in("gateway.log"), fsnotify.Write, true},
		"a log's mode":                    {in("policy"), in("gateway.log"), fsnotify.Chmod, true},
		"a log while the policy is gone":  {in("gone"), in("gateway.log"), fsnotify.Write, true},
		"the bundle":                      {in("policy.tar.gz"), in("policy.tar.gz"), fsnotify.Write, false},
		"the bundle that a link leads to": {in("linked.tar.gz"), in("live.tar.gz"), fsnotify.Write, false},
		"a link on the way is exchanged":  {in("policy"), in("current"), fsnotify.Create, false},
		"a folder is renamed into place":  {in("policy"), in("v1"), fsnotify.Rename, false},
		"a ConfigMap's link":              {in("policy"), in("..data"), fsnotify.Create, false},
		"a file of the policy":            {in("v1"), in("v1/a.rego"), fsnotify.Write, false},
		"a bundle in the root folder":     {"/policy.tar.gz", "//policy.tar.gz", fsnotify.Write, false},
	} {
		if got := beside(fsnotify.Event{Name: tt.changed, Op: tt.op}, tt.path); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// A folder further up that is a link, and is exchanged, makes no event: the
// files are looked at now and then.
func TestAPolicyBelowAnExchangedLinkIsSeen(t *testing.T) {
	root := t.TempDir()
	for version, rule := range map[string]string{"v1": "allow := true", "v2": "allow := false"} {
		folder := filepath.Join(root, version, "policy")
		if err := os.MkdirAll(folder, 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "a.rego"), []byte("package httpapi.authz\n"+rule), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	current := filepath.Join(root, "current")
	if err := os.Symlink("v1", current); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(current, "policy")
	e, err := NewEmbedded(t.Context(), EmbeddedConfig{Load: OpenPolicy(path), Timeout: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	e.lookAgain = 20 * time.Millisecond
	if err := e.Watch(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	// Back and forth: the first change may be met by the look at the beginning.
	for _, to := range []string{"v2", "v1", "v2"} {
		if err := errors.Join(os.Symlink(to, current+".new"), os.Rename(current+".new", current)); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			got, err := e.Decide(t.Context(), full())
			if err != nil {
				t.Fatal(err)
			}
			if got.Allow == (to == "v1") {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s is not in force", to)
			}
		}
	}
}
