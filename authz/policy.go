package authz

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/metrics"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// policy is a compiled set of rules with its data. It never changes: another
// one takes its place.
type policy struct {
	allow    rego.PreparedEvalQuery
	reason   rego.PreparedEvalQuery
	looks    view
	revision string
	warnings []string
}

// compiling is what the configuration settles about policies.
type compiling struct {
	entrypoint   entrypoint
	capabilities *ast.Capabilities
}

// compile checks, compiles and tests.
func (c compiling) compile(ctx context.Context, all *files) (*policy, error) {
	if err := all.check(); err != nil {
		return nil, err
	}
	parsed, warnings, err := parse(all)
	if err != nil {
		return nil, err
	}
	data, err := baseDocuments(all)
	if err != nil {
		return nil, err
	}
	deciding := parsed.deciding()
	if err := c.entrypoint.check(deciding, data); err != nil {
		return nil, err
	}
	store, err := newStore(ctx, data)
	if err != nil {
		return nil, err
	}
	made := &policy{
		looks:    deciding.looks(),
		revision: all.revision(),
		warnings: append(c.entrypoint.unconditional(deciding), warnings...),
	}
	if err := c.prepare(ctx, made, deciding, store); err != nil {
		return nil, err
	}
	if err := c.selfTest(ctx, parsed, store); err != nil {
		return nil, err
	}
	return made, nil
}

// prepare compiles the rules and the two questions that are asked of them.
func (c compiling) prepare(ctx context.Context, p *policy, deciding modules, store storage.Store) error {
	compiler := ast.NewCompiler().WithCapabilities(c.capabilities)
	err := reading(ctx, store, func(txn storage.Transaction) error {
		compiler.WithPathConflictsCheck(storage.NonEmpty(ctx, store, txn)).Compile(deciding)
		if compiler.Failed() {
			return hinted(compiler.Errors)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if p.allow, err = c.question(ctx, "allow", compiler, store); err != nil {
		return err
	}
	p.reason, err = c.question(ctx, "reason", compiler, store)
	return err
}

// hinted says how a builtin that is closed is opened.
func hinted(errs ast.Errors) error {
	for _, err := range errs {
		for _, name := range outside {
			if strings.Contains(err.Message, "undefined function "+name) {
				return fmt.Errorf("%w (%s reaches out of the gateway: POLICY_ALLOW_NETWORK=true opens it, if that is meant)", errs, name)
			}
		}
	}
	return errs
}

func (c compiling) question(ctx context.Context, rule string, compiler *ast.Compiler, store storage.Store) (rego.PreparedEvalQuery, error) {
	prepared, err := rego.New(
		rego.ParsedQuery(ast.NewBody(ast.NewExpr(ast.NewTerm(c.entrypoint.ref(rule))))),
		rego.Compiler(compiler),
		rego.Store(store),
		// Without it a builtin that fails is undefined, and `not` makes a yes of it.
		rego.StrictBuiltinErrors(true),
	).PrepareForEval(ctx)
	if err != nil {
		return prepared, fmt.Errorf("rule %s: %w", rule, err)
	}
	return prepared, nil
}

// newStore keeps data as terms: evaluations read them as they are.
func newStore(ctx context.Context, data map[string]any) (storage.Store, error) {
	store := inmem.NewWithOpts(inmem.OptReturnASTValuesOnRead(true), inmem.OptRoundTripOnWrite(false))
	return store, storage.WriteOne(ctx, store, storage.AddOp, storage.RootPath, data)
}

func reading(ctx context.Context, store storage.Store, do func(storage.Transaction) error) error {
	txn, err := store.NewTransaction(ctx)
	if err != nil {
		return err
	}
	defer store.Abort(ctx, txn)
	return do(txn)
}

// decide asks for allow, and where that is not true for the reason. ctx bounds
// both: an evaluation stops with it.
func (p *policy) decide(ctx context.Context, input ast.Value, now time.Time) (Decision, error) {
	if ctx.Err() != nil {
		return Decision{}, late(ctx)
	}
	cancel := topdown.NewCancel()
	stop := context.AfterFunc(ctx, cancel.Cancel)
	defer stop()
	options := []rego.EvalOption{rego.EvalParsedInput(input), rego.EvalTime(now), rego.EvalExternalCancel(cancel), rego.EvalMetrics(metrics.NoOp())}

	value, defined, err := ask(ctx, p.allow, options)
	if err != nil {
		return Decision{}, err
	}
	allow, boolean := value.(bool)
	if defined && !boolean {
		return Decision{}, unavailable(CauseType, fmt.Errorf("allow is a %T", value))
	}
	if allow {
		return Decision{Allow: true, Revision: p.revision}, nil
	}
	if value, _, err = ask(ctx, p.reason, options); err != nil {
		return Decision{}, err
	}
	return Decision{Reason: reasonOf(value), Revision: p.revision}, nil
}

// ask evaluates a prepared question.
func ask(ctx context.Context, question rego.PreparedEvalQuery, options []rego.EvalOption) (value any, defined bool, err error) {
	results, err := question.Eval(ctx, options...)
	switch {
	case err != nil && (ctx.Err() != nil || topdown.IsCancel(err)):
		return nil, false, late(ctx)
	case err != nil:
		return nil, false, unavailable(CauseEvaluation, err)
	case len(results) == 0 || len(results[0].Expressions) == 0:
		return nil, false, nil
	}
	return results[0].Expressions[0].Value, true, nil
}
