//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// chromium does what node/browser.mjs is told.
type chromium struct {
	*peer
	url string
}

func (s *stack) startChromium() (*chromium, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	program, err := exec.LookPath("chromium")
	if err != nil {
		return nil, err
	}
	scratch, err := filepath.Abs(logs) // its profile goes where the logs go, even if it is killed
	if err != nil {
		return nil, err
	}
	p, err := s.startPeer("chromium", time.Minute, []string{"TMPDIR=" + scratch}, "node", repository("e2e/node/browser.mjs"), port, program)
	return &chromium{peer: p, url: "http://127.0.0.1:" + port}, err
}

// visitor is somebody at the browser, with nothing kept from anybody's visit
// before. Where they have a credential, the browser adds it to what goes to the
// gateway, and to nothing else.
type visitor struct {
	t       *testing.T
	browser *chromium
	id      int
	page    int // 0, or a window that was opened
	root    string
	has     bool // a credential, which the browser adds
}

// visiting says how somebody comes.
type visiting struct {
	root    string            // the gateway's address, without the context
	has     header            // the credential; none if it is empty
	others  []string          // whom else the browser may talk to
	instead map[string]string // packages of npm that stand in for others
}

// visit opens the browser for one test.
func (s *stack) visit(t *testing.T, how visiting) *visitor {
	t.Helper()
	needs(t, needNode, needChromium)
	b := must[*chromium](t)(s.chromium())
	isVersion("Chromium", strings.TrimPrefix(b.version(), "Chromium "))
	isVersion("playwright-core", packageVersion(t, "playwright-core"))
	isVersion("Leaflet", packageVersion(t, "leaflet"))
	v := &visitor{t: t, browser: b, root: how.root, has: how.has != ""}
	who := map[string]any{"gateway": how.root, "others": how.others, "instead": how.instead}
	if name, value, ok := strings.Cut(string(how.has), ": "); ok {
		who["header"] = map[string]string{"name": name, "value": value}
	}
	v.tell("enter", &v.id, who)
	t.Cleanup(func() {
		if err := v.attempt("leave", nil); err != nil {
			t.Error(err)
		}
	})
	return v.during(t)
}

// during is the visitor in a test, or in a part of one. If it fails, what the
// page looks like is kept.
func (v *visitor) during(t *testing.T) *visitor {
	t.Helper()
	part := *v
	part.t = t
	t.Cleanup(func() {
		if t.Failed() {
			part.photograph(filepath.Join(logs, unnamable.ReplaceAllString(t.Name(), "-")+".png"))
		}
	})
	return &part
}

var unnamable = regexp.MustCompile(`\W+`)

// sheds takes the credential away: from now on the browser adds none.
func (v *visitor) sheds() {
	v.t.Helper()
	v.tell("shed", nil)
	v.has = false
}

// tell gives the browser a command, and reads what comes of it.
func (v *visitor) tell(does string, into any, with ...any) {
	v.t.Helper()
	if err := v.attempt(does, into, with...); err != nil {
		what := "" // and not the rest: a person types secrets
		if len(with) > 0 {
			what, _ = with[0].(string)
		}
		v.t.Fatalf("%s %.200s: %v\nsee %s, and the picture beside it", does, what, err, v.browser.log)
	}
}

// attempt is tell, where it is the test's business if it fails.
func (v *visitor) attempt(does string, into any, with ...any) error {
	command, err := json.Marshal(map[string]any{"visitor": v.id, "page": v.page, "does": does, "with": append([]any{}, with...)})
	if err != nil {
		return err
	}
	res, err := (&http.Client{Timeout: time.Minute}).Post(v.browser.url, "application/json", bytes.NewReader(command))
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		var why string
		if err := json.NewDecoder(res.Body).Decode(&why); err != nil {
			return err
		}
		return errors.New(why)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(res.Body).Decode(into)
}

// open goes to an address and waits until the page is quiet.
func (v *visitor) open(address string) (status int) {
	v.t.Helper()
	v.tell("goto", &status, address)
	v.tell("quiet", nil)
	return status
}

// follow clicks on something that leads to another page, and waits until that
// one is quiet.
func (v *visitor) follow(selector string) {
	v.t.Helper()
	before := v.address()
	v.tell("click", nil, selector)
	v.waits("location.href !== " + quoted(before))
	v.tell("quiet", nil)
}

// waits until an expression is true. It is no function: that is true at once.
func (v *visitor) waits(expression string) {
	v.t.Helper()
	v.tell("waitForFunction", nil, expression)
}

// quoted is a text as JavaScript has it.
func quoted(text string) string {
	written, err := json.Marshal(text)
	if err != nil {
		panic(err) // a text can always be written
	}
	return string(written)
}

func (v *visitor) address() (address string) {
	v.t.Helper()
	v.tell("evaluate", &address, "location.href")
	return address
}

// text waits for an element, and reads it as a person does.
func (v *visitor) text(selector string) (text string) {
	v.t.Helper()
	v.tell("innerText", &text, selector)
	return strings.TrimSpace(text)
}

// opened is the window that the page opens.
func (v *visitor) opened() *visitor {
	v.t.Helper()
	other := *v
	other.page++
	v.tell("opened", nil, other.page)
	return &other
}

// photograph keeps what the page looks like.
func (v *visitor) photograph(file string) {
	whole, err := filepath.Abs(file)
	if err == nil {
		err = v.attempt("screenshot", nil, map[string]any{"path": whole, "fullPage": true})
	}
	if err != nil {
		v.t.Logf("no picture could be taken: %v", err)
	}
}
