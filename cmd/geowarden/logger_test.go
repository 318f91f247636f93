package main

import (
	"bytes"
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
	log, stop, err := newLogger(s, w)
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

// full is a disk without room, for as long as it is so.
type full struct {
	sink
	is atomic.Bool
}

func (f *full) Write(p []byte) (int, error) {
	if f.is.Load() {
		return 0, syscall.ENOSPC
	}
	return f.sink.Write(p)
}

// A disk that is full for a moment loses the lines of that moment, there alone.
func TestAFullDiskEndsNoLog(t *testing.T) {
	for _, delay := range []time.Duration{0, time.Hour} {
		disk, elsewhere, stderr := &full{}, &sink{}, &sink{}
		core, stop := newCore(encoder("json"), zapcore.NewMultiWriteSyncer(kept(disk, stderr), kept(elsewhere, stderr)), zapcore.InfoLevel, delay)
		log := zap.New(core)
		log.Error("before")
		disk.is.Store(true)
		log.Error("meanwhile")
		log.Error("meanwhile")
		disk.is.Store(false)
		log.Error("after")
		stop()
		if lines, _ := disk.lines(); lines != 2 || strings.Contains(disk.text.String(), "meanwhile") {
			t.Errorf("delay %v: the disk has %s", delay, disk.text.String())
		}
		if lines, _ := elsewhere.lines(); lines != 4 {
			t.Errorf("delay %v: %d lines elsewhere", delay, lines)
		}
		if lines, _ := stderr.lines(); lines != 1 || !strings.Contains(stderr.text.String(), "no space left") {
			t.Errorf("delay %v: it is told as %q", delay, stderr.text.String())
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
