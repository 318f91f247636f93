package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// A bench runs tests with and without defences.
type bench struct{ root, work string }

// untouched sees that the tests pass while every defence is there: one that
// fails anyway proves nothing.
func (b bench) untouched(ctx context.Context, list []defence) error {
	tests := map[string][]string{}
	for _, d := range list {
		tests[d.tested()] = append(tests[d.tested()], strings.Split(d.tests, "|")...)
	}
	for folder, names := range tests {
		slices.Sort(names)
		out, err := b.test(ctx, folder, strings.Join(slices.Compact(names), "|"))
		if err != nil {
			return fmt.Errorf("with all defences in place, the tests of %s fail: %w\n%s", folder, err, out)
		}
	}
	return nil
}

// each takes out one defence after the other, a few at a time, and tells of
// each in the order of the list: which tests failed, or why that is no proof.
func (b bench) each(ctx context.Context, list []defence, parallel int, tell func(d defence, killers string, err error)) {
	type outcome struct {
		killers string
		err     error
	}
	outcomes := make([]chan outcome, len(list))
	for i := range outcomes {
		outcomes[i] = make(chan outcome, 1)
	}
	var next int
	var mu sync.Mutex
	take := func() int {
		mu.Lock()
		defer mu.Unlock()
		next++
		return next - 1
	}
	for range parallel {
		go func() {
			for i := take(); i < len(list); i = take() {
				killers, err := b.without(ctx, i, list[i])
				outcomes[i] <- outcome{killers, err}
			}
		}()
	}
	for i, d := range list {
		o := <-outcomes[i]
		tell(d, o.killers, o.err)
	}
}

// without runs a defence's tests over the code without it, and returns those
// that fail.
func (b bench) without(ctx context.Context, n int, d defence) (killers string, err error) {
	text, err := d.removed(b.root)
	if err != nil {
		return "", err
	}
	changed := filepath.Join(b.work, fmt.Sprintf("%d.go", n))
	overlay := filepath.Join(b.work, fmt.Sprintf("%d.json", n))
	rules, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(b.root, d.file): changed}})
	if err != nil {
		return "", err
	}
	if err := errors.Join(os.WriteFile(changed, text, 0o600), os.WriteFile(overlay, rules, 0o600)); err != nil {
		return "", err
	}
	out, err := b.test(ctx, d.tested(), d.tests, "-overlay", overlay)
	failed := failedTest.FindAllSubmatch(out, -1)
	switch {
	case err == nil:
		return "", fmt.Errorf("the tests pass without it: %s", d.tests)
	case bytes.Contains(out, []byte("[build failed]")) || len(failed) == 0:
		return "", fmt.Errorf("no test failed, but the run did: %w\n%s", err, out)
	}
	names := make([]string, len(failed))
	for i, name := range failed {
		names[i] = string(name[1])
	}
	return strings.Join(names, ", "), nil
}

// failedTest is go test's word on a test that failed, itself no part of another.
var failedTest = regexp.MustCompile(`(?m)^--- FAIL: (\w+)`)

// test runs tests of one folder, by their names.
func (b bench) test(ctx context.Context, folder, names string, more ...string) ([]byte, error) {
	args := append([]string{"test", "-count=1", "-vet=off", "-timeout=2m", "-ldflags=-s -w", "-run", "^(" + names + ")$"}, more...)
	cmd := exec.CommandContext(ctx, "go", append(args, "./"+folder)...) //nolint:gosec // its arguments are the table's
	cmd.Dir = b.root
	return cmd.CombinedOutput()
}
