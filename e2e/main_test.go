//go:build e2e

package e2e

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"
)

// logs is where the output of every process goes. It is kept when something
// fails.
const logs = "logs"

// running is the stack that every test uses.
var running *stack

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

// run builds the program, starts everything, runs the tests, stops everything,
// and reads the logs, in that order: what is checked last has seen it all.
func run(m *testing.M) int {
	if err := prepare(); err != nil {
		fmt.Fprintf(os.Stderr, "e2e: %v\n", err)
		return 1
	}
	s := newStack()
	defer s.kill()
	stopWhenCut(s)
	if err := s.start(); err != nil {
		return failed(err)
	}
	running = s
	code := m.Run()
	printVersions()
	if err := s.stop(); err != nil {
		return failed(err)
	}
	if err := s.leaks(); err != nil {
		return failed(err)
	}
	if code != 0 {
		return failed(fmt.Errorf("a test failed"))
	}
	_ = os.RemoveAll(logs)
	if !isWhole() {
		fmt.Println("e2e: not every test was run, or not with the newest of each peer, so " + page + " is left as it is")
		return 0
	}
	if err := writePage(); err != nil {
		return failed(err)
	}
	return 0
}

func failed(err error) int {
	folder, _ := os.Getwd()
	fmt.Fprintf(os.Stderr, "e2e: %v\ne2e: the logs of every process are in %s/%s\n", err, folder, logs)
	return 1
}

// prepare says what is missing, and builds the program as a user would.
func prepare() error {
	for _, tool := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("the README's lines need %s: %w", tool, err)
		}
	}
	if _, err := os.Stat("../.venv/bin/pygeoapi"); err != nil {
		return fmt.Errorf("there is no pygeoapi: `make .venv` installs it (%w)", err)
	}
	if err := os.RemoveAll(logs); err != nil {
		return err
	}
	if err := os.MkdirAll(logs, 0o755); err != nil {
		return err
	}
	build := exec.Command("make", "--no-print-directory", "-C", "..", "build")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("the program does not build: %w", err)
	}
	return nil
}

// stopWhenCut kills the stack when the run is interrupted, is about to be ended by
// -timeout, or has lost the go command that began it, which ends at a SIGTERM and
// passes none on: nothing of this leaves time for anything deferred.
func stopWhenCut(s *stack) {
	ctx, release := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	limit, ok := flag.Lookup("test.timeout").Value.(flag.Getter).Get().(time.Duration)
	if ok && limit > 0 {
		ctx, release = context.WithTimeout(ctx, limit-5*time.Second)
	}
	ctx, lost := context.WithCancelCause(ctx)
	go func() {
		for parent := os.Getppid(); os.Getppid() == parent; {
			time.Sleep(time.Second)
		}
		lost(errors.New("the go command that ran the tests is gone"))
	}()
	go func() {
		defer release()
		<-ctx.Done()
		s.kill()
		os.Exit(failed(context.Cause(ctx)))
	}()
}
