// Command geowarden is an authenticating reverse proxy in front of OGC API
// back ends. This package reads the configuration, puts the parts together and
// offers the commands; it alone reads the environment, in config.go.
//
// It refuses to start on anything it does not understand: an unknown name, a
// value with two readings, a secret that is empty, two modes at once. It says
// all of that at once, and never shows a secret.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

//go:generate sh -c "go run . config docs > ../../docs/configuration.md.new && mv ../../docs/configuration.md.new ../../docs/configuration.md"
//go:generate sh -c "go run . config docs --env > ../../.env.example.new && mv ../../.env.example.new ../../.env.example"

func main() {
	collectLessOften(environment())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	err := run(ctx, os.Args[1:], environment(), os.Stdout, os.Stderr)
	stop()
	if err != nil {
		os.Exit(1)
	}
}

// run is the program: it runs the command that args name and writes what went
// wrong, if anything, to stderr before it returns it.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error {
	root := newRoot(&app{environ: environ, stdout: stdout, stderr: stderr}) //nolint:contextcheck // ExecuteContext hands it to the command
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "geowarden: %v\n", err)
	}
	return err
}
