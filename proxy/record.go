package proxy

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/go-chi/chi/v5/middleware"
	"go.uber.org/zap"
)

// record gives a request its id, and writes its one line when it is done. A
// panic becomes a 500 here; chi's own Recoverer would print a stack past the
// log and answer without a body.
func (p *Proxy) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := p.Now()
		ev := &event{
			id: requestID(r.Header), origin: single(r.Header, "Origin"),
			mode: p.Scheme.Mode, method: r.Method, clientIP: middleware.GetClientIP(r.Context()),
		}
		r = r.WithContext(context.WithValue(r.Context(), eventKey{}, ev))
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		whole := false // a panic was answered, as a whole
		defer func() {
			broken := recover()
			if broken != nil && broken != http.ErrAbortHandler { //nolint:errorlint // a panic's value, compared as net/http does
				stack := debug.Stack()
				if whole = ww.Status() == 0; whole {
					p.fail(ww, r, errPanicked)
				}
				ev.failed("panic", fmt.Errorf("panic: %v\n%s", broken, stack))
			}
			if broken != nil && ev.class == "" {
				ev.class = "aborted" // the answer was cut in its middle, and the client sees it cut
			}
			p.write(ev, r, ww, start)
			if broken != nil && !whole {
				resetUnlessTold(ww, r)
				panic(http.ErrAbortHandler) // a swallowed cut would look like a whole answer
			}
		}()
		next.ServeHTTP(ww, r)
	})
}

var errPanicked = errors.New("the gateway failed")

// write logs the line, and tells the figures.
func (p *Proxy) write(ev *event, r *http.Request, w middleware.WrapResponseWriter, start time.Time) {
	ev.status, ev.bytes, ev.took = w.Status(), w.BytesWritten(), p.Now().Sub(start)
	if p.Trace != nil {
		ev.trace = p.Trace(r, ev.observation(r))
	}
	if entry := p.Log.Check(ev.level(r), "request"); entry != nil {
		entry.Write(zap.Inline(ev))
	}
	if p.Observe != nil {
		p.Observe(ev.observation(r))
	}
}

// requestID keeps a client's own id if it is short and plain, and makes a new
// one otherwise: an id goes into logs, answers and the back end's request.
func requestID(h http.Header) string {
	id := single(h, "X-Request-Id")
	if len(id) == 0 || len(id) > 64 {
		return rand.Text()
	}
	for _, c := range id {
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '_' || c == '.') {
			return rand.Text()
		}
	}
	return id
}
