package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"go.uber.org/zap/zapcore"
)

// A logSink is one place that the log goes to. What it cannot write is lost,
// counted, and said; it never fails, because one full disk, even for a moment, must
// neither end the log there for good, as bufio has it, nor the log elsewhere.
// Nor does it wait for a disk: that would make every failure slow.
type logSink struct {
	to     io.Writer
	tell   io.Writer // where it says what was lost
	onLost func(bytes int)
	now    func() time.Time

	mu     sync.Mutex
	torn   bool      // the last line has no end
	losing bool      // there was a loss, and its end was not said yet
	lost   int       // bytes that were not said yet
	failed time.Time // when it was said that there is a loss
	mended time.Time // when it was said that there is none any more
}

// kept returns a sink for w that tells of what was lost on stderr, and counts it.
func kept(w, stderr io.Writer, onLost func(bytes int)) zapcore.WriteSyncer {
	return zapcore.AddSync(&logSink{to: w, tell: stderr, onLost: onLost, now: time.Now})
}

// sayAgain is how often a loss is said, and its end.
const sayAgain = time.Minute

// Write implements io.Writer.
func (s *logSink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := p
	if s.torn { // a line that there was no room for the end of takes none along
		text = append([]byte{'\n'}, p...)
	}
	n, err := s.to.Write(text)
	if n > 0 {
		s.torn = text[n-1] != '\n'
	}
	switch {
	case err != nil:
		lost := min(len(text)-n, len(p))
		s.losing, s.lost = true, s.lost+lost
		s.onLost(lost)
		s.say(&s.failed, "the log cannot be written: "+err.Error())
	case s.losing:
		s.losing = !s.say(&s.mended, "the log is written again")
	}
	return len(p), nil
}

// say tells how much was lost since the last time that anything was said, and
// whether it could.
func (s *logSink) say(last *time.Time, what string) bool {
	now := s.now()
	if now.Sub(*last) < sayAgain {
		return false
	}
	if s.lost > 0 {
		what = fmt.Sprintf("%s; %d bytes of it are lost", what, s.lost)
	}
	if _, err := fmt.Fprintf(s.tell, "geowarden: %s\n", what); err != nil {
		return false
	}
	*last, s.lost = now, 0
	return true
}
