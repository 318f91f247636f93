//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A step is a block of a document that a comment before it tells how to take. In
// docs/tutorial.md that is `file NAME`, `run`, `serve`, `fails`, `background`,
// `make`, or `says`, which is what the step before has said.
type step struct {
	kind, name string
	text       string
	number     int // the line it begins at
}

var expected = regexp.MustCompile(`\s+# (\d{3})( soon)?$`)

var aToken = regexp.MustCompile(`(?m)^declare -x \w+="eyJ.*\n`)

// steps are the blocks that stand right behind a mark such as <!-- tutorial: run -->.
func steps(t *testing.T, document, mark string) []step {
	t.Helper()
	stepMark := regexp.MustCompile(`(?m)^<!-- ` + mark + `: (\w+) ?(\S*) -->\n` + "```\\w+\n((?:.*\n)*?)```$")
	var all []step
	for _, at := range stepMark.FindAllStringSubmatchIndex(document, -1) {
		part := func(i int) string { return document[at[2*i]:at[2*i+1]] }
		all = append(all, step{part(1), part(2), part(3), 1 + strings.Count(document[:at[0]], "\n")})
	}
	if marks := strings.Count(document, "<!-- "+mark+":"); marks != len(all) {
		t.Fatalf("%d marks, and %d blocks that stand right behind one", marks, len(all))
	}
	return all
}

// TestTutorial does what docs/tutorial.md says, in its order, as somebody who has
// nothing but a checkout.
func TestTutorial(t *testing.T) {
	needs(t, needOPA, needJQ)
	k := running.withKeycloak(t)
	shows(t, "curl", "every step of [the tutorial](tutorial.md): two modes at once refused, a key, tokens, people and policies, an OPA server")
	document := string(must[[]byte](t)(os.ReadFile("../docs/tutorial.md")))
	ports := must[[]string](t)(freePorts(2))
	tutor := newTutor(t, "docs/tutorial.md")
	document = strings.NewReplacer("PORT=5000", "PORT="+ports[0], "localhost:5000", "localhost:"+ports[0], "localhost:8383", "localhost:"+ports[1],
		"localhost:5001", strings.TrimPrefix(running.moved.url, "http://"), "http://localhost:8282", k.url).Replace(document)
	tutor.root = "http://localhost:" + ports[0]
	done := map[string]int{}
	for _, s := range steps(t, document, "tutorial") {
		tutor.take(s)
		done[s.kind]++
	}
	tutor.stop()
	if marks, blocks := len(steps(t, document, "tutorial")), strings.Count("\n"+document, "\n```")/2; marks != blocks {
		t.Errorf("%d of its %d blocks say how they are taken", marks, blocks)
	}
	if done["serve"] < 5 || done["run"] < 8 || done["says"] < 5 || done["make"] < 3 {
		t.Errorf("the tutorial has only %v", done)
	}
}

// tutor takes the steps of a document, in terminals that begin in a checkout: one
// for what is run, and one for each other kind of step.
type tutor struct {
	t        *testing.T
	document string
	checkout string
	at       map[string]string // the folder that each terminal is in
	root     string
	gateway  *process
	said     string // what the last step has said
	started  int
}

func newTutor(t *testing.T, document string) *tutor {
	t.Helper()
	checkout := filepath.Join(t.TempDir(), "checkout")
	u := &tutor{t: t, document: document, checkout: checkout, at: map[string]string{"run": checkout, "serve": checkout, "background": checkout}}
	if err := os.Mkdir(checkout, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"bin", ".tools", "policies"} {
		if err := os.Symlink(repository(name), filepath.Join(checkout, name)); err != nil {
			t.Fatal(err)
		}
	}
	return u
}

func (u *tutor) take(s step) {
	u.t.Helper()
	switch s.kind {
	case "file":
		if err := os.WriteFile(filepath.Join(u.at["run"], s.name), []byte(s.text), 0o600); err != nil {
			u.t.Fatal(err)
		}
	case "serve":
		u.serve(s)
	case "fails":
		out, err := u.shell(strings.TrimSpace(s.text)).CombinedOutput()
		if err == nil {
			u.t.Fatalf("line %d: it does not fail: %s", s.number, out)
		}
		u.said = string(out)
	case "run":
		u.run(s)
	case "background":
		p := must[*process](u.t)(running.launch(fmt.Sprintf("tutorial-background-%d", s.number), u.env(), "bash", "-c", u.typed(s)))
		u.t.Cleanup(func() { p.kill() })
	case "make":
		u.make(s)
	case "says":
		if !strings.Contains(u.said, strings.TrimSpace(s.text)) {
			u.t.Errorf("line %d promises:\n%s\nand it said:\n%s", s.number, s.text, u.said)
		}
	default:
		u.t.Fatalf("line %d: nobody knows how to %s", s.number, s.kind)
	}
}

// serve starts the gateway as the page says, where the one before has stopped.
func (u *tutor) serve(s step) {
	u.t.Helper()
	u.stop()
	u.started++
	u.gateway = must[*process](u.t)(running.launch(fmt.Sprintf("geowarden-tutorial-%d", u.started), u.env(), "bash", "-c", u.typed(s)))
	if err := u.gateway.answers(u.root + "/readyz"); err != nil {
		u.t.Fatalf("line %d: %v", s.number, err)
	}
}

// typed is a block whose last line goes on running, in its terminal: where the
// lines before have gone, that stays.
func (u *tutor) typed(s step) string {
	u.t.Helper()
	lines := strings.Split(strings.TrimSpace(s.text), "\n")
	for _, line := range lines[:len(lines)-1] {
		words := strings.Fields(line)
		if len(words) < 2 || words[0] != "cd" {
			u.t.Fatalf("line %d: only a folder is entered before: %s", s.number, line)
		}
		u.at[s.kind] = filepath.Join(u.at[s.kind], words[1])
	}
	return "cd " + u.at[s.kind] + " && exec " + lines[len(lines)-1]
}

// make sees that the Makefile has what a block is to make. What it makes is there
// before any test is run.
func (u *tutor) make(s step) {
	u.t.Helper()
	for _, line := range strings.Split(strings.TrimSpace(s.text), "\n") {
		if !strings.HasPrefix(line, "make ") {
			u.t.Errorf("line %d: it makes nothing: %s", s.number, line)
		} else if out, err := u.shell("cd " + repository(".") + "; make --dry-run " + strings.TrimPrefix(line, "make ")).CombinedOutput(); err != nil {
			u.t.Errorf("line %d: %s: %v\n%.2000s", s.number, line, err, out)
		}
	}
}

func (u *tutor) stop() {
	u.t.Helper()
	if u.gateway == nil {
		return
	}
	if err := u.gateway.stop(); err != nil {
		u.t.Error(err)
	}
	u.gateway = nil
}

// run runs a block command by command. A comment behind one promises the status
// that curl gets; with `soon`, within half a minute. A reader may be slower than
// the time that a token lives, so none is kept for another block.
func (u *tutor) run(s step) {
	u.t.Helper()
	if state, err := os.ReadFile(u.scratch("state")); err == nil {
		if err := os.WriteFile(u.scratch("state"), aToken.ReplaceAll(state, nil), 0o600); err != nil {
			u.t.Fatal(err)
		}
	}
	u.said = ""
	for n, line := range strings.Split(strings.TrimSpace(strings.ReplaceAll(s.text, "\\\n", "")), "\n") {
		promised := expected.FindStringSubmatch(line)
		command := expected.ReplaceAllString(line, "")
		patience := time.Duration(0)
		if promised != nil && promised[2] != "" {
			patience = 30 * time.Second
		}
		for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
			out, status, err := u.command(command)
			ok := err == nil && (promised == nil || status == promised[1])
			if ok || time.Now().After(deadline) {
				if u.said += out; !ok {
					u.t.Fatalf("%s:%d: %s\ngot %s (%v)\n%.2000s", u.document, s.number+2+n, line, status, err, out)
				}
				break
			}
		}
	}
}

// command runs one in a shell that knows what the commands before have set, and
// says with which status curl was answered last.
func (u *tutor) command(command string) (said, status string, err error) {
	u.t.Helper()
	ran := u.scratch("status")
	if err := os.WriteFile(ran, nil, 0o600); err != nil {
		u.t.Fatal(err)
	}
	script := "set -eo pipefail; cd " + u.at["run"] + "; [ ! -f " + u.scratch("state") + " ] || . " + u.scratch("state") + "; set -a\n" +
		"curl() { command curl --silent --show-error --max-time 60 --write-out '%{stderr}%{http_code}\\n' \"$@\" 2>>" + ran + "; }\n" +
		command + "\nunset -f curl; { declare -px | grep -v -e '^declare -x PATH='; declare -fp; } >" + u.scratch("state") + "; pwd >" + u.scratch("where")
	out, err := u.shell(script).CombinedOutput()
	if where, err := os.ReadFile(u.scratch("where")); err == nil {
		u.at["run"] = strings.TrimSpace(string(where))
	}
	statuses := strings.Fields(string(must[[]byte](u.t)(os.ReadFile(ran))))
	if len(statuses) > 0 {
		status = statuses[len(statuses)-1]
	}
	return string(out), status, err
}

func (u *tutor) shell(script string) *exec.Cmd {
	u.t.Helper()
	ctx, cancel := context.WithTimeout(u.t.Context(), 2*time.Minute)
	u.t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "bash", "-c", script)
	cmd.Env, cmd.Dir = u.env(), u.at["run"]
	return cmd
}

// scratch is a file of the test's own, beside the checkout.
func (u *tutor) scratch(name string) string { return filepath.Join(u.checkout, "..", name) }

// env is what somebody has who is about to begin: nothing of ours is on the path.
func (u *tutor) env() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Dir(u.checkout)}
}
