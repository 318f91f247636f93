package authn

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// settle is how long the folder must be quiet before the file is read: an
	// editor writes it in several steps.
	settle = 50 * time.Millisecond

	// poll is how often the file is read without being told to: on network
	// file systems changes go unreported, and a revoked key must die there too.
	poll = 30 * time.Second
)

// fileState tells one content of the file from another, and a file that can be
// read from one that cannot.
type fileState struct {
	content [sha256.Size]byte
	fault   string
}

// read returns the file, and what Watch knows it by. Without a file it is an
// empty list.
func (k *Keys) read() (data []byte, state fileState, err error) {
	if k.cfg.File == "" {
		return []byte("[]"), state, nil
	}
	data, err = os.ReadFile(k.cfg.File)
	if err != nil {
		state.fault = err.Error()
		return nil, state, fmt.Errorf("the keys file: %w", err)
	}
	state.content = sha256.Sum256(data)
	return data, state, nil
}

// apply puts the static keys and those of the file in force; where the file has
// a fault, what was in force stays.
func (k *Keys) apply(data []byte) error {
	hashed, err := parseKeys(data)
	if err != nil {
		return fmt.Errorf("the keys file %s: %w", k.cfg.File, err)
	}
	table, err := newKeyTable(slices.Concat(k.static, hashed))
	if err != nil {
		return err
	}
	k.current.Store(table)
	return nil
}

// Watch rereads the file when it changes, until ctx ends; then it returns nil.
// A file with a fault leaves the last good keys in force, and OnReload is told.
// Without a file there is nothing to watch, and Watch returns at once.
//
// The folder is watched and not the file, which is replaced as a whole by
// editors, by an atomic rename and by a mounted ConfigMap.
func (k *Keys) Watch(ctx context.Context) error {
	if k.cfg.File == "" {
		return nil
	}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch the keys file: %w", err)
	}
	defer func() { _ = watcher.Close() }()
	if err := watcher.Add(filepath.Dir(k.cfg.File)); err != nil {
		return fmt.Errorf("watch the folder of the keys file: %w", err)
	}
	quiet := time.NewTimer(0) // fires at once: the file may have changed since it was read
	defer quiet.Stop()
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case _, ok := <-watcher.Events:
			if !ok {
				return errors.New("watch the keys file: the watcher has stopped")
			}
			quiet.Reset(settle)
		case _, ok := <-watcher.Errors:
			if !ok {
				return errors.New("watch the keys file: the watcher has stopped")
			}
			quiet.Reset(settle) // events were lost: look
		case <-quiet.C:
			k.reload()
		case <-ticker.C:
			k.reload()
		}
	}
}

// reload applies the file if it is another than the last time.
func (k *Keys) reload() {
	data, state, err := k.read()
	if state == k.seen {
		return
	}
	k.seen = state
	if err == nil {
		err = k.apply(data)
	}
	k.cfg.OnReload(k.Len(), err)
}
