package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// sink is what a log has been given, and how often.
type sink struct {
	mu    sync.Mutex
	text  bytes.Buffer
	times int
}

func (w *sink) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.times++
	return w.text.Write(p)
}

func (w *sink) lines() (lines, writes int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Count(w.text.String(), "\n"), w.times
}

// An error takes with it what was gathered before it, in its order; what comes
// after it is gathered again, and lost by no end of the program.
func TestErrorsNeverWait(t *testing.T) {
	out := &sink{}
	core, stop := newCore(encoder("json"), zapcore.AddSync(out), zapcore.InfoLevel, time.Hour)
	log := zap.New(core)
	log.Info("first")
	log.Debug("below the level")
	if lines, _ := out.lines(); lines != 0 {
		t.Fatalf("%d lines were not gathered", lines)
	}
	log.Error("second")
	if lines, writes := out.lines(); lines != 2 || writes != 1 || strings.Index(out.text.String(), "first") > strings.Index(out.text.String(), "second") {
		t.Fatalf("%d lines in %d writes: %s", lines, writes, out.text.String())
	}
	log.Info("third")
	stop()
	if lines, _ := out.lines(); lines != 3 {
		t.Errorf("the end of the program lost a line: %s", out.text.String())
	}
}

func TestLinesAreWrittenInTheEnd(t *testing.T) {
	out := &sink{}
	core, stop := newCore(encoder("json"), zapcore.AddSync(out), zapcore.InfoLevel, time.Millisecond)
	defer stop()
	zap.New(core).Info("alone")
	for lines, _ := out.lines(); lines == 0; lines, _ = out.lines() {
		time.Sleep(time.Millisecond)
	}
}

// A pipe cannot be synced, and a disk is not to be waited for.
func TestErrorsAreNotSynced(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	s, _, err := loadSettings([]string{"DEV_UPSTREAM_URL=http://127.0.0.1:1"}, os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	log, stop, err := newLogger(s, w, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	log.Error("one")
	log.Error("two")
	stop()
	_ = w.Close()
	if text, err := io.ReadAll(r); err != nil || strings.Count(string(text), "\n") != 2 {
		t.Errorf("%v: %s", err, text)
	}
}

// full is a disk with room for so many bytes more; without a bound where that is
// below zero.
type full struct {
	sink
	room atomic.Int64
}

func (f *full) Write(p []byte) (int, error) {
	room := f.room.Load()
	if room < 0 || int(room) >= len(p) {
		return f.sink.Write(p)
	}
	n, _ := f.sink.Write(p[:room])
	f.room.Store(0)
	return n, syscall.ENOSPC
}

// A disk that is full for a moment loses the lines of that moment, there alone,
// and it is told how much that was.
func TestAFullDiskEndsNoLog(t *testing.T) {
	for _, delay := range []time.Duration{0, time.Hour} {
		disk, elsewhere, stderr, lost := &full{}, &sink{}, &sink{}, 0
		disk.room.Store(-1)
		core, stop := newCore(encoder("json"), zapcore.NewMultiWriteSyncer(kept(disk, stderr, func(n int) { lost += n }), kept(elsewhere, stderr, nil)), zapcore.InfoLevel, delay)
		log := zap.New(core)
		log.Error("before")
		disk.room.Store(0)
		log.Error("meanwhile")
		log.Error("meanwhile")
		disk.room.Store(-1)
		log.Error("after")
		stop()
		if lines, _ := disk.lines(); lines != 2 || strings.Contains(disk.text.String(), "meanwhile") {
			t.Errorf("delay %v: the disk has %s", delay, disk.text.String())
		}
		if lines, _ := elsewhere.lines(); lines != 4 {
			t.Errorf("delay %v: %d lines elsewhere", delay, lines)
		}
		if missing := elsewhere.text.Len() - disk.text.Len(); lost != missing {
			t.Errorf("delay %v: %d bytes are counted as lost, and %d are", delay, lost, missing)
		}
		half := lost / 2 // of two lines that are alike but for a digit of the time
		first, second, _ := strings.Cut(stderr.text.String(), "\n")
		if !strings.Contains(first, "no space left") || !strings.HasPrefix(second, "geowarden: the log is written again; ") || toldOf(first)+toldOf(second) != lost || toldOf(first) < half-3 {
			t.Errorf("delay %v: %d bytes are lost, and it is told as %q", delay, lost, stderr.text.String())
		}
	}
}

// toldOf is how many bytes a line says are lost.
func toldOf(line string) (n int) {
	_, after, _ := strings.Cut(line, "; ")
	_, _ = fmt.Sscanf(after, "%d bytes of it are lost", &n)
	return n
}

// A line that there was room for half of does not take the next one along.
func TestALineThatIsTornStandsAlone(t *testing.T) {
	disk, lost := &full{}, 0
	to := kept(disk, io.Discard, func(n int) { lost += n })
	for _, write := range []struct {
		room int64
		line string
	}{{-1, "first\n"}, {3, "second\n"}, {0, "third\n"}, {0, "fourth\n"}, {3, "fifth\n"}, {-1, "sixth\n"}, {-1, "seventh\n"}} {
		disk.room.Store(write.room)
		if n, err := to.Write([]byte(write.line)); n != len(write.line) || err != nil {
			t.Errorf("%q: %d, %v", write.line, n, err)
		}
	}
	if got := disk.text.String(); got != "first\nsec\nfi\nsixth\nseventh\n" {
		t.Errorf("the disk has %q", got)
	}
	if want := len("ond\n" + "third\n" + "fourth\n" + "fth\n"); lost != want {
		t.Errorf("%d bytes are counted as lost, and %d are", lost, want)
	}
}

// A disk that is full again and again says so once a minute, and not at each line.
func TestALossIsSaidOnceAMinute(t *testing.T) {
	disk, stderr, now := &full{}, &sink{}, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := &logSink{to: disk, tell: stderr, onLost: func(int) {}, now: func() time.Time { return now }}
	write := func(room int64) {
		disk.room.Store(room)
		_, _ = s.Write([]byte("0123456789\n"))
	}
	for range 10 {
		write(0)
		write(-1)
	}
	if lines, _ := stderr.lines(); lines != 2 {
		t.Errorf("%d lines: %s", lines, stderr.text.String())
	}
	now = now.Add(sayAgain)
	write(-1)
	if got := stderr.text.String(); !strings.HasSuffix(got, "geowarden: the log is written again; 99 bytes of it are lost\n") {
		t.Errorf("it is told as %q", got)
	}
}

// The end of a loss is said even where it was said whole when it began, and what
// could not be said for want of room is said later.
func TestALossIsSaidWhole(t *testing.T) {
	for name, c := range map[string]struct {
		apart bool // the log has a disk of its own, and standard error has room
		want  string
	}{
		"a file":              {true, "geowarden: the log cannot be written: no space left on device; 6 bytes of it are lost\ngeowarden: the log is written again\n"},
		"standard error full": {false, "first\nthird\ngeowarden: the log is written again; 14 bytes of it are lost\n"},
	} {
		disk, stderr := &full{}, &full{}
		stderr.room.Store(-1)
		if !c.apart {
			stderr = disk
		}
		to := kept(disk, stderr, func(int) {})
		write := func(room int64, line string) {
			disk.room.Store(room)
			_, _ = to.Write([]byte(line))
		}
		write(-1, "first\n")
		write(0, "lost!\n")
		if !c.apart {
			write(0, "as well\n")
		}
		write(-1, "third\n")
		if got := stderr.text.String(); got != c.want {
			t.Errorf("%s: it is told as %q", name, got)
		}
	}
}

func TestNoDelayWritesEachLine(t *testing.T) {
	out := &sink{}
	core, stop := newCore(encoder("json"), zapcore.AddSync(out), zapcore.InfoLevel, 0)
	defer stop()
	log := zap.New(core)
	log.Info("first")
	log.Info("second")
	if lines, writes := out.lines(); lines != 2 || writes != 2 {
		t.Errorf("%d lines in %d writes", lines, writes)
	}
}
