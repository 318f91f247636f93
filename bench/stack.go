package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/geowarden/geowarden/internal/demo"
)

// publicName is the public address. A back end that calls itself so needs no
// rewriting, which is the recommended set-up; one that calls itself movedName
// does.
const (
	publicName  = "http://geo.example.org/geoapi"
	movedName   = "http://pygeoapi.invalid:8080/api"
	contextPath = "/geoapi"
)

// stack is everything that runs for a command: an issuer in this process, and
// the rest as processes of their own.
type stack struct {
	binary string
	folder string // of this run; it is removed at the end
	issuer *demo.Issuer

	mu        sync.Mutex
	processes []*process
	closers   []func()
}

// newStack starts the issuer and looks for the program.
func newStack(ctx context.Context, binary string) (*stack, error) {
	path, err := filepath.Abs(binary)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("the program is not built: %w", err)
	}
	folder, err := os.MkdirTemp("", "geowarden-bench-")
	if err != nil {
		return nil, err
	}
	s := &stack{binary: path, folder: folder}
	s.closers = append(s.closers, func() { _ = os.RemoveAll(folder) })
	if err := s.startIssuer(ctx); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *stack) startIssuer(ctx context.Context) (err error) {
	if s.issuer, err = demo.NewIssuer(demo.IssuerConfig{TokenLifetime: 24 * time.Hour}); err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: s.issuer, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	s.closers = append(s.closers, func() { _ = server.Close() })
	s.issuer.SetBaseURL("http://" + listener.Addr().String())
	return nil
}

// close ends whatever runs, newest first.
func (s *stack) close() {
	for i := len(s.processes) - 1; i >= 0; i-- {
		s.processes[i].stop()
	}
	for i := len(s.closers) - 1; i >= 0; i-- {
		s.closers[i]()
	}
}

// child starts this program again, as one of its children, and waits for an
// answer at path.
func (s *stack) child(ctx context.Context, path, name string, args ...string) (*process, error) {
	address, err := freePort()
	if err != nil {
		return nil, err
	}
	argv, err := self(append([]string{name, "-address", address}, args...)...)
	if err != nil {
		return nil, err
	}
	p := &process{name: name, address: address, argv: argv, output: os.Stderr}
	s.add(p)
	return p, p.startReady(ctx, path)
}

func (s *stack) backend(ctx context.Context, name string) (*process, error) {
	return s.child(ctx, "/collections", "backend", "-name", name)
}

// backends are one that calls itself by the public address, and one that does not.
func (s *stack) backends(ctx context.Context) (public, moved *process, err error) {
	if public, err = s.backend(ctx, publicName); err != nil {
		return nil, nil, err
	}
	moved, err = s.backend(ctx, movedName)
	return public, moved, err
}

func (s *stack) add(p *process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.processes = append(s.processes, p)
}

// file writes a file of this run and returns its path.
func (s *stack) file(name, content string) (string, error) {
	path := filepath.Join(s.folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return "", err
	}
	return path, replace(path, content)
}

// replace exchanges a file as a whole, as an operator's tools do.
func replace(path, content string) error {
	beside := filepath.Join(filepath.Dir(path), ".new-"+filepath.Base(path))
	if err := os.WriteFile(beside, []byte(content), 0o600); err != nil {
		return err
	}
	return os.Rename(beside, path)
}

// request is a GET below the gateway's context, as bytes.
func request(path string, headers ...string) []byte {
	head := append([]string{"GET " + path + " HTTP/1.1", "Host: geo.example.org"}, headers...)
	return []byte(strings.Join(head, "\r\n") + "\r\n\r\n")
}
