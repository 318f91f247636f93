package traces

import (
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// allowed is every attribute that may leave, in the words of OpenTelemetry's
// semantic conventions and in our own. Paths and queries are not among them: a
// filter may be confidential, and the log has the path under the same trace.
var allowed = []attribute.Key{
	"http.request.method", "http.response.status_code", "http.request.body.size", "http.response.body.size",
	"url.scheme", "server.address", "server.port", "network.protocol.version", "network.peer.address",
	"user_agent.original", "error.type",
	keyMode, keyType, keyDecision, keyFailure,
}

const (
	keyMode     attribute.Key = "geowarden.mode"
	keyType     attribute.Key = "geowarden.type"
	keyDecision attribute.Key = "geowarden.decision"
	keyFailure  attribute.Key = "geowarden.failure"
)

// maxText bounds a text in bytes. Spans wait to be sent, and a client can make
// a header of many kilobytes.
const maxText = 256

// cutDown hands on what may leave of a span: it makes another of it, so that
// what was left out is not kept in memory either.
type cutDown struct{ sdktrace.SpanProcessor }

// OnEnd implements sdktrace.SpanProcessor. Events, links and the texts of
// errors are left out: they quote clients, back ends and addresses.
func (c cutDown) OnEnd(s sdktrace.ReadOnlySpan) {
	c.SpanProcessor.OnEnd(tracetest.SpanStub{
		Name: s.Name(), SpanContext: s.SpanContext(), Parent: s.Parent(), SpanKind: s.SpanKind(),
		StartTime: s.StartTime(), EndTime: s.EndTime(),
		Attributes: permitted(s.Attributes()),
		Status:     sdktrace.Status{Code: s.Status().Code},
		Resource:   s.Resource(), InstrumentationScope: s.InstrumentationScope(),
	}.Snapshot())
}

func permitted(attributes []attribute.KeyValue) []attribute.KeyValue {
	kept := make([]attribute.KeyValue, 0, len(attributes))
	for _, a := range attributes {
		if !slices.Contains(allowed, a.Key) {
			continue
		}
		if text := a.Value.AsString(); a.Value.Type() == attribute.STRING {
			text = strings.ToValidUTF8(text[:min(len(text), maxText)], "")
			a.Value = attribute.StringValue(strings.Clone(text))
		}
		kept = append(kept, a)
	}
	return kept
}
