package authz

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/fsnotify/fsnotify"

	"github.com/geowarden/geowarden/internal/watch"
)

// Watch reloads the policy when something at path, the folder or bundle file
// that it is loaded from, has changed. It returns once it watches, and stops
// when ctx ends. A change that leaves the files as they were does nothing.
func (e *Embedded) Watch(ctx context.Context, path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	w, err := watch.New(watch.Config{
		Folders:   func(add func(string) error) error { return observe(path, add) },
		Look:      e.reloadChanged,
		Ignore:    func(event fsnotify.Event) bool { return beside(event, path) },
		LookAgain: e.lookAgain,
	})
	if err != nil {
		return err
	}
	go func() {
		if err := w.Run(ctx); err != nil {
			e.tell(fmt.Errorf("watching %s: %w", path, err))
		}
	}()
	return nil
}

// beside reports that an event in the folder that path stands in is no change of
// the policy: something was written to another file there, such as a log, whose
// every line would be a change. A link that is exchanged is another sort of event.
func beside(event fsnotify.Event, path string) bool {
	name := filepath.Clean(event.Name)
	if event.Has(fsnotify.Create|fsnotify.Rename|fsnotify.Remove) || filepath.Dir(name) != filepath.Dir(path) || name == path {
		return false
	}
	target, err := filepath.EvalSymlinks(path)
	return err != nil || name != target
}

// reloadChanged reloads unless the files are those that were tried last, and
// nothing kept them from being read since: what was told then is over, and
// whoever was told must hear so. What keeps them from being read is told once,
// not at every look.
func (e *Embedded) reloadChanged(ctx context.Context, watching error) {
	e.reloading.Lock()
	defer e.reloading.Unlock()
	all, err := e.read()
	if err == nil {
		if watching == nil && e.unread == "" && all.revision() == e.tried {
			return
		}
		e.unread = ""
		if watching != nil {
			e.unread = watching.Error()
		}
		e.tell(errors.Join(e.swap(ctx, all), watching))
		return
	}
	if err = errors.Join(err, watching); err.Error() != e.unread {
		e.unread = err.Error()
		e.tell(err)
	}
}

// observe watches the path, every folder below it, and the folder it stands in:
// a link or a bundle file is replaced there, not changed. A ConfigMap is
// updated by replacing its link `..data`.
func observe(path string, add func(folder string) error) error {
	if err := add(filepath.Dir(path)); err != nil {
		return err
	}
	return observeFolder(path, add, 0)
}

func observeFolder(path string, add func(folder string) error, depth int) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() || depth > maxPolicyDepth {
		return nil // the loading says what is wrong, if anything is
	}
	if err != nil {
		return err
	}
	if err := add(path); err != nil {
		return err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.Name()[0] == '.' {
			continue
		}
		if err := observeFolder(filepath.Join(path, entry.Name()), add, depth+1); err != nil {
			return err
		}
	}
	return nil
}
