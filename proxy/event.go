package proxy

import (
	"net/http"
	"time"

	"go.uber.org/zap/zapcore"

	"github.com/geowarden/geowarden/authn"
	"github.com/geowarden/geowarden/authz"
	"github.com/geowarden/geowarden/internal/limits"
	"github.com/geowarden/geowarden/ogcapi"
)

// event is everything that one request's log line says. It is filled on the
// way and written once. It never holds a credential, a query or a body.
type event struct {
	id       string
	trace    string // the id of its trace, where there is one
	origin   string // the page that asked, for CORS
	mode     string
	method   string
	clientIP string

	asked    *ogcapi.Request
	who      *authn.Principal
	pass     *passage      // once it was admitted
	rate     limits.Result // the tightest that applied; without a rate where none did
	body     *watchedBody  // what the client sends; nil where that is nothing
	decision string        // allow, deny, error or public; empty where nothing was asked
	reason   string
	revision string
	class    string // why it failed, in one word
	err      error

	authn     time.Duration
	resolve   time.Duration
	authz     time.Duration
	forwarded time.Time
	answered  time.Time

	status int
	bytes  int
	took   time.Duration
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

// upstream is how long the back end took to begin its answer; zero where it
// was not asked, or gave none.
func (ev *event) upstream() time.Duration {
	if ev.forwarded.IsZero() || ev.answered.IsZero() {
		return 0
	}
	return ev.answered.Sub(ev.forwarded)
}

// level is how much the line matters.
func (ev *event) level(r *http.Request) zapcore.Level {
	switch {
	case ev.class == "overloaded": // a flood must not cost a write for each
		return zapcore.WarnLevel
	case ev.status >= http.StatusInternalServerError || ev.class == "panic":
		return zapcore.ErrorLevel
	case ev.class == "aborted":
		return zapcore.WarnLevel
	case isHealth(r):
		return zapcore.DebugLevel
	}
	return zapcore.InfoLevel
}

// MarshalLogObject writes the fields of the line. What is empty is left out.
func (ev *event) MarshalLogObject(line zapcore.ObjectEncoder) error {
	line.AddString("request_id", ev.id)
	addText(line, "trace_id", ev.trace)
	line.AddString("mode", ev.mode)
	line.AddString("method", ev.method)
	line.AddString("client_ip", ev.clientIP)
	line.AddInt("status", ev.status)
	line.AddInt("bytes", ev.bytes)
	line.AddDuration("took", ev.took)
	addStage(line, "authn", ev.authn)
	addStage(line, "authz", ev.authz)
	addStage(line, "upstream", ev.upstream())
	if ev.who != nil {
		addText(line, "kind", string(ev.who.Kind))
		addText(line, "subject", ev.who.ID)
		addText(line, "issuer", ev.who.Issuer)
	}
	if ev.asked != nil {
		res := &ev.asked.Resource
		line.AddString("path", ev.asked.EscapedPath())
		line.AddString("api", res.API)
		line.AddString("operation", res.Operation)
		line.AddString("type", res.Type)
		addText(line, "collection", res.Collection)
		addText(line, "item", res.Item)
		addText(line, "process", res.Process)
		addText(line, "job", res.Job)
	}
	addText(line, "decision", ev.decision)
	addText(line, "reason", ev.reason)
	addText(line, "policy", ev.revision)
	addText(line, "failure", ev.class)
	if ev.err != nil && ev.decision != "deny" {
		line.AddString("cause", ev.err.Error())
	}
	return nil
}

func addText(line zapcore.ObjectEncoder, name, value string) {
	if value != "" {
		line.AddString(name, value)
	}
}

func addStage(line zapcore.ObjectEncoder, name string, took time.Duration) {
	if took > 0 {
		line.AddDuration(name, took)
	}
}

// observation is the same in figures.
func (ev *event) observation(r *http.Request) *Observation {
	o := &Observation{
		Mode: ev.mode, Type: "none", Decision: ev.decision, Class: ev.class, Status: ev.status, Bytes: ev.bytes,
		Took: ev.took, Authn: ev.authn, Resolve: ev.resolve, Authz: ev.authz, Upstream: ev.upstream(),
	}
	if o.Decision == "" {
		o.Decision = "none"
	}
	switch {
	case ev.asked != nil && ev.asked.Resource.Type != "":
		o.Type = ev.asked.Resource.Type
	case isHealth(r):
		o.Type = "health"
	}
	return o
}
