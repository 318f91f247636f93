package authz

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// defaultTimeout bounds one evaluation where the configuration does not.
const defaultTimeout = 100 * time.Millisecond

// EmbeddedConfig is what an Embedded engine needs. Load is required, and
// OpenPolicy and PolicyFiles make it; of the rest the zero values are the safe
// ones.
type EmbeddedConfig struct {
	Load           func() (fs.FS, error)                               // reads the policy anew
	Package        string                                              // the entrypoint package; httpapi.authz by default
	Timeout        time.Duration                                       // of one decision; 100 ms by default
	PathPrefix     []string                                            // put before request_path, for policies that want the full path
	TopLevelClaims bool                                                // claims at the top level of the input; MUST NOT be set while more than one issuer is trusted
	AllowNetwork   bool                                                // http.send, net.lookup_ip_addr and opa.runtime; MUST NOT be set for policies of somebody else
	OnReload       func(revision string, warnings []string, err error) // told of each reload: what is in force after it, and why it failed
}

// Embedded is Rego in this process. It decides by one policy at a time, and
// exchanges it for another only after that one has compiled and passed its own
// tests. It may be used by many goroutines.
type Embedded struct {
	load      func() (fs.FS, error)
	compiling compiling
	form      form
	timeout   time.Duration
	onReload  func(string, []string, error)
	lookAgain time.Duration // how often the files are looked at without an event; zero leaves it to package watch

	current   atomic.Pointer[policy]
	reloading sync.Mutex
	tried     string // revision of the files that were tried last, good or not
	unread    string // why they could not be read or watched, as it was told last; empty once that is over
}

// NewEmbedded loads the policy and fails if it cannot decide: no Rego, no rule
// allow, an error of syntax or type, a failing test, a data rule.
func NewEmbedded(ctx context.Context, cfg EmbeddedConfig) (*Embedded, error) {
	if cfg.Load == nil {
		return nil, errors.New("policy: nothing to load it from")
	}
	entry, err := newEntrypoint(cfg.Package)
	if err != nil {
		return nil, err
	}
	e := &Embedded{
		load:      cfg.Load,
		compiling: compiling{entrypoint: entry, capabilities: capabilities(cfg.AllowNetwork)},
		form:      form{prefix: slices.Clone(cfg.PathPrefix), claims: cfg.TopLevelClaims},
		timeout:   cfg.Timeout,
		onReload:  cfg.OnReload,
	}
	if e.timeout <= 0 {
		e.timeout = defaultTimeout
	}
	all, err := e.read()
	if err != nil {
		return nil, err
	}
	if err := e.swap(ctx, all); err != nil {
		return nil, err
	}
	return e, nil
}

// Decide asks the policy in force. An *Unavailable says that it gave no answer;
// ctx ending stops the evaluation.
func (e *Embedded) Decide(ctx context.Context, in Input) (Decision, error) {
	if err := in.complete(); err != nil {
		return Decision{}, unavailable(CauseEvaluation, err)
	}
	if !in.legible() {
		return illegible, nil
	}
	policy := e.current.Load()
	value, err := e.form.value(in, policy.looks)
	if err != nil {
		return Decision{}, unavailable(CauseEvaluation, err)
	}
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	return policy.decide(ctx, value, in.Time)
}

// Reload loads the policy anew. On an error the last good one stays in force.
func (e *Embedded) Reload(ctx context.Context) error {
	e.reloading.Lock()
	defer e.reloading.Unlock()
	all, err := e.read()
	if err == nil {
		err = e.swap(ctx, all)
	}
	e.tell(err)
	return err
}

// Revision names the policy in force: the beginning of a digest of its files.
func (e *Embedded) Revision() string { return e.current.Load().revision }

// Warnings are what to say of the policy in force: an unconditional allow, Rego
// of the old version, files left out.
func (e *Embedded) Warnings() []string { return slices.Clone(e.current.Load().warnings) }

func (e *Embedded) read() (*files, error) {
	fsys, err := e.load()
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	all, err := readFiles(fsys)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return all, nil
}

func (e *Embedded) swap(ctx context.Context, all *files) error {
	e.tried = all.revision()
	made, err := e.compiling.compile(ctx, all)
	if err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	e.current.Store(made)
	return nil
}

func (e *Embedded) tell(err error) {
	if e.onReload == nil {
		return
	}
	e.onReload(e.Revision(), e.Warnings(), err)
}
