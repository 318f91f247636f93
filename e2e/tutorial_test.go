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
// docs/tutorial.md that is `file NAME`, `run`, `serve`, `fails`, `background`, or
// `says`, which is what the step before has said.
type step struct {
	kind, name string
	text       string
	number     int // the line it begins at
}

var expected = regexp.MustCompile(`\s+# (\d{3})( soon)?$`)

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

// TestTutorial does what docs/tutorial.md says, in its order, in one folder.
func TestTutorial(t *testing.T) {
	needs(t, needOPA, needJQ)
	k := running.withKeycloak(t)
	shows(t, "curl", "every step of [the tutorial](tutorial.md): two modes at once refused, a key, tokens, people and policies, an OPA server")
	document := string(must[[]byte](t)(os.ReadFile("../docs/tutorial.md")))
	ports := must[[]string](t)(freePorts(2))
	tutor := newTutor(t, "docs/tutorial.md")
	if err := os.Symlink(repository("policies"), filepath.Join(tutor.folder, "../policies")); err != nil {
		t.Fatal(err)
	}
	document = strings.NewReplacer("PORT=5000", "PORT="+ports[0], "localhost:5000", "localhost:"+ports[0], "localhost:8383", "localhost:"+ports[1],
		"localhost:5001", strings.TrimPrefix(running.moved.url, "http://"), "http://localhost:8282", k.url).Replace(document)
	tutor.root = "http://localhost:" + ports[0]
	done := map[string]int{}
	for _, s := range steps(t, document, "tutorial") {
		tutor.take(s)
		done[s.kind]++
	}
	tutor.stop()
	if done["serve"] < 5 || done["run"] < 8 || done["says"] < 5 {
		t.Errorf("the tutorial has only %v", done)
	}
}

// tutor takes the steps of a document.
type tutor struct {
	t        *testing.T
	document string
	folder   string
	root     string
	gateway  *process
	said     string // what the last step has said
	started  int
}

func newTutor(t *testing.T, document string) *tutor {
	t.Helper()
	u := &tutor{t: t, document: document, folder: filepath.Join(t.TempDir(), "tutorial")}
	if err := os.Mkdir(u.folder, 0o755); err != nil {
		t.Fatal(err)
	}
	return u
}

func (u *tutor) take(s step) {
	u.t.Helper()
	switch s.kind {
	case "file":
		if err := os.WriteFile(filepath.Join(u.folder, s.name), []byte(s.text), 0o600); err != nil {
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
		p := must[*process](u.t)(running.launch(fmt.Sprintf("tutorial-background-%d", s.number), u.env(), "bash", "-c", "cd "+u.folder+" && exec "+strings.TrimSpace(s.text)))
		u.t.Cleanup(func() { p.kill() })
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
	command, _, _ := strings.Cut(s.text, "#")
	u.gateway = must[*process](u.t)(running.launch(fmt.Sprintf("geowarden-tutorial-%d", u.started), u.env(), "bash", "-c", "cd "+u.folder+" && exec "+command))
	if err := u.gateway.answers(u.root + "/readyz"); err != nil {
		u.t.Fatalf("line %d: %v", s.number, err)
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
// that curl gets; with `soon`, within half a minute.
func (u *tutor) run(s step) {
	u.t.Helper()
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
	ran := filepath.Join(u.folder, "../status")
	if err := os.WriteFile(ran, nil, 0o600); err != nil {
		u.t.Fatal(err)
	}
	script := "set -eo pipefail; cd " + u.folder + "; [ ! -f ../state ] || . ../state; set -a\n" +
		"curl() { command curl --silent --show-error --max-time 60 --write-out '%{stderr}%{http_code}\\n' \"$@\" 2>>../status; }\n" +
		command + "\nunset -f curl; declare -px | grep -v -e '^declare -x PATH=' >../state"
	out, err := u.shell(script).CombinedOutput()
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
	cmd.Env, cmd.Dir = u.env(), u.folder
	return cmd
}

// env is what somebody has who followed the page so far: the program is on the
// path.
func (u *tutor) env() []string {
	return []string{"PATH=" + repository("bin") + ":" + repository(".tools/bin") + ":" + os.Getenv("PATH"), "HOME=" + filepath.Dir(u.folder)}
}
