package main

import (
	"fmt"
	"io"
	"os"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// newLogger makes the log: to stderr, and to a file beside it where the
// settings name one. The caller closes it.
func newLogger(s *Settings, stderr io.Writer) (*zap.Logger, func(), error) {
	level, err := zapcore.ParseLevel(string(s.LogLevel))
	if err != nil {
		return nil, nil, fmt.Errorf("LOG_LEVEL: %w", err)
	}
	to := []zapcore.WriteSyncer{zapcore.Lock(zapcore.AddSync(stderr))}
	closeFile := func() {}
	if name := s.LogFile(); name != "" {
		file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // the operator's own setting
		if err != nil {
			return nil, nil, fmt.Errorf("LOG_PATH, LOG_FILENAME: the log cannot be written: %w", err)
		}
		to = append(to, zapcore.Lock(file))
		closeFile = func() { _ = file.Close() }
	}
	core := zapcore.NewCore(encoder(s.LogFormat), zapcore.NewMultiWriteSyncer(to...), level)
	log := zap.New(core, zap.ErrorOutput(zapcore.Lock(zapcore.AddSync(stderr))))
	return log, func() { _ = log.Sync(); closeFile() }, nil
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
