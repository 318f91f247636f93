package main

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// A defence is a piece of code that an attack meets, and what shows that it
// does: without it, the tests fail.
type defence struct {
	class   int    // of the attack, as docs/threat-model.md numbers them
	what    string // what it keeps out, in a few words
	file    string // where it stands
	code    string // its text, which stands there exactly once
	without string // the same without the defence; it compiles
	tests   string // those that then fail: their names, joined by |
	in      string // the package they are in; that of file when empty
}

// all is every defence, in the order of the classes.
func all() []defence {
	list := slices.Concat(reading, headers, wire, tokens, keys, policies, settings, answers, limits)
	slices.SortStableFunc(list, func(a, b defence) int { return a.class - b.class })
	return list
}

// tested is the folder of the tests.
func (d defence) tested() string {
	if d.in != "" {
		return d.in
	}
	return path.Dir(d.file)
}

// removed is the file without the defence.
func (d defence) removed(root string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(root, d.file)) //nolint:gosec // the name is one of the table's
	if err != nil {
		return nil, err
	}
	if n := strings.Count(string(text), d.code); n != 1 {
		return nil, fmt.Errorf("its text is in %s %d times, not once:\n%s", d.file, n, d.code)
	}
	return []byte(strings.Replace(string(text), d.code, d.without, 1)), nil
}
