package traces

import (
	"encoding/hex"
	"errors"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"go.opentelemetry.io/otel"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

const (
	server = tracepb.Span_SPAN_KIND_SERVER
	client = tracepb.Span_SPAN_KIND_CLIENT
)

func TestARequestAndItsBackEndAreOneTrace(t *testing.T) {
	c := newCollector(t)
	g := newRig(t, Config{Version: "v1", Server: "geo.example.org"}, nil)
	g.send(t, http.MethodGet, "/geoapi/collections/obs/items", http.Header{"User-Agent": {"curl"}})
	g.flush()

	asked, behind := c.of(t, server), c.of(t, client)
	id := hex.EncodeToString(asked.GetTraceId())
	if asked.GetName() != "GET items" || behind.GetName() != "GET" {
		t.Errorf("the spans are %q and %q", asked.GetName(), behind.GetName())
	}
	if string(behind.GetParentSpanId()) != string(asked.GetSpanId()) || string(behind.GetTraceId()) != string(asked.GetTraceId()) || len(asked.GetParentSpanId()) != 0 {
		t.Error("the back end's span is not the child of the request's")
	}
	if len(g.logged) != 1 || g.logged[0] != id {
		t.Errorf("the log is told %q, the trace is %s", g.logged, id)
	}
	if want := "00-" + id + "-" + hex.EncodeToString(behind.GetSpanId()) + "-01"; g.arrived[0].Header.Get("Traceparent") != want {
		t.Errorf("the back end got the trace %q, want %s", g.arrived[0].Header["Traceparent"], want)
	}
	got := attributes(asked)
	for name, want := range map[string]string{
		"server.address": "geo.example.org", "http.request.method": "GET", "http.response.status_code": "OK", "user_agent.original": "curl",
		"geowarden.mode": "oidc", "geowarden.type": "items", "geowarden.decision": "allow", "geowarden.failure": "aborted",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	if len(c.services) == 0 || c.services[0] != "geowarden" {
		t.Errorf("the spans are of the service %q", c.services)
	}
}

// failing is a way to the back end whose error quotes what was sent.
type failing struct{ text string }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New(f.text) }

// Attack: a secret or a confidential filter that a client sends is read by
// whoever may read traces.
func TestNothingThatWasSentLeavesInASpan(t *testing.T) {
	const canary = "c4n4ry"
	headers := http.Header{
		"Authorization": {"Bearer " + canary}, "Cookie": {"s=" + canary}, "X-Api-Key": {canary}, "X-Forwarded-For": {canary},
		"Tracestate": {"k=" + canary}, "Baggage": {"k=" + canary}, "Traceparent": {"00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"},
		"Host": {canary + ".example"}, "Referer": {"https://" + canary},
		"User-Agent": {strings.Repeat("x", maxText) + canary},
	}
	for name, transport := range map[string]http.RoundTripper{"served": nil, "not served": failing{"the back end said " + canary}} {
		t.Run(name, func(t *testing.T) {
			c := newCollector(t)
			g := newRig(t, Config{Server: "geo.example.org"}, transport)
			for _, method := range []string{http.MethodGet, strings.ToUpper(canary)} {
				g.send(t, method, "/geoapi/collections/"+canary+"/items?filter=owner%3D%27"+canary+"%27", headers)
			}
			g.flush()
			if len(c.spans) != 4 {
				t.Fatalf("%d spans arrived, want 4", len(c.spans))
			}
			if raw := strings.ToLower(c.raw.String()); strings.Contains(raw, canary) || strings.Contains(raw, "filter") {
				t.Errorf("what was sent is in the spans: %v", c.spans)
			}
			if name := c.spans[3].GetName() + c.spans[2].GetName(); !strings.Contains(name, "HTTP items") {
				t.Errorf("a method that HTTP does not have is called %q", name)
			}
		})
	}
}

// Attack: a client chooses the trace of its requests, to hide them in somebody
// else's or to flood the collector, and sends words along to the back end.
func TestTheTraceOfAStrangerIsNotContinued(t *testing.T) {
	const foreign = "0123456789abcdef0123456789abcdef"
	headers := http.Header{
		"Traceparent": {"00-" + foreign + "-0123456789abcdef-01"}, "Tracestate": {"k=v"}, "Baggage": {"user=admin"},
		"Connection": {"traceparent"}, // CVE-2021-33197: names what is to be removed on the way
	}
	for name, peers := range map[string]bool{"a stranger": false, "a trusted proxy": true} {
		t.Run(name, func(t *testing.T) {
			c := newCollector(t)
			cfg := Config{}
			if peers {
				cfg.Trusted = loopback
			}
			g := newRig(t, cfg, nil)
			g.send(t, http.MethodGet, "/", headers)
			g.flush()
			span, arrived := c.of(t, server), g.arrived[0].Header
			if continued := hex.EncodeToString(span.GetTraceId()) == foreign; continued != peers {
				t.Errorf("continued: %v, want %v", continued, peers)
			}
			if span.GetTraceState() != "" != peers || len(span.GetLinks()) != 0 {
				t.Errorf("the span has state %q and links %v", span.GetTraceState(), span.GetLinks())
			}
			if passed := arrived.Get("Tracestate") != "" || arrived.Get("Baggage") != ""; passed != peers {
				t.Errorf("state %q and baggage %q arrived", arrived["Tracestate"], arrived["Baggage"])
			}
			if traced := strings.Contains(arrived.Get("Traceparent"), hex.EncodeToString(span.GetTraceId())); !traced {
				t.Errorf("the back end got the trace %q", arrived["Traceparent"])
			}
		})
	}
}

func TestHealthChecksMakeNoSpan(t *testing.T) {
	c := newCollector(t)
	g := newRig(t, Config{}, failing{"not asked"})
	g.send(t, http.MethodGet, "/healthz", nil)
	g.send(t, http.MethodGet, "/readyz", nil)
	g.flush()
	for _, span := range c.spans {
		if span.GetKind() == server {
			t.Errorf("a health check made %v", span)
		}
	}
	if len(g.logged) != 2 || g.logged[0]+g.logged[1] != "" {
		t.Errorf("health checks have the traces %q", g.logged)
	}
}

func TestASamplerIsHeeded(t *testing.T) {
	t.Setenv("OTEL_TRACES_SAMPLER", "always_off")
	c := newCollector(t)
	g := newRig(t, Config{}, nil)
	g.send(t, http.MethodGet, "/", nil)
	g.flush()
	if len(c.spans) != 0 {
		t.Errorf("%d spans arrived", len(c.spans))
	}
}

// A collector that takes connections and never answers must hold up neither a
// request nor the end of the program.
func TestACollectorThatHangsDisturbsNothing(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	const forever = "3600000" // milliseconds
	for name, value := range map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": "http://" + l.Addr().String(), "OTEL_EXPORTER_OTLP_TIMEOUT": forever, "OTEL_BSP_EXPORT_TIMEOUT": forever,
		"OTEL_BSP_MAX_QUEUE_SIZE": "2", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "1",
	} {
		t.Setenv(name, value)
	}
	g := newRig(t, Config{}, nil)
	g.patience = 1
	for range 20 {
		g.send(t, http.MethodGet, "/", nil)
	}
	if len(g.arrived) != 20 {
		t.Errorf("%d requests were served, want 20", len(g.arrived))
	}
	g.flush()
}

func TestFailuresToSendAreLoggedSeldom(t *testing.T) {
	core, lines := observer.New(zap.DebugLevel)
	newCollector(t)
	newRig(t, Config{Log: zap.New(core)}, nil)
	for range 1000 {
		otel.Handle(errors.New("out of reach"))
	}
	if n := lines.Len(); n != 1 {
		t.Errorf("1000 failures in a row made %d lines", n)
	}
}

// The library quotes what it cannot read: the headers hold a credential.
func TestHeadersThatCannotBeReadAreNotLogged(t *testing.T) {
	core, lines := observer.New(zap.DebugLevel)
	newCollector(t)
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "Bearer c4n4ry")
	newRig(t, Config{Log: zap.New(core)}, nil)
	if lines.Len() == 0 {
		t.Error("nobody is told that OTEL_EXPORTER_OTLP_HEADERS cannot be read")
	}
	for _, line := range lines.All() {
		if strings.Contains(line.Message, "c4n4ry") || strings.Contains(strings.Join(values(line), " "), "c4n4ry") {
			t.Errorf("the credential is in the log: %v", line)
		}
	}
}

func values(line observer.LoggedEntry) (all []string) {
	for _, field := range line.Context {
		all = append(all, field.String)
	}
	return all
}

func TestAnExporterThatIsNotKnownIsRefused(t *testing.T) {
	for name, value := range map[string]string{"OTEL_TRACES_EXPORTER": "nonsense", "OTEL_EXPORTER_OTLP_PROTOCOL": "nonsense", "OTEL_RESOURCE_ATTRIBUTES": "no pair"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			if _, err := New(t.Context(), Config{Log: zap.NewNop()}); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s=%s: %v", name, value, err)
			}
		})
	}
}

func TestTracesAreMadeOnlyWhereAVariableAsks(t *testing.T) {
	const at = "=http://collector:4318"
	for _, c := range []struct {
		environ string
		want    bool
		refused bool
	}{
		{"", false, false},
		{"OTEL_SERVICE_NAME=x", false, false},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=", false, false},
		{"OTEL_EXPORTER_OTLP_ENDPOINT" + at, true, false},
		{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" + at, true, false},
		{"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT" + at, false, false},
		{"OTEL_TRACES_EXPORTER=otlp", true, false},
		{"OTEL_TRACES_EXPORTER=none OTEL_EXPORTER_OTLP_ENDPOINT" + at, false, false},
		{"OTEL_SDK_DISABLED=TRUE OTEL_EXPORTER_OTLP_ENDPOINT" + at, false, false},
		{"OTEL_SDK_DISABLED=false OTEL_EXPORTER_OTLP_ENDPOINT" + at, true, false},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://me:c4n4ry@collector", false, true},
		{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://me@collector", false, true},
	} {
		got, err := Wanted(strings.Fields(c.environ))
		if got != c.want || (err != nil) != c.refused {
			t.Errorf("%q: %v, %v", c.environ, got, err)
		}
		if err != nil && strings.Contains(err.Error(), "c4n4ry") {
			t.Errorf("%q: the error quotes it: %v", c.environ, err)
		}
	}
	if _, err := Wanted(os.Environ()); err != nil {
		t.Error(err)
	}
}

func TestMistakesAreNamedWithWhatToWrite(t *testing.T) {
	for environ, want := range map[string]string{
		"OTEL_TRACES_EXPORTER=zipkin":                      "OTEL_TRACES_EXPORTER: it is none of otlp",
		"OTEL_TRACES_EXPORTER= otlp":                       "OTEL_TRACES_EXPORTER: it is none of otlp",
		"OTEL_EXPORTER_OTLP_PROTOCOL=foo":                  "OTEL_EXPORTER_OTLP_PROTOCOL: it is neither http/protobuf nor grpc",
		"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/json":     "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: it is neither",
		"OTEL_EXPORTER_OTLP_ENDPOINT=127.0.0.1:4317":       "OTEL_EXPORTER_OTLP_ENDPOINT: it is not an http or https address; write the scheme",
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=collector:1":   "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: it is not an http",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http:collector":       "OTEL_EXPORTER_OTLP_ENDPOINT: it is not an http",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://h:70000":       "OTEL_EXPORTER_OTLP_ENDPOINT: its port is not between",
		"OTEL_TRACES_SAMPLER=foo":                          "OTEL_TRACES_SAMPLER: it is none of always_on",
		"OTEL_TRACES_SAMPLER_ARG=7":                        "OTEL_TRACES_SAMPLER_ARG: it is not a number between 0 and 1",
		"OTEL_TRACES_SAMPLER_ARG=NaN":                      "OTEL_TRACES_SAMPLER_ARG: it is not a number",
		"OTEL_RESOURCE_ATTRIBUTES=a=b,c":                   "OTEL_RESOURCE_ATTRIBUTES: it is not a list",
		"OTEL_TRACES_SAMPLER=always_on":                    "",
		"OTEL_TRACES_SAMPLER=ParentBased_TraceIDRatio":     "",
		"OTEL_TRACES_SAMPLER_ARG=0.01":                     "",
		"OTEL_EXPORTER_OTLP_PROTOCOL=grpc":                 "",
		"OTEL_TRACES_EXPORTER=console":                     "",
		"OTEL_EXPORTER_OTLP_ENDPOINT=https://[::1]:4318/a": "",
		"OTEL_RESOURCE_ATTRIBUTES=a=b,c=d":                 "",
	} {
		// The line stands last: of two values for a name, the last counts.
		wanted, err := Wanted([]string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318", environ})
		switch {
		case want == "" && (err != nil || !wanted):
			t.Errorf("%s: %v, %v", environ, wanted, err)
		case want != "" && (err == nil || wanted || !strings.HasPrefix(err.Error(), want)):
			t.Errorf("%s: %v, want %q", environ, err, want)
		}
		if wanted, err := Wanted([]string{environ, "OTEL_SDK_DISABLED=true"}); wanted || err != nil {
			t.Errorf("%s, switched off: %v, %v", environ, wanted, err)
		}
	}
	_, err := Wanted([]string{"OTEL_TRACES_EXPORTER=zipkin", "OTEL_TRACES_SAMPLER=foo"})
	if err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("two mistakes are %v", err)
	}
}
