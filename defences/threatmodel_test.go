package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	testName   = regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w*)`")
	link       = regexp.MustCompile(`\]\(([^)#]+)\)`)
	definition = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Z]\w*)\(`)
)

// The threat model names only tests and files that there are.
func TestTheThreatModelIsTrueToTheCode(t *testing.T) {
	text, err := os.ReadFile("../docs/threat-model.md")
	if err != nil {
		t.Fatal(err)
	}
	defined := testsBelow(t, "..")
	named := testName.FindAllStringSubmatch(string(text), -1)
	for _, name := range named {
		if len(defined[name[1]]) == 0 {
			t.Errorf("there is no test %s", name[1])
		}
	}
	for _, target := range link.FindAllStringSubmatch(string(text), -1) {
		if _, err := os.Stat(filepath.Join("../docs", target[1])); err != nil {
			t.Error(err)
		}
	}
	if len(named) < 60 {
		t.Errorf("only %d tests were found in it", len(named))
	}
	for class := 1; class <= 27; class++ {
		if !regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(strconv.Itoa(class)) + ` \|`).Match(text) {
			t.Errorf("class %d is not in it", class)
		}
	}
}

// Each defence stands in the code as the table has it, is held by tests that
// there are, and no class of attack is left out.
func TestTheDefencesAreThere(t *testing.T) {
	defined, classes := testsBelow(t, ".."), map[int]int{}
	for _, d := range all() {
		classes[d.class]++
		if _, err := d.removed(".."); err != nil {
			t.Errorf("%d %s: %v", d.class, d.what, err)
		}
		for name := range strings.SplitSeq(d.tests, "|") {
			if !slices.Contains(defined[name], d.tested()) {
				t.Errorf("%d %s: there is no test %s in %s", d.class, d.what, name, d.tested())
			}
		}
	}
	for class := 1; class <= 27; class++ {
		if classes[class] == 0 {
			t.Errorf("class %d has no defence", class)
		}
	}
}

// testsBelow are the folders that define a test, by its name.
func testsBelow(t *testing.T, root string) map[string][]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "*", "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	deeper, err := filepath.Glob(filepath.Join(root, "*", "*", "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for _, file := range append(files, deeper...) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		folder, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			t.Fatal(err)
		}
		for _, def := range definition.FindAllStringSubmatch(string(text), -1) {
			found[def[1]] = append(found[def[1]], filepath.ToSlash(folder))
		}
	}
	return found
}
