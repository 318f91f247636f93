package traces

import (
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"go.uber.org/zap"
	"golang.org/x/time/rate"
)

// quiet is how long nothing more is said of spans that cannot be sent: every
// batch fails while a collector is down.
const quiet = time.Minute

// logTo sends what OpenTelemetry's library has to say to the log.
func logTo(log *zap.Logger) {
	seldom := rate.Sometimes{Interval: quiet}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		seldom.Do(func() { log.Warn("spans cannot be sent, and are lost; nothing else is disturbed", zap.Error(err)) })
	}))
	otel.SetLogger(logr.New(sink{log}))
}

// sink logs the library's errors without the values that come along: one of
// them is OTEL_EXPORTER_OTLP_HEADERS where that cannot be read, a credential.
type sink struct{ log *zap.Logger }

func (s sink) Init(logr.RuntimeInfo)    {}
func (s sink) Enabled(int) bool         { return false }
func (s sink) Info(int, string, ...any) {}
func (s sink) Error(_ error, what string, _ ...any) {
	s.log.Warn("an OTEL_ variable was not understood: " + what)
}
func (s sink) WithValues(...any) logr.LogSink { return s }
func (s sink) WithName(string) logr.LogSink   { return s }
