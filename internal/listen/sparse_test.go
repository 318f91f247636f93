package listen

import (
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
	"golang.org/x/time/rate"
)

// A flood is told by a few lines and a number, and hides no fault.
func TestAFloodOfLinesIsToldByItsNumber(t *testing.T) {
	core, logs := observer.New(zapcore.DebugLevel)
	l := newServerLog(zap.New(core))
	for range 1000 {
		l.Print("http: TLS handshake error from 192.0.2.1:5000: EOF")
	}
	l.Print("http: panic serving 192.0.2.1:5000: an example")
	if n := logs.FilterLevelExact(zapcore.DebugLevel).Len(); n != sparseBurst {
		t.Errorf("%d lines of the flood", n)
	}
	if logs.FilterLevelExact(zapcore.ErrorLevel).Len() != 1 {
		t.Error("the fault is not told")
	}

	s := newSparse(zap.New(core), zapcore.WarnLevel)
	for range sparseBurst + 7 {
		s.say("many")
	}
	s.limit.SetLimit(rate.Inf) // time has passed
	s.say("many")
	s.say("many")
	lines := logs.FilterMessage("many").All()
	if len(lines) != sparseBurst+2 || lines[sparseBurst].ContextMap()["left_out"] != int64(7) || len(lines[sparseBurst+1].Context) != 0 {
		t.Errorf("%d lines: %v", len(lines), lines[sparseBurst:])
	}
}
