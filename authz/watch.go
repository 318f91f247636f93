package authz

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	settle    = 100 * time.Millisecond // quiet for so long before a reload: files are written one after the other
	settleMax = 2 * time.Second        // and no longer than this, however busy the folder
	lookAgain = 30 * time.Second       // without an event: a folder further up may be a link that was exchanged, or the files on a network
)

// Watch reloads the policy when something at path, the folder or bundle file
// that it is loaded from, has changed. It returns once it watches, and stops
// when ctx ends. A change that leaves the files as they were does nothing.
func (e *Embedded) Watch(ctx context.Context, path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watching %s: %w", path, err)
	}
	if err := observe(watcher, path); err != nil {
		return errors.Join(fmt.Errorf("watching %s: %w", path, err), watcher.Close())
	}
	go e.watch(ctx, watcher, path)
	return nil
}

func (e *Embedded) watch(ctx context.Context, watcher *fsnotify.Watcher, path string) {
	defer func() { _ = watcher.Close() }()
	timer := time.NewTimer(0) // the policy may have changed between its loading and the watch
	defer timer.Stop()
	var first time.Time // of the changes that are waited out
	for {
		select {
		case <-ctx.Done():
			return
		case event, open := <-watcher.Events:
			if !open {
				return
			}
			if beside(event, path) {
				continue
			}
			if first.IsZero() {
				first = time.Now()
			}
			timer.Reset(min(settle, time.Until(first.Add(settleMax))))
		case err, open := <-watcher.Errors:
			if !open {
				return
			}
			// Events were lost: look at the files instead.
			timer.Reset(settle)
			e.tell(fmt.Errorf("watching %s: %w", path, err))
		case <-timer.C:
			if ctx.Err() != nil {
				return // a reload that is cut short would be told as a broken policy
			}
			first = time.Time{}
			// New folders first, so that no change after the loading is missed.
			err := observe(watcher, path)
			e.reloadChanged(ctx, err)
			timer.Reset(e.lookAgain)
		}
	}
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

// reloadChanged reloads unless the files are those that were tried last. What
// keeps them from being read is told once, not at every look.
func (e *Embedded) reloadChanged(ctx context.Context, watching error) {
	e.reloading.Lock()
	defer e.reloading.Unlock()
	all, err := e.read()
	if err == nil {
		e.unread = ""
		if watching == nil && all.revision() == e.tried {
			return
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
// updated by replacing its link `..data`. What is watched already stays so.
func observe(watcher *fsnotify.Watcher, path string) error {
	if err := watcher.Add(filepath.Dir(path)); err != nil {
		return err
	}
	return observeFolder(watcher, path, 0)
}

func observeFolder(watcher *fsnotify.Watcher, path string, depth int) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() || depth > maxPolicyDepth {
		return nil // the loading says what is wrong, if anything is
	}
	if err != nil {
		return err
	}
	if err := watcher.Add(path); err != nil {
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
		if err := observeFolder(watcher, filepath.Join(path, entry.Name()), depth+1); err != nil {
			return err
		}
	}
	return nil
}
