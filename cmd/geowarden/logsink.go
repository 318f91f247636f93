package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"go.uber.org/zap/zapcore"
)

// A logSink is one place that the log goes to. What it cannot write is lost,
// and said; it never fails, because one full disk, even for a moment, must
// neither end the log there for good, as bufio has it, nor the log elsewhere.
// Nor does it wait for a disk: that would make every failure slow.
type logSink struct {
	to   io.Writer
	tell io.Writer // where it says what was lost
	now  func() time.Time

	mu   sync.Mutex
	lost int // bytes since it was said last
	said time.Time
}

// kept returns a sink for w that tells of what was lost on stderr.
func kept(w, stderr io.Writer) zapcore.WriteSyncer {
	return zapcore.AddSync(&logSink{to: w, tell: stderr, now: time.Now})
}

// sayAgain is how often a loss is said.
const sayAgain = time.Minute

// Write implements io.Writer.
func (s *logSink) Write(p []byte) (int, error) {
	n, err := s.to.Write(p)
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.lost += len(p) - n
		if now := s.now(); now.Sub(s.said) >= sayAgain {
			_, _ = fmt.Fprintf(s.tell, "geowarden: the log cannot be written: %v; %d bytes of it are lost\n", err, s.lost)
			s.said, s.lost = now, 0
		}
	}
	return len(p), nil
}
