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
	"go.uber.org/zap/zapcore"

	"github.com/geowarden/geowarden/authn"
	"github.com/geowarden/geowarden/authz"
	"github.com/geowarden/geowarden/ogcapi"
)

// event is everything that one request's log line says. It is filled on the
// way and written once. It never holds a credential, a query or a body.
type event struct {
	id     string
	origin string // the page that asked, for CORS

	asked     *ogcapi.Request
	who       *authn.Principal
	decision  string // allow, deny, error; empty where nothing was asked
	reason    string
	revision  string
	class     string // why it failed, in one word
	err       error
	authn     time.Duration
	authz     time.Duration
	forwarded time.Time
	answered  time.Time
}

type eventKey struct{}

func eventOf(r *http.Request) *event {
	if ev, ok := r.Context().Value(eventKey{}).(*event); ok {
		return ev
	}
	return &event{} // outside record: nothing is logged of it
}

// decided notes the answer of the authorizer.
func (ev *event) decided(dec authz.Decision, err error, took time.Duration) {
	ev.authz, ev.revision = took, dec.Revision
	switch {
	case err != nil:
		ev.decision = "error"
	case dec.Allow:
		ev.decision = "allow"
	default:
		ev.decision, ev.reason = "deny", dec.Reason
	}
}

// failed notes why the request was not served.
func (ev *event) failed(class string, err error) { ev.class, ev.err = class, err }

// record gives a request its id, and writes its one line when it is done. A
// panic becomes a 500 here; chi's own Recoverer would print a stack past the
// log and answer without a body.
func (p *Proxy) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := p.Now()
		ev := &event{id: requestID(r.Header), origin: single(r.Header, "Origin")}
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
				panic(http.ErrAbortHandler) // a swallowed cut would look like a whole answer
			}
		}()
		next.ServeHTTP(ww, r)
	})
}

var errPanicked = errors.New("the gateway failed")

// write logs the line.
func (p *Proxy) write(ev *event, r *http.Request, w middleware.WrapResponseWriter, start time.Time) {
	level := zapcore.InfoLevel
	switch status := w.Status(); {
	case status >= http.StatusInternalServerError || ev.class == "panic":
		level = zapcore.ErrorLevel
	case ev.class == "aborted":
		level = zapcore.WarnLevel
	case r.URL.Path == "/healthz" || r.URL.Path == "/readyz":
		level = zapcore.DebugLevel
	}
	entry := p.Log.Check(level, "request")
	if entry == nil {
		return
	}
	end := p.Now()
	fields := []zap.Field{
		zap.String("request_id", ev.id), zap.String("mode", p.Scheme.Mode), zap.String("method", r.Method), zap.String("client_ip", middleware.GetClientIP(r.Context())),
		zap.Int("status", w.Status()), zap.Int("bytes", w.BytesWritten()), zap.Duration("took", end.Sub(start)),
	}
	for _, part := range []struct {
		name string
		took time.Duration
	}{{"authn", ev.authn}, {"authz", ev.authz}} {
		if part.took > 0 {
			fields = append(fields, zap.Duration(part.name, part.took))
		}
	}
	if !ev.forwarded.IsZero() && !ev.answered.IsZero() {
		fields = append(fields, zap.Duration("upstream", ev.answered.Sub(ev.forwarded)))
	}
	fields = append(fields, ev.subject()...)
	fields = append(fields, ev.resource()...)
	fields = appendText(fields, text{"decision", ev.decision}, text{"reason", ev.reason}, text{"policy", ev.revision}, text{"failure", ev.class})
	if ev.err != nil && ev.decision != "deny" {
		fields = append(fields, zap.NamedError("cause", ev.err))
	}
	entry.Write(fields...)
}

func (ev *event) subject() []zap.Field {
	if ev.who == nil {
		return nil
	}
	return appendText(nil, text{"kind", string(ev.who.Kind)}, text{"subject", ev.who.ID}, text{"issuer", ev.who.Issuer})
}

func (ev *event) resource() []zap.Field {
	if ev.asked == nil {
		return nil
	}
	res := ev.asked.Resource
	fields := []zap.Field{zap.String("path", ev.asked.EscapedPath()), zap.String("api", res.API), zap.String("operation", res.Operation), zap.String("type", res.Type)}
	return appendText(fields, text{"collection", res.Collection}, text{"item", res.Item}, text{"process", res.Process}, text{"job", res.Job})
}

// text is a field of the log line that is left out where it is empty.
type text struct{ name, value string }

func appendText(fields []zap.Field, texts ...text) []zap.Field {
	for _, t := range texts {
		if t.value != "" {
			fields = append(fields, zap.String(t.name, t.value))
		}
	}
	return fields
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
