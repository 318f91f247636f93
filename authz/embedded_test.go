package authz_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/geowarden/geowarden/authn"
	"github.com/geowarden/geowarden/authz"
	"github.com/geowarden/geowarden/ogcapi"
)

func TestOnlyTrueAllows(t *testing.T) {
	tests := []struct {
		name, rules string
		allow       bool
		reason      string
	}{
		{"true", `allow if input.subject.id == "ada"`, true, ""},
		{"false", `default allow := false`, false, ""},
		{"undefined", `allow if input.subject.id == "grace"`, false, ""},
		{"a reason", "default allow := false\nreason := \"not today\"", false, "not today"},
		{"no reason where it is allowed", "allow if input.version == 1\nreason := \"not today\"", true, ""},
		{"a reason that is no text is none", "default allow := false\nreason := {\"a\": 1}", false, ""},
		{"control characters leave the reason", "default allow := false\nreason := \"a\\r\\nSet-Cookie: x\"", false, "a  Set-Cookie: x"},
		{"a test that is in the same file does not decide", "default allow := false\ntest_allow if not allow", false, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := policy(t, test.rules)
			got, err := e.Decide(t.Context(), asks(user("ada", nil), reads("common", "landing")))
			wantDecision(t, got, err, test.allow, test.reason)
			if got.Revision == "" || got.Revision != e.Revision() {
				t.Errorf("the decision names the policy %q, in force is %q", got.Revision, e.Revision())
			}
		})
	}
}

// Each of these would be a yes, or a silent no, in an engine with OPA's defaults.
func TestWhatIsNoAnswerIsAnError(t *testing.T) {
	tests := []struct {
		name, rules string
		cause       authz.Cause
	}{
		{"allow is a string", `allow := "yes" if input.version == 1`, authz.CauseType},
		{"allow is a set", `allow contains "yes"`, authz.CauseType},
		{"allow is null", `allow := null if input.version == 1`, authz.CauseType},
		{"allow is an object", `allow := {"a": true} if input.version == 1`, authz.CauseType},
		{"a builtin fails under not", "allow if not bad\nbad if to_number(input.subject.id) > 1", authz.CauseEvaluation},
		{"a builtin fails in the reason", "default allow := false\nreason := sprintf(\"%v\", [to_number(input.subject.id)])", authz.CauseEvaluation},
		{"complete rules disagree", "allow := true if input.version == 1\nallow := false if input.subject.id == \"ada\"", authz.CauseEvaluation},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := policy(t, test.rules).Decide(t.Context(), asks(user("ada", nil), reads("common", "landing")))
			wantCause(t, err, test.cause)
			if got.Allow {
				t.Error("allowed all the same")
			}
		})
	}
}

func TestARunawayRuleStopsAtTheDeadline(t *testing.T) {
	for name, timeout := range map[string]time.Duration{"by default": -1, "as set": time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			e := engine(t, authz.EmbeddedConfig{Timeout: timeout}, map[string]string{"a.rego": runaway})
			begin := time.Now()
			_, err := e.Decide(t.Context(), asks(user("ada", nil), reads("common", "landing")))
			wantCause(t, err, authz.CauseDeadline)
			if took := time.Since(begin); took > patience {
				t.Errorf("took %v", took)
			}
		})
	}
}

const runaway = `package httpapi.authz

allow if count([1 | some i in numbers.range(1, 100000); some j in numbers.range(1, 100000); i == j]) > 0`

func TestAClientThatLeavesStopsTheEvaluation(t *testing.T) {
	e := engine(t, authz.EmbeddedConfig{Timeout: time.Hour}, map[string]string{"a.rego": runaway})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := e.Decide(ctx, asks(user("ada", nil), reads("common", "landing")))
		done <- err
	}()
	cancel()
	select {
	case err := <-done:
		wantCause(t, err, authz.CauseDeadline)
	case <-time.After(30 * time.Second):
		t.Fatal("still evaluating")
	}
}

func TestAClientThatHasLeftIsNotDecidedFor(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e := policy(t, "allow := true")
	for range 200 { // the engine itself may notice it in time, or not
		got, err := e.Decide(ctx, asks(user("ada", nil), reads("common", "landing")))
		wantCause(t, err, authz.CauseDeadline)
		if got.Allow {
			t.Fatal("allowed")
		}
	}
}

func TestALongReasonIsCutBetweenCharacters(t *testing.T) {
	e := policy(t, "default allow := false\nreason := \""+strings.Repeat("é", 400)+"\"")
	got, err := e.Decide(t.Context(), asks(user("ada", nil), reads("common", "landing")))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Reason) != 512 || !utf8.ValidString(got.Reason) {
		t.Errorf("%d bytes, valid %v", len(got.Reason), utf8.ValidString(got.Reason))
	}
}

// JSON would carry %ff to a policy as U+FFFD: another path than is forwarded.
func TestWhatIsNotUTF8IsDenied(t *testing.T) {
	e := policy(t, "allow := true")
	requests := map[string]*ogcapi.Request{
		"segment":     {Segments: []string{"collections", "obs\xff"}},
		"query name":  {Query: map[string][]string{"\xff": {"1"}}},
		"query value": {Query: map[string][]string{"f": {"json", "\xff"}}},
	}
	for name, req := range requests {
		t.Run(name, func(t *testing.T) {
			got, err := e.Decide(t.Context(), authz.Input{Principal: user("ada", nil), Request: req})
			wantDecision(t, got, err, false, "the request is not UTF-8")
		})
	}
}

func TestTheClockOfAPolicyIsTheTimeOfTheDecision(t *testing.T) {
	e := policy(t, `allow if time.now_ns() == time.parse_rfc3339_ns(input.request.time)`)
	got, err := e.Decide(t.Context(), asks(user("ada", nil), reads("common", "landing")))
	wantDecision(t, got, err, true, "")
}

// What is kept with a principal must not carry the configuration of one engine
// over to another (CVE-2026-33496).
func TestTopLevelClaimsAreASetting(t *testing.T) {
	rules := map[string]string{"a.rego": "package httpapi.authz\nallow if input.company == \"osgeo\""}
	in := asks(user("ada", map[string]any{"company": "osgeo"}), reads("common", "landing"))
	got, err := engine(t, authz.EmbeddedConfig{}, rules).Decide(t.Context(), in)
	wantDecision(t, got, err, false, "")
	got, err = engine(t, authz.EmbeddedConfig{TopLevelClaims: true}, rules).Decide(t.Context(), in)
	wantDecision(t, got, err, true, "")
}

func TestAnotherPackageCanBeTheEntrypoint(t *testing.T) {
	rules := map[string]string{"a.rego": "package my.rules\nallow if input.version == 1"}
	got, err := engine(t, authz.EmbeddedConfig{Package: "my.rules"}, rules).
		Decide(t.Context(), asks(user("ada", nil), reads("common", "landing")))
	wantDecision(t, got, err, true, "")
}

func TestDecisionsInParallelDoNotDisturbEachOther(t *testing.T) {
	e := policy(t, "allow if input.subject.claims.company == input.resource.collection\nreason := input.resource.collection")
	shared := user("ada", map[string]any{"company": "osgeo", "deep": map[string]any{"b": 1, "a": []any{"x"}}})
	errs := make(chan error, 8)
	for i := range cap(errs) {
		go func() {
			who := shared
			if i%2 == 0 {
				who = &authn.Principal{Kind: authn.User, ID: "grace", Claims: map[string]any{"company": "geobeyond"}}
			}
			for range 50 {
				got, err := e.Decide(context.Background(), asks(who, ogcapi.Resource{Collection: "osgeo"}))
				if err == nil && got.Allow != (who == shared) {
					err = fmt.Errorf("%s was answered %v", who.ID, got.Allow)
				}
				if err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}
