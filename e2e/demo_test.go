//go:build e2e

package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestDemo starts the demo in each mode and types every line that it prints.
func TestDemo(t *testing.T) {
	for mode, least := range map[string]int{"oidc": 4, "api-key": 3, "jwks": 4, "open": 2} {
		t.Run(mode, func(t *testing.T) {
			binary, err := filepath.Abs("../bin/geowarden")
			if err != nil {
				t.Fatal(err)
			}
			// Settings of the machine have no say in the demo.
			env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "DEV_API_KEY_ENABLED=true", "DEV_JWKS_ENABLED=true"}
			p, err := running.launch("geowarden-demo-"+mode, env, binary, "demo", "--mode", mode, "--port", "0")
			if err != nil {
				t.Fatal(err)
			}
			exports, curls := printed(t, p, least)
			for _, c := range curls {
				typeLine(t, p, exports, c)
			}
			if err := p.stop(); err != nil {
				t.Error(err)
			}
		})
	}
}

var promised = regexp.MustCompile(`^(curl .*\S)\s+# (\d{3})\b`)

// printed waits for what the demo prints: the variables, and at least so many
// curl lines with the status that they promise.
func printed(t *testing.T, p *process, least int) (exports []string, curls [][]string) {
	t.Helper()
	for start := time.Now(); time.Since(start) < time.Minute; time.Sleep(50 * time.Millisecond) {
		text, err := os.ReadFile(p.log)
		if err != nil {
			t.Fatal(err)
		}
		exports, curls = nil, nil
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSuffix(line, "\n")
			if strings.HasPrefix(line, "export ") {
				exports = append(exports, line)
			}
			if m := promised.FindStringSubmatch(line); m != nil {
				curls = append(curls, m[1:])
			}
		}
		if len(curls) >= least {
			return exports, curls
		}
	}
	t.Fatalf("the demo did not print %d lines to try: see %s", least, p.log)
	return nil, nil
}

func typeLine(t *testing.T, p *process, exports, c []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	script := strings.Join(exports, "\n") + "\n" + c[0] + ` --silent --max-time 30 --output /dev/null --write-out '%{http_code}'`
	cmd := exec.CommandContext(ctx, "bash", "-c", script)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
	out, err := cmd.Output()
	if got := string(out); err != nil || !strings.HasSuffix(got, c[1]) {
		t.Errorf("the demo promises %s: %s\ngot %s (%v), see %s", c[1], c[0], got, err, p.log)
	}
}
