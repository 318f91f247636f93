package authz_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/geowarden/geowarden/authz"
)

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// mountConfigMap lays files out as the kubelet does, and exchanges those that
// are there: the files in a folder of their own, one link `..data` to it that
// is replaced in one step, and links through that for each name.
func mountConfigMap(t *testing.T, root, generation string, contents map[string]string) {
	t.Helper()
	for name, content := range contents {
		write(t, filepath.Join(root, generation, name), content)
		first := name
		for dir := filepath.Dir(name); dir != "."; dir = filepath.Dir(dir) {
			first = dir
		}
		if _, err := os.Lstat(filepath.Join(root, first)); err != nil {
			if err := os.Symlink(filepath.Join("..data", first), filepath.Join(root, first)); err != nil {
				t.Fatal(err)
			}
		}
	}
	temporary := filepath.Join(root, "..data_tmp")
	if err := os.Symlink(generation, temporary); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(temporary, filepath.Join(root, "..data")); err != nil {
		t.Fatal(err)
	}
}

type reload struct {
	revision string
	err      error
}

// watched is an engine on what is at path, and the reloads it tells of.
func watched(t *testing.T, path string) (*authz.Embedded, <-chan reload) {
	t.Helper()
	reloads := make(chan reload, 64)
	e, err := authz.NewEmbedded(t.Context(), authz.EmbeddedConfig{
		Load:    authz.OpenPolicy(path),
		Timeout: patience,
		OnReload: func(revision string, _ []string, err error) {
			reloads <- reload{revision, err}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Watch(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	return e, reloads
}

// await gives the first reload that is as wanted: a change of several files may
// be seen in more than one step.
func await(t *testing.T, reloads <-chan reload, wanted func(reload) bool) reload {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		select {
		case r := <-reloads:
			if wanted(r) {
				return r
			}
		case <-deadline:
			t.Fatal("no such reload")
		}
	}
}

func good(r reload) bool { return r.err == nil }

func bad(r reload) bool { return r.err != nil }

func allows(t *testing.T, e *authz.Embedded) bool {
	t.Helper()
	got, err := e.Decide(t.Context(), asks(user("ada", nil), reads("common", "landing")))
	if err != nil {
		t.Fatal(err)
	}
	return got.Allow
}

const denying = "package httpapi.authz\n\ndefault allow := false\n"

func TestAChangedFileIsReloaded(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "a.rego"), allowing)
	e, reloads := watched(t, root)
	before := e.Revision()
	write(t, filepath.Join(root, "a.rego"), denying)
	r := await(t, reloads, func(r reload) bool { return good(r) && !allows(t, e) })
	if r.revision == before || r.revision != e.Revision() {
		t.Errorf("revision %s, before %s, in force %s", r.revision, before, e.Revision())
	}
}

func TestABrokenPolicyLeavesTheLastGoodOne(t *testing.T) {
	for name, broken := range map[string]string{
		"syntax":         "package httpapi.authz\nallow if {",
		"no allow":       "package httpapi.authz\nx := 1",
		"a failing test": denying + "\ntest_it if allow",
		"a data rule":    denying + "\nmasked_properties contains \"x\"",
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			write(t, filepath.Join(root, "a.rego"), allowing)
			e, reloads := watched(t, root)
			before := e.Revision()
			write(t, filepath.Join(root, "a.rego"), broken)
			await(t, reloads, bad)
			if err := e.Reload(t.Context()); err == nil {
				t.Error("reloaded")
			}
			if !allows(t, e) || e.Revision() != before {
				t.Error("the last good policy is gone")
			}
			write(t, filepath.Join(root, "a.rego"), denying)
			await(t, reloads, func(r reload) bool { return good(r) && !allows(t, e) })
		})
	}
}

func TestANewFolderIsWatchedToo(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "a.rego"), "package httpapi.authz\nallow if data.sub.open == true\n")
	e, reloads := watched(t, root)
	write(t, filepath.Join(root, "sub", "data.json"), `{"open": true}`)
	await(t, reloads, func(r reload) bool { return good(r) && allows(t, e) })
	write(t, filepath.Join(root, "sub", "data.json"), `{"open": false}`)
	await(t, reloads, func(r reload) bool { return good(r) && !allows(t, e) })
}

func TestAConfigMapThatIsExchangedIsReloaded(t *testing.T) {
	root := t.TempDir()
	mountConfigMap(t, root, "..2026_01", map[string]string{"authz.rego": allowing})
	e, reloads := watched(t, root)
	mountConfigMap(t, root, "..2026_02", map[string]string{"authz.rego": denying})
	await(t, reloads, func(r reload) bool { return good(r) && !allows(t, e) })
	mountConfigMap(t, root, "..2026_03", map[string]string{"authz.rego": allowing})
	await(t, reloads, func(r reload) bool { return good(r) && allows(t, e) })
}

func TestABundleThatIsReplacedIsReloaded(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "policy.tar.gz")
	write(t, path, string(bundleOf(t, map[string]string{"authz.rego": allowing})))
	e, reloads := watched(t, path)
	write(t, path+".new", string(bundleOf(t, map[string]string{"authz.rego": denying})))
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	await(t, reloads, func(r reload) bool { return good(r) && !allows(t, e) })
}

func TestALinkedFolderThatIsExchangedIsReloaded(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "one", "a.rego"), allowing)
	write(t, filepath.Join(root, "two", "a.rego"), denying)
	current := filepath.Join(root, "current")
	if err := os.Symlink("one", current); err != nil {
		t.Fatal(err)
	}
	e, reloads := watched(t, current)
	if err := os.Symlink("two", current+".new"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(current+".new", current); err != nil {
		t.Fatal(err)
	}
	await(t, reloads, func(r reload) bool { return good(r) && !allows(t, e) })
}

// The last that is told is what is true: a policy that was away for a moment, as
// while a folder is moved into its place, and is the one in force, is not stale.
func TestAFolderThatIsBackIsToldOf(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "policy")
	write(t, filepath.Join(path, "a.rego"), allowing)
	e, reloads := watched(t, path)
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	await(t, reloads, bad)
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
	if r := await(t, reloads, good); r.revision != e.Revision() || !allows(t, e) {
		t.Errorf("told of %s, in force is %s", r.revision, e.Revision())
	}
}

func TestAReloadIsToldOfAlsoWithoutAChange(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "a.rego"), allowing)
	e, reloads := watched(t, root)
	if err := e.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := await(t, reloads, good); r.revision != e.Revision() {
		t.Errorf("told of %s, in force is %s", r.revision, e.Revision())
	}
}

func TestAReloadThatIsCutShortChangesNothing(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "a.rego"), allowing)
	e, _ := watched(t, root)
	write(t, filepath.Join(root, "a.rego"), denying+"\ntest_it if not allow\n")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.Reload(ctx); err == nil {
		t.Error("reloaded without its tests")
	}
}

func TestWatchingWhatIsNotThereFails(t *testing.T) {
	e := policy(t, "allow if input.x")
	if err := e.Watch(t.Context(), filepath.Join(t.TempDir(), "missing", "policy")); err == nil {
		t.Error("watches")
	}
}

// A log file beside a policy that is gone must not feed itself: each line that
// is told would be a change, and each change a line.
func TestWhatIsBesideThePolicyIsNoChange(t *testing.T) {
	root := t.TempDir()
	folder, log := filepath.Join(root, "policy"), filepath.Join(root, "gateway.log.")
	write(t, filepath.Join(folder, "a.rego"), allowing)
	e, reloads := watched(t, folder)
	if err := os.Rename(folder, folder+".old"); err != nil {
		t.Fatal(err)
	}
	await(t, reloads, bad)
	for i := range 4 { // each is another file, so each is looked at
		write(t, log+strconv.Itoa(i), "a line\n")
		time.Sleep(150 * time.Millisecond) // longer than it takes to settle
	}
	if err := os.Rename(folder+".old", folder); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "a.rego"), denying)
	told := 0
	await(t, reloads, func(r reload) bool {
		if bad(r) {
			told++
		}
		return good(r) && !allows(t, e)
	})
	if told > 1 { // the folder comes back before its file
		t.Errorf("told %d times more that the policy cannot be read", told)
	}
}
