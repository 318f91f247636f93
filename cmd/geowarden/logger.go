package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// newLogger makes the log: to stderr, and to a file beside it where the
// settings name one. onLost is told of what cannot be written. The caller closes
// it.
func newLogger(s *Settings, stderr io.Writer, onLost func(bytes int)) (*zap.Logger, func(), error) {
	level, err := zapcore.ParseLevel(string(s.LogLevel))
	if err != nil {
		return nil, nil, fmt.Errorf("LOG_LEVEL: %w", err)
	}
	to := kept(stderr, stderr, onLost)
	closeFile := func() {}
	if name := s.LogFile(); name != "" {
		file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // the operator's own setting
		if err != nil {
			return nil, nil, fmt.Errorf("LOG_PATH, LOG_FILENAME: the log cannot be written: %w", err)
		}
		to = zapcore.NewMultiWriteSyncer(to, kept(file, stderr, onLost))
		closeFile = func() { _ = file.Close() }
	}
	core, stop := newCore(encoder(s.LogFormat), to, level, time.Duration(s.LogDelay))
	log := zap.New(core, zap.ErrorOutput(zapcore.Lock(zapcore.AddSync(stderr))))
	return log, func() { stop(); closeFile() }, nil
}

// logBuffer is how many bytes of lines are gathered before they are written,
// whatever the delay.
const logBuffer = 64 << 10

// newCore writes lines as they come, or gathers them for as long as the delay
// says: a write for each line is a good part of what a request costs. An error
// is written at once, and what was gathered before it too, in its order.
func newCore(form zapcore.Encoder, to zapcore.WriteSyncer, level zapcore.Level, delay time.Duration) (zapcore.Core, func()) {
	if delay == 0 {
		return zapcore.NewCore(form, zapcore.Lock(to), level), func() { _ = to.Sync() }
	}
	gathered := &zapcore.BufferedWriteSyncer{WS: to, Size: logBuffer, FlushInterval: delay}
	core := zapcore.NewCore(form, gathered, level)
	return zapcore.RegisterHooks(core, func(line zapcore.Entry) error {
		if line.Level >= zapcore.ErrorLevel {
			return gathered.Sync()
		}
		return nil
	}), func() { _ = gathered.Stop() }
}

func encoder(format Format) zapcore.Encoder {
	cfg := zap.NewProductionEncoderConfig()
	cfg.TimeKey, cfg.EncodeTime = "time", zapcore.RFC3339NanoTimeEncoder
	cfg.EncodeDuration = zapcore.SecondsDurationEncoder // a number, to be summed
	if format == "console" {
		cfg.EncodeDuration = zapcore.StringDurationEncoder
		cfg.EncodeLevel = zapcore.CapitalLevelEncoder
		return zapcore.NewConsoleEncoder(cfg)
	}
	return zapcore.NewJSONEncoder(cfg)
}
