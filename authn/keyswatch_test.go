package authn

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

type reload struct {
	n   int
	err error
}

// watched makes Keys of the file and watches it; told gives the next reload.
func watched(t *testing.T, file string) (k *Keys, told func() reload) {
	t.Helper()
	reloads := make(chan reload, 16)
	k, err := NewKeys(KeysConfig{Static: map[string]string{"S": "static"}, File: file, OnReload: func(n int, err error) { reloads <- reload{n, err} }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- k.Watch(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Watch: %v", err)
		}
	})
	return k, func() reload {
		t.Helper()
		select {
		case r := <-reloads:
			return r
		case <-time.After(10 * time.Second):
			t.Fatal("nothing was reloaded")
			return reload{}
		}
	}
}

// replace puts a new file in the place of file, in one step.
func replace(t *testing.T, file, content string) {
	t.Helper()
	if err := os.WriteFile(file+".new", []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}

func TestKeysFileIsRereadAndABrokenOneChangesNothing(t *testing.T) {
	one, two := "- {name: one, digest: '"+sha256Of("1")+"'}\n", "- {name: two, digest: '"+sha256Of("2")+"'}\n"
	file := writeFile(t, one)
	k, told := watched(t, file)
	state := func(first, second string) {
		t.Helper()
		_, err := k.Authenticate(withKeys("1"))
		wantOutcome(t, err, first)
		_, err = k.Authenticate(withKeys("2"))
		wantOutcome(t, err, second)
		_, err = k.Authenticate(withKeys("static"))
		wantOutcome(t, err, "ok")
	}
	state("ok", "invalid unknown")

	replace(t, file, one+two)
	if r := told(); r.n != 3 || r.err != nil {
		t.Errorf("two keys: got %+v", r)
	}
	state("ok", "ok")

	replace(t, file, one+"- {name: two, digest: oops}\n")
	if r := told(); r.n != 3 || r.err == nil {
		t.Errorf("a broken file: got %+v", r)
	}
	state("ok", "ok")

	replace(t, file, "")
	if r := told(); r.n != 3 || r.err == nil {
		t.Errorf("a file cut short: got %+v", r)
	}
	state("ok", "ok")

	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if r := told(); r.n != 3 || r.err == nil {
		t.Errorf("no file: got %+v", r)
	}

	replace(t, file, two)
	if r := told(); r.n != 2 || r.err != nil {
		t.Errorf("a file again: got %+v", r)
	}
	state("invalid unknown", "ok")

	// Written in place, as an editor does: it may be seen half way.
	if err := os.WriteFile(file, []byte("[] # all revoked\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := told()
	for r.err != nil {
		r = told()
	}
	if r.n != 1 {
		t.Errorf("all keys revoked: got %+v", r)
	}
	state("invalid unknown", "invalid unknown")
}

// A ConfigMap is a folder behind a symbolic link that is swapped as a whole.
func TestMountedConfigMapIsReread(t *testing.T) {
	dir := t.TempDir()
	link := func(target, name string) {
		t.Helper()
		if err := os.Symlink(target, name+".tmp"); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(name+".tmp", name); err != nil {
			t.Fatal(err)
		}
	}
	for n, secret := range []string{"1", "2"} {
		version := filepath.Join(dir, "..v"+secret)
		if err := os.Mkdir(version, 0o700); err != nil {
			t.Fatal(err)
		}
		replace(t, filepath.Join(version, "keys.yaml"), "- {name: k"+string(rune('a'+n))+", digest: '"+sha256Of(secret)+"'}\n")
	}
	link("..v1", filepath.Join(dir, "..data"))
	link(filepath.Join("..data", "keys.yaml"), filepath.Join(dir, "keys.yaml"))
	k, told := watched(t, filepath.Join(dir, "keys.yaml"))

	link("..v2", filepath.Join(dir, "..data"))
	if r := told(); r.n != 2 || r.err != nil {
		t.Errorf("got %+v", r)
	}
	_, err := k.Authenticate(withKeys("1"))
	wantOutcome(t, err, "invalid unknown")
	_, err = k.Authenticate(withKeys("2"))
	wantOutcome(t, err, "ok")
}

func TestWithoutAFileThereIsNothingToWatch(t *testing.T) {
	k, err := NewKeys(KeysConfig{Static: map[string]string{"S": "static"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Watch(t.Context()); err != nil {
		t.Error(err)
	}
}
