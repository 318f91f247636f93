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

// reload reads the file and puts its keys and the static ones in force; where
// it has a fault, what was in force stays.
func (k *Keys) reload() error {
	entries := slices.Clone(k.static)
	if k.cfg.File != "" {
		data, err := os.ReadFile(k.cfg.File)
		if err != nil {
			return fmt.Errorf("the keys file: %w", err)
		}
		hashed, err := parseKeys(data)
		if err != nil {
			return fmt.Errorf("the keys file %s: %w", k.cfg.File, err)
		}
		entries = append(entries, hashed...)
	}
	table, err := newKeyTable(entries)
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
	last := fileState{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case _, ok := <-watcher.Events:
			if !ok {
				return errors.New("watch the keys file: the watcher has stopped")
			}
			quiet.Reset(settle)
		case <-watcher.Errors:
			quiet.Reset(settle) // events were lost: look
		case <-quiet.C:
			last = k.reloadChanged(last)
		case <-ticker.C:
			last = k.reloadChanged(last)
		}
	}
}

// fileState tells one content of the file from another, and a file that can be
// read from one that cannot.
type fileState struct {
	read    bool
	fault   string
	content [sha256.Size]byte
}

func (k *Keys) reloadChanged(last fileState) fileState {
	state := fileState{read: true}
	if data, err := os.ReadFile(k.cfg.File); err != nil {
		state.fault = err.Error()
	} else {
		state.content = sha256.Sum256(data)
	}
	if state == last {
		return last
	}
	err := k.reload()
	if last.read || err != nil {
		k.cfg.OnReload(k.Len(), err)
	}
	return state
}
