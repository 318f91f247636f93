package authn

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/geowarden/geowarden/internal/watch"
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
func (k *Keys) Watch(ctx context.Context) error {
	if k.cfg.File == "" {
		return nil
	}
	w, err := watch.New(watch.Config{
		Folders: func(add func(string) error) error { return add(filepath.Dir(k.cfg.File)) },
		Look:    func(context.Context, error) { k.reload() },
	})
	if err != nil {
		return fmt.Errorf("the keys file: %w", err)
	}
	return w.Run(ctx)
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
