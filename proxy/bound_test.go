package proxy_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/geowarden/geowarden/proxy"
)

// unread is the writer of a stream whose client takes nothing: a flush waits.
type unread struct {
	*httptest.ResponseRecorder
	waits   chan<- bool
	release <-chan bool
}

func (u *unread) Flush() {
	u.waits <- true
	<-u.release
}

func (u *unread) SetWriteDeadline(time.Time) error { return nil }

// A stream whose client takes nothing holds its place until it is over, also
// one whose request was refused; and beyond twice as many not even a refusal
// is written: small answers to nobody must not fill the memory.
func TestStreamsThatTakeNothingAreBounded(t *testing.T) {
	const most = 2
	r := newRig(t, "api-key", func(_ *rig, cfg *proxy.Config) { cfg.MaxInFlight = most })
	handler := r.proxy.Handler()
	waits, release := make(chan bool, 100), make(chan bool)
	var all sync.WaitGroup
	ask := func(w http.ResponseWriter) (aborted bool) {
		req := httptest.NewRequest(http.MethodGet, contexts+"/collections", nil) // no credential
		req.ProtoMajor, req.ProtoMinor = 2, 0
		defer func() {
			err, _ := recover().(error)
			aborted = errors.Is(err, http.ErrAbortHandler)
		}()
		handler.ServeHTTP(w, req)
		return false
	}
	for n := range 2 * most {
		all.Go(func() {
			if ask(&unread{httptest.NewRecorder(), waits, release}) {
				t.Error("a refusal was not written")
			}
		})
		<-waits
		if got := r.proxy.InFlight(); got != min(n+1, most) {
			t.Errorf("%d streams: %d in flight", n+1, got)
		}
	}
	if !ask(httptest.NewRecorder()) {
		t.Error("one beyond them was answered")
	}
	// An orchestrator that got no answer either would end the gateway.
	for _, path := range []string{"/healthz", "/readyz"} {
		w := httptest.NewRecorder()
		r.proxy.Health().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != http.StatusOK {
			t.Errorf("%s is %d on a listener of its own", path, w.Code)
		}
	}
	close(release)
	all.Wait()
	if n := r.proxy.InFlight(); n != 0 {
		t.Errorf("%d in flight after the last", n)
	}
	if ask(httptest.NewRecorder()) {
		t.Error("no place is free again")
	}
}
