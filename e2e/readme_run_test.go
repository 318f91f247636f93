//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestReadme types what the README tells its reader to type, in each mode.
func TestReadme(t *testing.T) {
	typePage(t, "README.md", map[string]*gateway{"api-key": running.apiKey, "jwks": running.jwks, "oidc": running.oidc})
}

// typePage types the curl lines of a page, and fails unless each mode has some.
func typePage(t *testing.T, page string, gateways map[string]*gateway) {
	t.Helper()
	text, err := os.Open("../" + page)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = text.Close() }()
	lines, err := readLines(text)
	if err != nil {
		t.Fatalf("%s: %v", page, err)
	}
	tried := map[string]int{}
	for _, l := range lines {
		g := gateways[l.mode]
		if g == nil {
			t.Errorf("%s:%d: no mode is called %q", page, l.number, l.mode)
			continue
		}
		tried[l.mode]++
		t.Run(fmt.Sprintf("%s/line %d", l.mode, l.number), func(t *testing.T) { try(t, page, g, l) })
	}
	for mode := range gateways {
		if tried[mode] == 0 {
			t.Errorf("%s has no curl line for the mode %s: a ```sh block after <!-- e2e: %s -->", page, mode, mode)
		}
	}
}

// try runs one line in bash. curl is told, after all that the line says, to
// end with the status on standard error, where no pipe of the line takes it.
func try(t *testing.T, page string, g *gateway, l line) {
	t.Helper()
	given := map[string]string{
		"G": g.url, "KEY": running.key, "ISSUER": running.issuer.BaseURL(),
		"TOKEN_OSGEO": running.osgeo(), "TOKEN_GEOBEYOND": running.geobeyond(),
	}
	// HOME is empty, so that no .curlrc of the user's has a say.
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
	for name, value := range given {
		env = append(env, name+"="+value)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	script := withoutGiven(l.before, given) + "\n" +
		"curl() { command curl --silent --show-error --max-time 30 \"$@\" --write-out '%{stderr}\\n%{http_code}'; }\n" + l.command
	cmd := exec.CommandContext(ctx, "bash", "-c", script)
	var body, status bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr = env, &body, &status
	err := cmd.Run()
	said := strings.TrimSpace(status.String())
	if got := said[strings.LastIndexByte(said, '\n')+1:]; got != strconv.Itoa(l.status) {
		t.Errorf("%s:%d promises %d: %s\ngot %s (%v), see %s\n%.2000s", page, l.number, l.status, l.command, said, err, g.log, body.String())
	}
}

// withoutGiven drops the assignments to what the runner sets itself: the README
// names the addresses of the demo.
func withoutGiven(assignments string, given map[string]string) string {
	var kept []string
	for _, a := range strings.Split(assignments, "\n") {
		name, _, _ := strings.Cut(strings.TrimPrefix(a, "export "), "=")
		if _, ok := given[strings.TrimSpace(name)]; !ok {
			kept = append(kept, a)
		}
	}
	return strings.Join(kept, "\n")
}
