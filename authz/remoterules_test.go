package authz

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// compileServer allows everything and lets compile answer the Compile API.
func compileServer(t *testing.T, compile http.HandlerFunc) *Remote {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/data/httpapi/authz", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"result": {"allow": true}}`)
	})
	mux.HandleFunc("POST /v1/compile", compile)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	r, err := NewRemote(RemoteConfig{URL: server.URL, Timeout: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAServerIsAskedForDataRulesOnceAWhile(t *testing.T) {
	var asked atomic.Int32
	var has atomic.Bool
	r := compileServer(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		if has.Load() {
			_, _ = io.WriteString(w, `{"result": {"queries": [[{}]]}}`)
			return
		}
		_, _ = io.WriteString(w, `{"result": {}}`)
	})
	for range 3 {
		if got, err := r.Decide(t.Context(), full()); err != nil || !got.Allow {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
	has.Store(true)
	r.rules.outcome.Store(&checked{learnt: true, at: time.Now().Add(-believed - time.Second)})
	for range 2 {
		got, err := r.Decide(t.Context(), full())
		var none *Unavailable
		if !errors.As(err, &none) || none.Cause != CauseDataRule || got.Allow {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	if asked.Load() != 2 {
		t.Errorf("asked %d times", asked.Load())
	}
}

func TestAServerThatKeepsTheCompileAPIClosedStillDecides(t *testing.T) {
	for _, status := range []int{401, 403, 404, 405} {
		r := compileServer(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		if got, err := r.Decide(t.Context(), full()); err != nil || !got.Allow {
			t.Errorf("%d: %+v, %v", status, got, err)
		}
	}
}

func TestAServerThatIsLostWhileItIsAskedGivesNoAnswer(t *testing.T) {
	r := compileServer(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	got, err := r.Decide(t.Context(), full())
	var none *Unavailable
	if !errors.As(err, &none) || none.Cause != CauseRemote || got.Allow {
		t.Errorf("%+v, %v", got, err)
	}
	if r.rules.outcome.Load() != nil {
		t.Error("no answer was kept as one")
	}
}

// Whatever else the Compile API answers is no word on the policy's rules.
func TestAnAnswerThatSaysNothingAboutDataRulesIsNone(t *testing.T) {
	for name, compile := range map[string]http.HandlerFunc{
		"500":       func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"no JSON":   func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
		"no result": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") },
	} {
		r := compileServer(t, compile)
		got, err := r.Decide(t.Context(), full())
		var none *Unavailable
		if !errors.As(err, &none) || none.Cause != CauseRemote || got.Allow {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// An outage of the server is known without a request, and so is its end.
func TestAnOutageOfTheServerIsKnownBesideTheRequests(t *testing.T) {
	var down atomic.Bool
	down.Store(true)
	r := compileServer(t, func(w http.ResponseWriter, _ *http.Request) {
		if down.Load() {
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, `{"result": {}}`)
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); r.Run(ctx) }()
	for !r.Failing() {
		time.Sleep(time.Millisecond)
	}
	down.Store(false)
	if got, err := r.Decide(t.Context(), full()); err != nil || !got.Allow || r.Failing() {
		t.Errorf("%+v, %v, failing %v", got, err, r.Failing())
	}
	stop()
	<-ended
}

// What the server once said is not unsaid by something that stands between.
func TestAKnownDataRuleIsNotForgotten(t *testing.T) {
	var status atomic.Int32
	status.Store(http.StatusOK)
	r := compileServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(int(status.Load()))
		_, _ = io.WriteString(w, `{"result": {"queries": [[{}]]}}`)
	})
	cause := func() Cause {
		got, err := r.Decide(t.Context(), full())
		var none *Unavailable
		if !errors.As(err, &none) || got.Allow {
			t.Fatalf("%+v, %v", got, err)
		}
		return none.Cause
	}
	if got := cause(); got != CauseDataRule {
		t.Errorf("at first: %s", got)
	}
	status.Store(http.StatusNotFound)
	if err := r.rules.ask(t.Context(), r); err == nil {
		t.Error("a 404 made the rule go away")
	}
	if got := cause(); got != CauseDataRule {
		t.Errorf("afterwards: %s", got)
	}
	r.rules.outcome.Store(&checked{learnt: true, at: time.Now().Add(-time.Hour)})
	r.rules.asking.Lock() // somebody else is asking, in vain
	defer r.rules.asking.Unlock()
	if got := cause(); got != CauseRemote {
		t.Errorf("what was said an hour ago: %s", got)
	}
}
