//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// process is one program of the stack, in a process group of its own, so that
// stopping it stops whatever it started.
type process struct {
	name string
	log  string
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

// launch starts a program with exactly this environment, and its output in
// logs/NAME.log. It works in that folder, where no .env can change it.
func launch(name string, env []string, argv ...string) (*process, error) {
	folder, err := filepath.Abs(logs)
	if err != nil {
		return nil, err
	}
	p := &process{name: name, log: filepath.Join(folder, name+".log"), done: make(chan struct{})}
	if err := os.MkdirAll(filepath.Dir(p.log), 0o755); err != nil {
		return nil, err
	}
	out, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Close() }()
	p.cmd = exec.Command(argv[0], argv[1:]...)
	p.cmd.Env, p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = env, folder, out, out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s does not start: %w", name, err)
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait()
	}()
	return p, nil
}

// answers waits until url answers 200.
func (p *process) answers(url string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	last := errors.New("nothing was asked yet")
	for {
		select {
		case <-p.done:
			return fmt.Errorf("%s ended before it answered (%s): see %s", p.name, p.cmd.ProcessState, p.log)
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer at %s (%w): see %s", p.name, url, last, p.log)
		case <-tick.C:
		}
		if last = probe(ctx, url); last == nil {
			return nil
		}
	}
}

func probe(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	res, err := direct.Do(req)
	if err != nil {
		return err
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return errors.New(res.Status)
	}
	return nil
}

// stop asks the program to end, waits for it, and kills what is left of its
// group. It returns how the program ended by itself.
func (p *process) stop() error {
	p.signal(syscall.SIGTERM)
	defer p.kill()
	select {
	case <-p.done:
	case <-time.After(30 * time.Second):
		return fmt.Errorf("%s does not stop: see %s", p.name, p.log)
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("%s ended with %s: see %s", p.name, p.cmd.ProcessState, p.log)
	}
	return nil
}

func (p *process) kill() { p.signal(syscall.SIGKILL) }

// signal sends a signal to the program and all that it started.
func (p *process) signal(signal syscall.Signal) { _ = syscall.Kill(-p.cmd.Process.Pid, signal) }

// die kills the program as a crash would, and all that it started, and returns
// once it is gone.
func (p *process) die() {
	p.kill()
	<-p.done
}

// given are the ports that were handed out: a program may take half a minute
// until it listens on its own.
var given struct {
	sync.Mutex
	ports map[string]bool
}

// freePorts finds ports on loopback that nothing listens on, and that it gave
// to nobody else. They lie below those that a system gives to outgoing
// connections, so that none of these takes one before the program that it is
// meant for does.
func freePorts(n int) ([]string, error) {
	given.Lock()
	defer given.Unlock()
	if given.ports == nil {
		given.ports = map[string]bool{}
	}
	var found []string
	for first, tries := 20000+rand.IntN(10000), 0; len(found) < n; tries++ {
		if tries == 1000 {
			return nil, errors.New("there is no free port")
		}
		port := strconv.Itoa(first + tries)
		if given.ports[port] {
			continue
		}
		listener, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil {
			continue
		}
		if err := listener.Close(); err != nil {
			return nil, err
		}
		given.ports[port] = true
		found = append(found, port)
	}
	return found, nil
}
