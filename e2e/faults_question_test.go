//go:build e2e

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// An outcome is a status, with " cut" behind it where the answer was not whole;
// "none" where none came.
type outcome string

// part is what an answer needs.
type part int

const (
	backEnd  part = 1 << iota // pygeoapi
	theDB                     // the database behind it
	kept                      // pygeoapi, or what the gateway keeps of it for a while
	keys                      // a key set, to verify a token
	deciding                  // the policy
	list                      // the collections that it told of
)

// A question is one kind of request, and what is right to answer.
type question struct {
	kind               string
	method, path, body string // {id} in the body stands for the request's id
	fields             func() []header
	right              outcome // while nothing is broken
	says               string  // a part of that answer
	needs              part    // for that answer

	whole string // that answer, where it is 2xx
}

// reply is what came back.
type reply struct {
	outcome outcome
	status  int
	id      string
	header  http.Header
	body    []byte
	err     error // why it is not whole
}

// ask sends the question below the gateway's context.
func (q *question) ask(client *http.Client, root string) reply {
	return q.send(client, root, q.fields()...)
}

func (q *question) send(client *http.Client, root string, fields ...header) reply {
	r := reply{outcome: "none", id: newID()}
	req, err := http.NewRequest(q.method, root+q.path, strings.NewReader(strings.ReplaceAll(q.body, "{id}", r.id)))
	if err != nil {
		r.err = err
		return r
	}
	// A client that can send the body again, even an empty one, asks again by itself
	// over a connection that was used before, and nobody sees what was not answered.
	req.Body, req.GetBody = io.NopCloser(req.Body), nil
	for _, field := range append(fields, header("X-Request-Id: "+r.id)) {
		name, value, _ := strings.Cut(string(field), ": ")
		req.Header.Add(name, value)
	}
	res, err := client.Do(req)
	if err != nil {
		r.err = err
		return r
	}
	defer func() { _ = res.Body.Close() }()
	r.body, r.err = io.ReadAll(res.Body)
	r.status, r.header, r.outcome = res.StatusCode, res.Header, outcome(strconv.Itoa(res.StatusCode))
	if r.err != nil {
		r.outcome += " cut"
	}
	return r
}

// judge says what is wrong with a reply.
func (q *question) judge(r reply, right []outcome) error {
	switch {
	case !slices.Contains(right, r.outcome):
		return fmt.Errorf("the answer is %s instead of %s", r.outcome, slices.Compact(right))
	case r.err != nil:
		return nil //nolint:nilerr // a cut that is right
	case r.header.Get("X-Request-Id") != r.id:
		return fmt.Errorf("it is the answer to another's request: %q instead of %q", r.header.Get("X-Request-Id"), r.id)
	case r.outcome == q.right && !strings.Contains(string(r.body), strings.ReplaceAll(q.says, "{id}", r.id)):
		return fmt.Errorf("it does not say %q", q.says)
	case r.status < 300:
		return q.judgeWhole(r)
	case r.status == http.StatusInternalServerError:
		return r.isTheBackEnds()
	}
	return r.isRefusal(q.method != http.MethodHead)
}

// judgeWhole compares the whole document with what it was while nothing was
// broken: one that is cut, mixed up or another's is another.
func (q *question) judgeWhole(r reply) error {
	length := r.header.Get("Content-Length")
	kind := r.header.Get("Content-Type")
	switch {
	case q.method != http.MethodHead && length != "" && length != strconv.Itoa(len(r.body)):
		return fmt.Errorf("it has %d bytes instead of %s", len(r.body), length)
	case strings.Contains(kind, "json") && q.method != http.MethodHead && !json.Valid(r.body):
		return errors.New("it is no JSON")
	case r.plain() != q.whole:
		return fmt.Errorf("it is another document than before, of %d bytes instead of %d", len(r.body), len(q.whole))
	}
	return nil
}

// changing is what pygeoapi writes anew into each answer.
var changing = regexp.MustCompile(`"timeStamp":\s*"[^"]*"`)

// plain is the body without what is another each time.
func (r reply) plain() string {
	return changing.ReplaceAllString(strings.ReplaceAll(string(r.body), r.id, "{id}"), `"timeStamp":""`)
}

// isRefusal sees that it is the gateway's own, in the form that every client
// understands, with what tells the client what to do.
func (r reply) isRefusal(hasBody bool) error {
	var problem struct {
		Status     int
		Detail, ID string
	}
	if err := json.Unmarshal(r.body, &problem); hasBody && (err != nil || problem.Status != r.status || problem.Detail == "" || problem.ID != r.id) {
		return errors.New("the refusal is no problem document of this request")
	}
	again, err := strconv.Atoi(r.header.Get("Retry-After"))
	switch {
	case r.header.Get("Content-Type") != "application/problem+json" || r.header.Get("Cache-Control") != "no-store":
		return errors.New("the refusal is not the gateway's")
	case r.status == http.StatusServiceUnavailable && (err != nil || again < 1):
		return errors.New("it does not say when to try again")
	case r.status == http.StatusUnauthorized && !strings.HasPrefix(r.header.Get("WWW-Authenticate"), "Bearer"):
		return errors.New("it does not say what to sign in with")
	case strings.Contains(string(r.body), "eyJ"):
		return errors.New("a token is in it")
	}
	return nil
}

// isTheBackEnds sees that a 500 is pygeoapi's or its server's, and passed on as
// it was: the gateway's own would be a fault of ours.
func (r reply) isTheBackEnds() error {
	text := string(r.body)
	if strings.HasPrefix(r.header.Get("Content-Type"), "application/problem+json") || !strings.Contains(text, "NoApplicableCode") && !strings.Contains(text, "Internal Server Error") {
		return errors.New("the 500 is not the back end's")
	}
	return nil
}

// learn keeps the whole of a 2xx, once it was seen to be the same each time, and
// to be the back end's own with links that lead to the gateway.
func (q *question) learn(t *testing.T, l *load, behind *backend) {
	t.Helper()
	if q.right[0] != '2' {
		for _, other := range l.questions {
			if other.method+other.path == q.method+q.path && other.whole != "" {
				q.whole = other.whole
			}
		}
		return
	}
	first, second := q.ask(l.client, l.gateway.url), q.ask(l.client, l.gateway.url)
	if first.outcome != q.right || first.plain() != second.plain() {
		t.Fatalf("%s: answered %s and then %s: %.500s\n%.500s\nsee %s", q.kind, first.outcome, second.outcome, first.body, second.body, l.gateway.log)
	}
	q.whole = first.plain()
	if q.method == http.MethodOptions || strings.HasPrefix(q.path, "/openapi") { // the gateway's own, and changed by it
		return
	}
	fields := slices.DeleteFunc(q.fields(), func(h header) bool { return strings.HasPrefix(string(h), "Authorization") })
	there := q.send(l.client, behind.url, fields...)
	if q.whole != strings.ReplaceAll(there.plain(), behind.name, l.gateway.url) || q.method != http.MethodHead && len(first.body) == 0 {
		t.Fatalf("%s: the gateway's answer is not the back end's:\n%.1000s\n%.1000s", q.kind, first.body, there.body)
	}
}
