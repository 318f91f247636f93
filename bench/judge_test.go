package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/geowarden/geowarden/internal/demo"
)

// answered is a reply that came from the back end.
func answered(t *testing.T, a arrival) reply {
	t.Helper()
	body, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	return reply{status: http.StatusOK, header: http.Header{markHeader: {a.Mark}}, body: body}
}

// problems is a refusal of the gateway.
func problems(status int) reply {
	body, _ := json.Marshal(map[string]int{"status": status})
	return reply{status: status, header: http.Header{"Content-Type": {"application/problem+json"}}, body: body}
}

func TestJudgeFindsEveryWrongAnswer(t *testing.T) {
	sent := arrival{Method: http.MethodGet, URI: "/collections/lakes", Mark: "mark-1"}
	one := &shot{method: http.MethodGet, right: always(http.StatusOK), arrives: &sent}
	if err := one.judge(answered(t, sent), span{}); err != nil {
		t.Fatalf("the right answer is wrong: %v", err)
	}
	another := func(change func(*arrival)) reply {
		got := sent
		change(&got)
		return answered(t, got)
	}
	cut := answered(t, sent)
	cut.err = errShort
	for name, r := range map[string]reply{
		"the answer to another's request": another(func(a *arrival) { a.Mark = "mark-2" }),
		"another collection's":            another(func(a *arrival) { a.URI = "/collections/obs" }),
		"another method":                  another(func(a *arrival) { a.Method = http.MethodDelete }),
		"a body that came from elsewhere": another(func(a *arrival) { a.Bytes = 3 }),
		"a header that must not arrive":   another(func(a *arrival) { a.Leaked = []string{"X-Api-Key"} }),
		"a secret":                        another(func(a *arrival) { a.Padding = canary + "x" }),
		"a cut answer":                    cut,
		"a refusal":                       problems(http.StatusForbidden),
		"an outage that is none":          problems(http.StatusBadGateway),
		"no answer":                       {err: errShort},
	} {
		if one.judge(r, span{}) == nil {
			t.Errorf("%s was taken for right", name)
		}
	}
	refused := &shot{method: http.MethodGet, right: always(http.StatusUnauthorized)}
	if err := refused.judge(problems(http.StatusUnauthorized), span{}); err != nil {
		t.Error(err)
	}
	if refused.judge(answered(t, sent), span{}) == nil || refused.judge(reply{status: http.StatusUnauthorized, body: []byte("no")}, span{}) == nil {
		t.Error("an answer without a credential, or a refusal in another form, was taken for right")
	}
}

func TestOutageIsRightOnlyWhileTheBackEndIsDown(t *testing.T) {
	var w world
	one := &shot{method: http.MethodGet, right: always(http.StatusOK)}
	before := w.look()
	w.backend.begin()
	if err := one.judge(problems(http.StatusBadGateway), span{before, w.look()}); err != nil {
		t.Errorf("it went down under way: %v", err)
	}
	during := w.look()
	w.backend.end(0)
	if err := one.judge(problems(http.StatusBadGateway), span{during, w.look()}); err != nil {
		t.Errorf("it was down at first: %v", err)
	}
	after := w.look()
	if one.judge(problems(http.StatusBadGateway), span{after, w.look()}) == nil {
		t.Error("it was up all the time")
	}
}

func TestPhaseIsCertainOnlyWhereNothingChanged(t *testing.T) {
	var w world
	first := w.look()
	if !(span{first, w.look()}).certain(ofPolicy) {
		t.Error("nothing changed")
	}
	w.policy.begin()
	w.policy.end(1)
	w.policy.begin()
	w.policy.end(0)
	if (span{first, w.look()}).certain(ofPolicy) {
		t.Error("it changed, and back again")
	}
	if !(span{first, w.look()}).certain(ofKeys) {
		t.Error("the keys did not change")
	}
}

func TestLogScannerFindsSecretsAndWhatIsNoLine(t *testing.T) {
	issuer, err := demo.NewIssuer(demo.IssuerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	known, err := newSecrets(issuer)
	if err != nil {
		t.Fatal(err)
	}
	token := known.token(osgeo, 0)
	for line, wrong := range map[string]int{
		`{"msg":"request"}`:         0,
		`{"msg":"` + canary + `x"}`: 1,
		`{"msg":"` + token[strings.LastIndexByte(token, '.')+1:] + `"}`: 1,
		`{"msg":"` + token + `"}`: 1,
		"panic: it is over":       1,
		`{"failure":"panic"}`:     1,
	} {
		count := newTally(&strings.Builder{})
		scanner := &logScanner{tally: count, name: "x", secrets: known}
		for _, part := range []string{line[:5], line[5:] + "\n"} { // lines come in pieces
			if n, err := scanner.Write([]byte(part)); n != len(part) || err != nil {
				t.Fatal(n, err)
			}
		}
		if count.wrong() != wrong || scanner.lines.Load() != 1 {
			t.Errorf("%s: %d wrong of %d", line, count.wrong(), scanner.lines.Load())
		}
	}
}

func TestMetricsMustAgreeWithWhatWasCounted(t *testing.T) {
	count := newTally(&strings.Builder{})
	for range 3 {
		count.count("jwks", &shot{kind: "x"}, reply{status: http.StatusOK})
	}
	count.count("jwks", &shot{kind: "x"}, reply{})
	for text, right := range map[string]bool{
		`geowarden_requests_total{mode="jwks",status="200",type="item"} 3`:   true,
		`geowarden_requests_total{mode="jwks",status="200",type="item"} 4`:   true, // the one that was not waited for
		`geowarden_requests_total{mode="jwks",status="200",type="item"} 2`:   false,
		`geowarden_requests_total{mode="jwks",status="200",type="item"} 5`:   false,
		`geowarden_requests_total{mode="jwks",status="200",type="health"} 3`: false,
		"geowarden_requests_total{status=\"200\"} 3\ngo_goroutines 4000":     false,
	} {
		found, err := readFigures(strings.NewReader(text + "\n"))
		if err != nil {
			t.Fatal(err)
		}
		if err := count.agrees("jwks", found); (err == nil) != right {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestFileIsReplacedAsAWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	for _, text := range []string{"one", "two"} {
		if err := replace(path, text); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("%s %v", got, err)
		}
	}
}

func TestChunksAreReadBackAsTheBody(t *testing.T) {
	body := slices.Repeat([]byte("body"), 1000)
	head := "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	if n, err := readOne(head + string(chunks(body))); err != nil || n != int64(len(body)) {
		t.Errorf("%d bytes, %v", n, err)
	}
}
