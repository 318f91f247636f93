package watch_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/geowarden/geowarden/internal/watch"
)

// run watches until the test ends; the channel gets each look's error.
func run(t *testing.T, cfg watch.Config) <-chan error {
	t.Helper()
	looks := make(chan error, 10_000)
	cfg.Look = func(_ context.Context, err error) { looks <- err }
	w, err := watch.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return looks
}

func look(t *testing.T, looks <-chan error) error {
	t.Helper()
	select {
	case err := <-looks:
		return err
	case <-time.After(20 * time.Second):
		t.Fatal("nobody looked")
		return nil
	}
}

func only(folders ...string) func(func(string) error) error {
	return func(add func(string) error) error {
		for _, folder := range folders {
			if err := add(folder); err != nil {
				return err
			}
		}
		return nil
	}
}

func write(t *testing.T, parts ...string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(parts...), nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLooksAtTheBeginningAndAfterChanges(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	looks := run(t, watch.Config{Folders: only(one, two)})
	for i, change := range []func(){
		func() {},
		func() { write(t, one, "a") },
		func() { write(t, two, "b") },
		func() {
			if err := os.Rename(filepath.Join(one, "a"), filepath.Join(one, "c")); err != nil {
				t.Error(err)
			}
		},
		func() {
			if err := os.Remove(filepath.Join(two, "b")); err != nil {
				t.Error(err)
			}
		},
	} {
		change()
		if err := look(t, looks); err != nil {
			t.Errorf("look %d: %v", i, err)
		}
	}
}

func TestLooksNowAndThenWithoutAChange(t *testing.T) {
	looks := run(t, watch.Config{Folders: only(t.TempDir()), LookAgain: time.Millisecond})
	for range 5 {
		if err := look(t, looks); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatIsIgnoredIsNoChange(t *testing.T) {
	dir := t.TempDir()
	ignored := make(chan string, 100)
	looks := run(t, watch.Config{Folders: only(dir), Ignore: func(e fsnotify.Event) bool {
		ignored <- e.Name
		return filepath.Base(e.Name) == "log"
	}})
	_ = look(t, looks)
	write(t, dir, "log")
	<-ignored
	time.Sleep(300 * time.Millisecond) // longer than it takes to settle
	if len(looks) > 0 {
		t.Error("looked because of it")
	}
	write(t, dir, "file")
	_ = look(t, looks)
}

// New folders are watched before the look at what is in them.
func TestNewFoldersAreWatched(t *testing.T) {
	root := t.TempDir()
	looks := run(t, watch.Config{Folders: func(add func(string) error) error {
		err := add(root)
		entries, unread := os.ReadDir(root)
		for _, e := range entries {
			err = errors.Join(err, add(filepath.Join(root, e.Name())))
		}
		return errors.Join(err, unread)
	}})
	_ = look(t, looks)
	sub := filepath.Join(root, "sub")
	if err := os.Mkdir(sub, 0o700); err != nil {
		t.Fatal(err)
	}
	_ = look(t, looks)
	write(t, sub, "file")
	if err := look(t, looks); err != nil {
		t.Error(err)
	}
}

// A folder that is busy all the time is looked at nevertheless.
func TestABusyFolderIsLookedAt(t *testing.T) {
	dir := t.TempDir()
	looks := run(t, watch.Config{Folders: only(dir)})
	_ = look(t, looks)
	done := make(chan struct{})
	busy := make(chan struct{})
	go func() {
		defer close(busy)
		for {
			select {
			case <-done:
				return
			default:
				_ = os.WriteFile(filepath.Join(dir, "a"), nil, 0o600)
			}
		}
	}()
	_ = look(t, looks)
	close(done)
	<-busy
}

// Changes that may go unseen are said, and the files are looked at all the same.
func TestAFolderThatCannotBeWatchedIsSaid(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	if _, err := watch.New(watch.Config{Folders: only(missing)}); err == nil {
		t.Error("watches what is not there")
	}
	dir := t.TempDir()
	fault := make(chan error, 1)
	looks := run(t, watch.Config{Folders: func(add func(string) error) error {
		select {
		case err := <-fault:
			return err
		default:
			return add(dir)
		}
	}})
	_ = look(t, looks)
	want := errors.New("out of watches")
	fault <- want
	write(t, dir, "file")
	if err := look(t, looks); !errors.Is(err, want) {
		t.Errorf("got %v", err)
	}
}
