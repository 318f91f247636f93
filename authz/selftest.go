package authz

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/tester"
)

// selfTest runs the policy's own tests, the rules whose names begin with
// `test_`, on the data it came with. A policy that fails one does not decide.
func (c compiling) selfTest(ctx context.Context, parsed modules, store storage.Store) error {
	runner := tester.NewRunner().
		SetCompiler(ast.NewCompiler().WithCapabilities(c.capabilities)).
		CapturePrintOutput(false).
		RaiseBuiltinErrors(true).
		SetStore(store).
		SetModules(parsed)
	return reading(ctx, store, func(txn storage.Transaction) error {
		results, err := runner.RunTests(ctx, txn)
		if err != nil {
			return err
		}
		var failures []string
		for result := range results {
			if !result.Pass() && !result.Skip {
				failures = append(failures, failure(result))
			}
		}
		slices.Sort(failures)
		errs := make([]error, len(failures))
		for i, text := range failures {
			errs[i] = errors.New(text)
		}
		return errors.Join(append(errs, ctx.Err())...)
	})
}

func failure(result *tester.Result) string {
	if result.Error != nil {
		return fmt.Sprintf("%s: %s stopped: %v", result.Location, result.Name, result.Error)
	}
	return fmt.Sprintf("%s: %s failed", result.Location, result.Name)
}
