package traces

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"sync"
	"testing"

	"go.uber.org/zap"

	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/geowarden/geowarden/proxy"
)

// collector receives OTLP over HTTP, and keeps it raw and decoded.
type collector struct {
	*httptest.Server
	mu       sync.Mutex
	raw      bytes.Buffer
	spans    []*tracepb.Span
	services []string
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		request := &collectorpb.ExportTraceServiceRequest{}
		if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, request) != nil {
			t.Errorf("%s %s is no export of spans", r.Method, r.URL)
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.raw.Write(body)
		for _, resource := range request.GetResourceSpans() {
			for _, a := range resource.GetResource().GetAttributes() {
				if a.GetKey() == "service.name" {
					c.services = append(c.services, a.GetValue().GetStringValue())
				}
			}
			for _, scope := range resource.GetScopeSpans() {
				c.spans = append(c.spans, scope.GetSpans()...)
			}
		}
		answer, _ := proto.Marshal(&collectorpb.ExportTraceServiceResponse{})
		w.Header().Set("Content-Type", "application/x-protobuf")
		_, _ = w.Write(answer)
	}))
	t.Cleanup(c.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.URL)
	return c
}

// of returns the one span of a kind.
func (c *collector) of(t *testing.T, kind tracepb.Span_SpanKind) *tracepb.Span {
	t.Helper()
	var found []*tracepb.Span
	for _, span := range c.spans {
		if span.GetKind() == kind {
			found = append(found, span)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d spans of kind %s among %v, want one", len(found), kind, c.spans)
	}
	return found[0]
}

// attributes are those of a span, as text.
func attributes(span *tracepb.Span) map[string]string {
	all := map[string]string{}
	for _, a := range span.GetAttributes() {
		all[a.GetKey()] = a.GetValue().GetStringValue()
		if n := a.GetValue().GetIntValue(); n != 0 {
			all[a.GetKey()] = http.StatusText(int(n))
		}
	}
	return all
}

// rig is a gateway in front of a back end, both real servers.
type rig struct {
	*Traces
	gateway *httptest.Server
	mu      sync.Mutex
	arrived []*http.Request // at the back end
	logged  []string        // ids of traces
}

// newRig makes one whose reverse proxy reaches the back end through transport,
// http.DefaultTransport when nil.
func newRig(t *testing.T, cfg Config, transport http.RoundTripper) *rig {
	t.Helper()
	g := &rig{}
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		g.arrived = append(g.arrived, r)
		g.mu.Unlock()
		_, _ = io.WriteString(w, "{}")
	}))
	t.Cleanup(backend.Close)
	target, err := url.Parse(backend.URL)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Log == nil {
		cfg.Log = zap.NewNop()
	}
	if g.Traces, err = New(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if transport == nil {
		transport = http.DefaultTransport
	}
	reverse := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }, Transport: g.Transport(transport)}
	g.gateway = httptest.NewServer(g.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.logged = append(g.logged, Describe(r, &proxy.Observation{Mode: "oidc", Type: "items", Decision: "allow", Class: "aborted"}))
		}()
		reverse.ServeHTTP(w, r)
	})))
	t.Cleanup(g.gateway.Close)
	return g
}

// send sends a request and reads its answer to the end.
func (g *rig) send(t *testing.T, method, target string, header http.Header) {
	t.Helper()
	r, err := http.NewRequest(method, g.gateway.URL+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	r.Host = header.Get("Host")
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
}

// flush stops the gateway and sends every span.
func (g *rig) flush() {
	g.gateway.Close() // waits for the requests, and with them for their spans
	ctx, stop := context.WithCancel(context.Background())
	stop()
	g.Run(ctx)
}

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
