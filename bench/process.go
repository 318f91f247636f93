package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// process is one program that was started here.
type process struct {
	name    string
	address string // host:port
	env     []string
	argv    []string
	output  io.Writer
	cmd     *exec.Cmd
	done    chan struct{} // closed when it has ended
}

// start runs the program with exactly the environment that it was given.
func (p *process) start() error {
	p.cmd = exec.Command(p.argv[0], p.argv[1:]...) //nolint:gosec,noctx // our own programs; stop ends them in order
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr, p.cmd.WaitDelay = p.env, p.output, p.output, 5*time.Second
	p.cmd.Dir = filepath.Dir(p.argv[0]) // where no .env changes what it does
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("%s does not start: %w", p.name, err)
	}
	done := make(chan struct{})
	p.done = done
	go func(cmd *exec.Cmd) {
		defer close(done)
		_ = cmd.Wait()
	}(p.cmd)
	return nil
}

// ready waits until GET path is answered 200.
func (p *process) ready(ctx context.Context, path string, every time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		last := probe(ctx, "http://"+p.address+path)
		if last == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s ended before it answered: %s", p.name, p.cmd.ProcessState)
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", p.name, last)
		case <-time.After(every):
		}
	}
}

// startReady starts the program and waits until it answers.
func (p *process) startReady(ctx context.Context, path string) error {
	if err := p.start(); err != nil {
		return err
	}
	return p.ready(ctx, path, 5*time.Millisecond)
}

// prober asks each time anew, over a connection of its own.
var prober = &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

func probe(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	res, err := prober.Do(req)
	if err != nil {
		return err
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return errors.New(res.Status)
	}
	return nil
}

// stop asks the program to end, and ends it where it does not.
func (p *process) stop() {
	if p.cmd == nil || p.cmd.Process == nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
	}
	p.kill()
}

// kill ends the program at once, as a crash would.
func (p *process) kill() {
	select {
	case <-p.done:
		return // its number may be another's by now
	default:
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.done
}

// self is this program, to be started again as one of its children.
func self(args ...string) ([]string, error) {
	path, err := os.Executable()
	return append([]string{path}, args...), err
}

// freePort finds a port that nothing listens on, below those that a system
// gives to outgoing connections.
func freePort() (string, error) {
	for port := nextPort; port < 32000; port++ {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		listener, err := net.Listen("tcp", address) //nolint:noctx // it is closed at once
		if err != nil {
			continue
		}
		nextPort = port + 1
		return address, listener.Close()
	}
	return "", errors.New("there is no free port")
}

// nextPort is where to look next; another run of this program looks elsewhere.
var nextPort = 20000 + os.Getpid()%9000
