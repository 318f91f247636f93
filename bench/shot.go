package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// shot is one request of the soak, and what is right to answer.
type shot struct {
	kind    string
	gateway *gateway
	raw     []byte
	method  string
	right   func(span) []int // the statuses that are; noAnswer for a connection that is closed instead
	arrives *arrival         // what the back end must have got, where the answer is 200
	alone   bool             // on a connection of its own, which is closed afterwards
	leave   bool             // without waiting for the answer
	rest    []byte           // sent a while after raw
}

// arsenal are the shots for one mode. The slow ones wait for something, and have
// workers of their own, or little else would be sent.
type arsenal struct{ fast, slow []shooter }

func (a arsenal) and(b arsenal) arsenal {
	return arsenal{slices.Concat(a.fast, b.fast), slices.Concat(a.slow, b.slow)}
}

// shooter makes the next shot of one kind at a gateway.
type shooter func(s *soak, g *gateway, now sight) *shot

// noAnswer stands among the statuses for a connection that was closed.
const noAnswer = 0

// always is right whatever happens around.
func always(statuses ...int) func(span) []int { return func(span) []int { return statuses } }

// reply is what came back.
type reply struct {
	status int // noAnswer where none came
	header http.Header
	body   []byte
	err    error // why it is not whole
}

// judge says what is wrong with a reply, if anything is.
func (s *shot) judge(r reply, during span) error {
	right := s.right(during)
	up := during.certain(ofBackend)
	if !up && slices.Contains(right, http.StatusOK) {
		right = append(slices.Clone(right), http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout)
	}
	if !slices.Contains(right, r.status) {
		return fmt.Errorf("the status is %d instead of %d", r.status, right)
	}
	switch {
	case r.status == noAnswer:
		return nil
	case r.err != nil && s.alone && r.status != http.StatusOK:
		return nil // reset after the refusal: more was sent than was read
	case r.err != nil && up:
		return fmt.Errorf("the answer is not whole: %w", r.err)
	case r.err != nil:
		return nil //nolint:nilerr // it was cut with the back end
	case strings.Contains(string(r.body), canary) || strings.Contains(string(r.body), "eyJ"):
		return errors.New("a credential is in the answer")
	case r.status == http.StatusOK:
		return s.judgeArrival(r)
	}
	return s.judgeProblem(r)
}

// judgeArrival compares what arrived at the back end with what was sent: an
// answer to another's request has another mark.
func (s *shot) judgeArrival(r reply) error {
	if s.arrives == nil || s.method == http.MethodHead {
		return nil
	}
	var got arrival
	if err := json.Unmarshal(r.body, &got); err != nil {
		return fmt.Errorf("the answer is not the back end's: %w", err)
	}
	want := *s.arrives
	switch {
	case got.Method != want.Method || got.URI != want.URI:
		return fmt.Errorf("what arrived is %s %s instead of %s %s", got.Method, got.URI, want.Method, want.URI)
	case got.Mark != want.Mark || r.header.Get(markHeader) != want.Mark:
		return fmt.Errorf("it is the answer to another's request: %q instead of %q", got.Mark, want.Mark)
	case got.Bytes != want.Bytes || got.SHA256 != want.SHA256:
		return fmt.Errorf("the body that arrived is another: %d bytes instead of %d", got.Bytes, want.Bytes)
	case len(got.Leaked) > 0:
		return fmt.Errorf("headers arrived that must not: %s", got.Leaked)
	}
	return nil
}

// judgeProblem sees that a refusal is the gateway's own, in the form that every
// client understands. net/http refuses what is no HTTP before the gateway sees it.
func (s *shot) judgeProblem(r reply) error {
	if s.alone && !r.problem() {
		return nil
	}
	if s.method == http.MethodHead {
		return nil
	}
	var body struct{ Status int }
	if err := json.Unmarshal(r.body, &body); err != nil || body.Status != r.status || !r.problem() {
		return fmt.Errorf("the refusal is no problem document: %.200s", r.body)
	}
	return nil
}

func (r reply) problem() bool { return r.header.Get("Content-Type") == "application/problem+json" }

// message is a request as bytes. A body has its length.
func message(method, path string, body []byte, headers ...string) []byte {
	head := append([]string{method + " " + path + " HTTP/1.1", "Host: geo.example.org"}, headers...)
	if body != nil {
		head = append(head, fmt.Sprintf("Content-Length: %d", len(body)))
	}
	return append([]byte(strings.Join(head, "\r\n")+"\r\n\r\n"), body...)
}

// chunks is the body in chunks of different sizes.
func chunks(body []byte) []byte {
	var out []byte
	for size := 1; len(body) > 0; size *= 3 {
		n := min(size, len(body))
		out = append(fmt.Appendf(out, "%x\r\n%s", n, body[:n]), '\r', '\n')
		body = body[n:]
	}
	return append(out, "0\r\n\r\n"...)
}

func sumOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
