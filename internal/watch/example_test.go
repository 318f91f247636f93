package watch_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/geowarden/geowarden/internal/watch"
)

// A file is read at the beginning, and again when it has changed.
func Example() {
	dir, err := os.MkdirTemp("", "watch")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "greeting")
	put := func(content string) {
		_ = os.WriteFile(file+".new", []byte(content), 0o600)
		_ = os.Rename(file+".new", file)
	}
	put("good morning")

	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	last := ""
	watcher, err := watch.New(watch.Config{
		Folders: func(add func(string) error) error { return add(dir) },
		Look: func(context.Context, error) {
			content, err := os.ReadFile(file)
			if err != nil || string(content) == last {
				return
			}
			last = string(content)
			fmt.Println(last)
			if last == "good night" {
				stop()
				return
			}
			put("good night")
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(watcher.Run(ctx))
	// Output:
	// good morning
	// good night
	// <nil>
}
