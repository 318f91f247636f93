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
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
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

// run proves the defences of the classes that are named, or all of them. It is
// started in the module's folder.
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
	b.each(ctx, chosen, runtime.NumCPU(), func(d defence, killers string, err error) {
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

// choose returns the defences of the classes in args, or all.
func choose(args []string) ([]defence, error) {
	if len(args) == 0 {
		return all(), nil
	}
	var chosen []defence
	for _, arg := range args {
		class, err := strconv.Atoi(arg)
		if err != nil {
			return nil, fmt.Errorf("%q is not the number of a class of attack", arg)
		}
		chosen = append(chosen, slices.DeleteFunc(all(), func(d defence) bool { return d.class != class })...)
	}
	if len(chosen) == 0 {
		return nil, errors.New("no defence of these classes is listed")
	}
	return chosen, nil
}
