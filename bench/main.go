// Package main measures what the gateway costs, and tries to make it fail: it
// starts the built program as an operator would, by environment and files, with
// a back end and an issuer, each a process of its own on loopback, and asks it.
//
//	compare   a request's cost in each mode, beside a bare httputil.ReverseProxy
//	load      thousands of slow connections, huge bodies, many keys
//	soak      good, bad and hostile requests while everything around changes
//
// It refuses to judge by the clock: no figure fails a run, only a wrong answer,
// a leak or a bound of memory does. It asks nothing of the program that an
// operator could not, and no other machine than this one.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// commands are what an operator runs; children are what these start, as
// processes of their own.
var (
	commands = map[string]command{"compare": compareCommand, "load": loadCommand, "soak": soakCommand}
	children = map[string]command{"backend": backendCommand, "bare": bareCommand, "herd": herdCommand}
)

type command func(ctx context.Context, args []string, out io.Writer) error

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) > 0 {
		for _, known := range []map[string]command{commands, children} {
			if start, ok := known[args[0]]; ok {
				return start(ctx, args[1:], out)
			}
		}
	}
	return errors.New("say compare, load or soak, and -h after it for its flags")
}
