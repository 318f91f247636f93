//go:build e2e

package e2e

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// What the run has shown, from which docs/compatibility.md is made.
var shown struct {
	sync.Mutex
	versions map[string]string
	rows     []row
	limits   []limit
	missing  []string // for want of which tests were skipped
	notRun   []string // what was not run, and why; the run is whole all the same
}

// isMissing notes that a test was skipped, and for want of what.
func isMissing(what string) {
	shown.Lock()
	defer shown.Unlock()
	if !slices.Contains(shown.missing, what) {
		shown.missing = append(shown.missing, what)
	}
}

// wasNotRun skips the test of something that no machine of ours can have.
func wasNotRun(t *testing.T, what string) {
	t.Helper()
	shown.Lock()
	shown.notRun = append(shown.notRun, what)
	shown.Unlock()
	t.Skip("not run: " + what)
}

// row is something that was run with a peer.
type row struct{ peer, what string }

// limit is something that does not work with a peer, and why.
type limit struct{ peer, what, why string }

// isVersion notes the version of a peer.
func isVersion(peer, version string) {
	shown.Lock()
	defer shown.Unlock()
	if shown.versions == nil {
		shown.versions = map[string]string{}
	}
	shown.versions[peer] = strings.TrimSpace(version)
}

// shows notes, once the test has passed, what it ran with a peer.
func shows(t *testing.T, peer, what string) {
	t.Helper()
	oncePassed(t, func() { shown.rows = append(shown.rows, row{peer, what}) })
}

// doesNot notes what does not work with a peer. The test that says so has seen
// it not work.
func doesNot(t *testing.T, peer, what, why string) {
	t.Helper()
	oncePassed(t, func() { shown.limits = append(shown.limits, limit{peer, what, why}) })
}

func oncePassed(t *testing.T, note func()) {
	t.Helper()
	t.Cleanup(func() {
		if t.Failed() || t.Skipped() {
			return
		}
		shown.Lock()
		defer shown.Unlock()
		note()
	})
}

// printVersions says what the run was about to show, even if it failed.
func printVersions() {
	shown.Lock()
	defer shown.Unlock()
	peers := make([]string, 0, len(shown.versions))
	for peer := range shown.versions {
		peers = append(peers, peer)
	}
	slices.SortFunc(peers, byName)
	for _, peer := range peers {
		fmt.Printf("e2e: %-28s %s\n", peer, shown.versions[peer])
	}
	for _, what := range shown.missing {
		fmt.Printf("e2e: SKIPPED what takes %s\n", what)
	}
	for _, what := range shown.notRun {
		fmt.Printf("e2e: NOT RUN: %s\n", what)
	}
	for _, what := range notNewest(installed) {
		fmt.Printf("e2e: NOT THE NEWEST: %s\n", what)
	}
}

func byName(a, b string) int { return cmp.Compare(strings.ToLower(a), strings.ToLower(b)) }

// isWhole says whether the run had every test, with the newest of each peer, so
// that it may write the page.
func isWhole() bool {
	for _, name := range []string{"test.run", "test.skip"} {
		if flag.Lookup(name).Value.String() != "" {
			return false
		}
	}
	return len(shown.missing) == 0 && len(notNewest(installed)) == 0
}

const page = "../docs/compatibility.md"

// writePage writes docs/compatibility.md. It holds no time and no machine: the
// same peers give the same page.
func writePage() error {
	shown.Lock()
	defer shown.Unlock()
	var b strings.Builder
	b.WriteString(`# Compatibility

This page is written by ` + "`make e2e`" + `: the built program in front of, beside and behind the newest release of each peer, every one of them the real thing. Each row was run and passed in the same run that wrote it.

| peer | version | what was run |
|---|---|---|
`)
	rows := slices.Clone(shown.rows)
	slices.SortFunc(rows, func(a, b row) int { return cmp.Or(byName(a.peer, b.peer), cmp.Compare(a.what, b.what)) })
	last := ""
	for _, r := range rows {
		version, known := shown.versions[r.peer]
		if !known {
			return fmt.Errorf("nobody noted the version of %s", r.peer)
		}
		peer := r.peer
		if peer == last {
			peer, version = "", ""
		}
		last = r.peer
		fmt.Fprintf(&b, "| %s | %s | %s |\n", peer, version, r.what)
	}
	b.WriteString("\n## What does not work, and why\n\nEach of these was seen in the same run.\n\n| peer | what | why |\n|---|---|---|\n")
	limits := slices.Clone(shown.limits)
	slices.SortFunc(limits, func(a, b limit) int { return cmp.Or(byName(a.peer, b.peer), cmp.Compare(a.what, b.what)) })
	for _, l := range limits {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", l.peer, l.what, l.why)
	}
	b.WriteString(`
## What was not run

- Containers and a cluster: the compose file's parts run without containers, and [the chart](kubernetes.md) is checked without a cluster.
`)
	for _, what := range shown.notRun {
		fmt.Fprintf(&b, "- %s\n", what)
	}
	return os.WriteFile(page, []byte(b.String()), 0o644)
}
