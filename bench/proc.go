package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"
)

// clockTick is the unit of times in /proc/PID/stat: 10 ms on every Linux that
// Go runs on (proc(5), USER_HZ).
const clockTick = 10 * time.Millisecond

// processorTime is what the process has used of the processors, as a user and
// in the system. The kernel counts it in ticks.
func (p *process) processorTime() (time.Duration, error) {
	stat, err := os.ReadFile(p.proc("stat"))
	if err != nil {
		return 0, err
	}
	// The second field is the command's name, in parentheses, with any bytes.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return 0, errors.New("/proc/PID/stat is too short")
	}
	user, err := strconv.ParseInt(string(fields[11]), 10, 64)
	system, err2 := strconv.ParseInt(string(fields[12]), 10, 64)
	return time.Duration(user+system) * clockTick, errors.Join(err, err2)
}

// resident is the process's resident memory in bytes.
func (p *process) resident() (int64, error) {
	status, err := os.ReadFile(p.proc("status"))
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(status) {
		if value, ok := bytes.CutPrefix(line, []byte("VmRSS:")); ok {
			kilobytes, err := strconv.ParseInt(string(bytes.Fields(value)[0]), 10, 64)
			return kilobytes << 10, err
		}
	}
	return 0, fmt.Errorf("%s has no VmRSS", p.name)
}

func (p *process) proc(name string) string {
	return filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), name)
}

// watchResident samples the resident memory until stop is called, which returns
// the most that was seen.
func (p *process) watchResident(ctx context.Context) (stop func() int64) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	var most atomic.Int64
	sample := func() {
		if now, err := p.resident(); err == nil {
			most.Store(max(most.Load(), now))
		}
	}
	go func() {
		defer close(ended)
		for sample(); ; sample() {
			select {
			case <-ctx.Done():
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	return func() int64 {
		cancel()
		<-ended
		sample()
		return most.Load()
	}
}
