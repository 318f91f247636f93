package listen

import (
	"log"
	"strings"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"golang.org/x/time/rate"
)

const (
	sparseBurst = 20
	sparseEvery = 10 * time.Second
)

// sparse writes a few lines, and then one now and then that says how many were
// left out: what strangers cause must not fill the disk.
type sparse struct {
	log      *zap.Logger
	level    zapcore.Level
	limit    *rate.Limiter
	withheld atomic.Int64
}

func newSparse(log *zap.Logger, level zapcore.Level) *sparse {
	return &sparse{log: log, level: level, limit: rate.NewLimiter(rate.Every(sparseEvery), sparseBurst)}
}

func (s *sparse) say(message string, fields ...zap.Field) {
	entry := s.log.Check(s.level, message)
	if entry == nil {
		return
	}
	if !s.limit.Allow() {
		s.withheld.Add(1)
		return
	}
	if n := s.withheld.Swap(0); n > 0 {
		fields = append(fields, zap.Int64("left_out", n))
	}
	entry.Write(fields...)
}

// serverLog takes the lines of net/http. A handshake that fails is the client's
// affair, and any stranger can cause thousands: they are for looking closely,
// and never keep a fault of ours from being told.
type serverLog struct {
	handshakes, faults *sparse
}

func newServerLog(logger *zap.Logger) *log.Logger {
	return log.New(&serverLog{newSparse(logger, zapcore.DebugLevel), newSparse(logger, zapcore.ErrorLevel)}, "", 0)
}

func (l *serverLog) Write(line []byte) (int, error) {
	message := strings.TrimSpace(string(line))
	if strings.HasPrefix(message, "http: TLS handshake error") {
		l.handshakes.say(message)
	} else {
		l.faults.say(message)
	}
	return len(line), nil
}
