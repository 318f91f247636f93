// Package traces sends spans of requests to an OpenTelemetry collector, where
// the standard OTEL_* variables ask for it: one span for each request, and one
// for the back end's part of it. The spans are those of the standard
// instrumentation of net/http; this package names them and cuts them down.
//
// It refuses to tell what a client or a back end wrote, but for the name of the
// program that asked (User-Agent): of a span only the attributes in allowed.go
// leave the process, never a path, a query, another header or the text of an
// error. It believes no trace, and passes none on, of a client that is not a
// trusted proxy.
package traces

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"time"

	"go.opentelemetry.io/contrib/exporters/autoexport"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.uber.org/zap"
)

// Config is what there is to say beside the OTEL_* variables.
type Config struct {
	Version string         // of this program
	Server  string         // the public host name, as spans tell it
	Trusted []netip.Prefix // the proxies in front whose traces are continued
	Log     *zap.Logger    // is told, now and then, that spans cannot be sent
}

// Traces makes spans and sends them in the background. Whatever becomes of the
// collector, no request waits for it: spans that find no place are lost.
type Traces struct {
	cfg      Config
	provider *sdktrace.TracerProvider
	options  []otelhttp.Option
	patience time.Duration // with the last spans, at the end
}

// patience bounds how long the end of the program waits for a collector.
const patience = 3 * time.Second

// New starts what the OTEL_* variables of the process ask for; ask Wanted first.
// It sets the log of OpenTelemetry's library for the whole process. An exporter
// that is not known is an error, a collector that is out of reach is none.
func New(ctx context.Context, cfg Config) (*Traces, error) {
	logTo(cfg.Log)
	exporter, err := autoexport.NewSpanExporter(ctx)
	if err != nil {
		return nil, fmt.Errorf("OTEL_TRACES_EXPORTER, OTEL_EXPORTER_OTLP_PROTOCOL: %w", err)
	}
	origin, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", "geowarden"), attribute.String("service.version", cfg.Version)),
		resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	t := &Traces{cfg: cfg, patience: patience, provider: sdktrace.NewTracerProvider(
		sdktrace.WithResource(origin),
		sdktrace.WithSpanProcessor(cutDown{sdktrace.NewBatchSpanProcessor(exporter)}),
	)}
	t.options = []otelhttp.Option{
		otelhttp.WithTracerProvider(t.provider),
		otelhttp.WithMeterProvider(noop.NewMeterProvider()),
		otelhttp.WithPropagators(propagation.TraceContext{}), // and no baggage: it is anybody's words
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return method(r) }),
	}
	return t, nil
}

// Run sends the last spans when ctx ends, and returns within seconds.
func (t *Traces) Run(ctx context.Context) {
	<-ctx.Done()
	patient, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.patience)
	defer cancel()
	if err := t.provider.Shutdown(patient); err != nil {
		t.cfg.Log.Warn("the last spans are lost", zap.Error(err))
	}
}
