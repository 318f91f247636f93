// Package watch tells when files may have changed, so that what was read from
// them can be read again.
//
// It looks at no content and refuses to guess what a change means: the caller
// is told to look, at the beginning, after changes, and now and then without
// one, and finds out by itself whether anything is different.
package watch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	settle    = 100 * time.Millisecond // quiet for so long before a look: files are written in several steps
	settleMax = 2 * time.Second        // and no longer than this, however busy the folders
	lookAgain = 30 * time.Second
)

// Config says what is watched, and what is done about it.
type Config struct {
	// Folders adds the folders to watch, each before it looks into it. It is
	// called before each look, so that new ones are watched too; one that is
	// watched already stays so. Folders and not files, because files are
	// replaced as a whole by editors, by an atomic rename and by a mounted
	// ConfigMap.
	Folders func(add func(folder string) error) error

	// Look is called at the beginning, after a change, and at the intervals of
	// LookAgain. The error says why changes may have gone unseen, if they may.
	Look func(ctx context.Context, watching error)

	// Ignore, where it is set, tells an event that is no change.
	Ignore func(fsnotify.Event) bool

	// LookAgain is how often to look without an event, 30 seconds where it is
	// zero: on network file systems, and where a folder further up is a link
	// that is exchanged, changes go unreported.
	LookAgain time.Duration
}

// Watcher watches the folders of its Config from the moment it is made.
type Watcher struct {
	cfg    Config
	events *fsnotify.Watcher
}

// New watches the folders, and fails where one cannot be watched. Run must be
// called, which gives free what New took.
func New(cfg Config) (*Watcher, error) {
	if cfg.LookAgain == 0 {
		cfg.LookAgain = lookAgain
	}
	events, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	w := &Watcher{cfg: cfg, events: events}
	if err := w.observe(); err != nil {
		return nil, errors.Join(err, events.Close())
	}
	return w, nil
}

// Run looks at once, since the files may have changed before New, and whenever
// there is reason to, until ctx ends; then it returns nil.
func (w *Watcher) Run(ctx context.Context) error {
	defer func() { _ = w.events.Close() }()
	timer := time.NewTimer(0)
	defer timer.Stop()
	var first time.Time // of the changes that are waited out
	var lost error
	for {
		select {
		case <-ctx.Done():
			return nil
		case event, open := <-w.events.Events:
			if !open {
				return errors.New("the watcher has stopped")
			}
			if w.cfg.Ignore != nil && w.cfg.Ignore(event) {
				continue
			}
			if first.IsZero() {
				first = time.Now()
			}
			timer.Reset(min(settle, time.Until(first.Add(settleMax))))
		case err, open := <-w.events.Errors:
			if !open {
				return errors.New("the watcher has stopped")
			}
			lost = err // so look at the files instead
			timer.Reset(settle)
		case <-timer.C:
			if ctx.Err() != nil {
				return nil // what is cut short would be told as broken
			}
			// New folders first, so that no change after the look is missed.
			w.cfg.Look(ctx, errors.Join(lost, w.observe()))
			first, lost = time.Time{}, nil
			timer.Reset(w.cfg.LookAgain)
		}
	}
}

func (w *Watcher) observe() error {
	return w.cfg.Folders(func(folder string) error {
		if err := w.events.Add(folder); err != nil {
			return fmt.Errorf("watching %s: %w", folder, err)
		}
		return nil
	})
}
