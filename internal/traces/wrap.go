package traces

import (
	"net/http"
	"net/netip"
	"slices"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/trace"

	"github.com/geowarden/geowarden/proxy"
)

// Handler makes a span of each request to the gateway, health checks left out.
func (t *Traces) Handler(next http.Handler) http.Handler {
	traced := otelhttp.NewHandler(next, "", append(slices.Clip(t.options),
		otelhttp.WithServerName(t.cfg.Server),
		otelhttp.WithFilter(func(r *http.Request) bool { return r.URL.Path != "/healthz" && r.URL.Path != "/readyz" }),
	)...)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !t.trusts(r.RemoteAddr) {
			dropTrace(r.Header)
		}
		traced.ServeHTTP(w, r)
	})
}

// Transport makes a span of the back end's part of each request, and tells the
// back end the trace.
func (t *Traces) Transport(next http.RoundTripper) http.RoundTripper {
	return otelhttp.NewTransport(next, t.options...)
}

// dropTrace takes away what W3C's Trace Context and Baggage let a caller say. A
// stranger could give requests the trace of somebody else, or have every one of
// its own sampled, and baggage reaches whatever is behind the back end.
func dropTrace(h http.Header) {
	for _, name := range []string{"Traceparent", "Tracestate", "Baggage"} {
		h.Del(name)
	}
}

func (t *Traces) trusts(peer string) bool {
	at, err := netip.ParseAddrPort(peer)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(t.cfg.Trusted, func(p netip.Prefix) bool { return p.Contains(at.Addr().Unmap()) })
}

// Describe names the span of a request by what was asked, and returns the id of
// its trace, for the log; empty where the request has none.
func Describe(r *http.Request, o *proxy.Observation) string {
	span := trace.SpanFromContext(r.Context())
	if !span.SpanContext().IsValid() {
		return ""
	}
	span.SetName(method(r) + " " + o.Type)
	span.SetAttributes(keyMode.String(o.Mode), keyType.String(o.Type), keyDecision.String(o.Decision))
	if o.Class != "" {
		span.SetAttributes(keyFailure.String(o.Class))
	}
	return span.SpanContext().TraceID().String()
}

// method is the method of a request, if it is one that HTTP has: a client can
// write any.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return r.Method
	}
	return "HTTP"
}
