// Command defences proves that each defence of the gateway is held by a test:
// it takes one out at a time, and sees that the tests named beside it fail.
//
// It refuses to take anything else for a proof: a defence whose text is no
// longer found exactly once, a change that does not compile, tests that fail
// anyway and a test run that ends for another reason than a failing test are
// all faults. The tree is never touched; what is changed is laid over it for
// one run of the compiler.
//
//	go run ./defences          all of them
//	go run ./defences 13 14    those of these classes of attack
//	go run ./defences ROCA     those that are called so
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "defences:", err)
		stop()
		os.Exit(1)
	}
}

// run proves the defences that are named, or all of them. It is started in
// the module's folder.
func run(ctx context.Context, args []string, out io.Writer) error {
	chosen, err := choose(args)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "defences")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	b := bench{root: root, work: work}
	if err := b.untouched(ctx, chosen); err != nil {
		return err
	}
	faults := 0
	// More than there are processors: some tests fail by waiting in vain.
	b.each(ctx, chosen, 2*runtime.NumCPU(), func(d defence, killers string, err error) {
		if err != nil {
			faults++
			_, _ = fmt.Fprintf(out, "%2d  %s\n    FAULT: %v\n", d.class, d.what, err)
			return
		}
		_, _ = fmt.Fprintf(out, "%2d  %s\n    without it fails: %s\n", d.class, d.what, killers)
	})
	_, _ = fmt.Fprintf(out, "%d defences, %d of them not proved\n", len(chosen), faults)
	if faults > 0 {
		return fmt.Errorf("%d defences are not held by a test", faults)
	}
	return ctx.Err()
}

// choose returns the defences that are named, by the number of their class or a
// part of what they are called, or all.
func choose(names []string) ([]defence, error) {
	if len(names) == 0 {
		return all(), nil
	}
	var chosen []defence
	for _, name := range names {
		named := slices.DeleteFunc(all(), func(d defence) bool {
			return strconv.Itoa(d.class) != name && !strings.Contains(d.what, name)
		})
		if len(named) == 0 {
			return nil, fmt.Errorf("no defence is called %q", name)
		}
		chosen = append(chosen, named...)
	}
	return chosen, nil
}
