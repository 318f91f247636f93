package authz

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync/atomic"
	"time"
)

const (
	maxAnswer            = 1 << 20     // bytes that an OPA server may answer
	defaultRemoteTimeout = time.Second // of one decision, the network included
	runTimeout           = 5 * time.Second
)

// RemoteConfig is what a Remote engine needs. URL is required.
type RemoteConfig struct {
	URL            string        // of the OPA server, with or without /v1/data/… at its end
	Package        string        // the entrypoint package; that of the URL, or httpapi.authz, by default
	Client         *http.Client  // its transport is used, its redirect policy is not; http.DefaultTransport by default
	Timeout        time.Duration // of one decision; 1 s by default
	PathPrefix     []string      // as in EmbeddedConfig
	TopLevelClaims bool          // as in EmbeddedConfig
}

// Remote is an OPA server. It decides allow and reason. It may be used by many
// goroutines.
type Remote struct {
	url     string
	rules   *ruleCheck
	failing atomic.Bool // as of the last question
	client  http.Client
	timeout time.Duration
	form    form
}

// NewRemote does not ask the server anything: it may come up later.
func NewRemote(cfg RemoteConfig) (*Remote, error) {
	server, entry, err := splitSetting(cfg.URL, cfg.Package)
	if err != nil {
		return nil, err
	}
	rules, err := newRuleCheck(server.compile(), entry)
	if err != nil {
		return nil, err
	}
	r := &Remote{
		url:     server.data(entry),
		rules:   rules,
		timeout: cfg.Timeout,
		form:    form{prefix: slices.Clone(cfg.PathPrefix), claims: cfg.TopLevelClaims},
	}
	if r.timeout <= 0 {
		r.timeout = defaultRemoteTimeout
	}
	if cfg.Client != nil {
		r.client = *cfg.Client
	}
	// The input names who asks for what: it goes to the configured server only.
	r.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return r, nil
}

// Decide sends the input to the server. Whatever is not a clear answer is an
// *Unavailable.
func (r *Remote) Decide(ctx context.Context, in Input) (Decision, error) {
	if err := in.complete(); err != nil {
		return Decision{}, unavailable(CauseEvaluation, err)
	}
	if !in.legible() {
		return illegible, nil
	}
	question, err := json.Marshal(map[string]any{"input": r.form.document(in)})
	if err != nil {
		return Decision{}, unavailable(CauseEvaluation, errors.New("a claim cannot be given to a policy"))
	}
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	if err := r.rules.check(ctx, r); err != nil {
		return Decision{}, err
	}
	status, answer, err := r.post(ctx, r.url, question)
	if err != nil {
		return Decision{}, err
	}
	if status != http.StatusOK {
		return Decision{}, refused(status, answer)
	}
	return decideAnswer(answer)
}

// refused tells a policy that failed, of which the server says a code (OPA's
// REST API, "Errors"), from a server that is not there.
func refused(status int, answer []byte) error {
	var said struct {
		Code string `json:"code"`
	}
	if status == http.StatusInternalServerError && json.Unmarshal(answer, &said) == nil && said.Code != "" {
		return unavailable(CauseEvaluation, fmt.Errorf("the OPA server answered %d, %q", status, said.Code))
	}
	return unavailable(CauseRemote, fmt.Errorf("the OPA server answered %d", status))
}

// Run asks the server now and then, so that an outage is known before a request
// meets it, and data rules are looked for beside the requests. It ends with ctx.
func (r *Remote) Run(ctx context.Context) {
	ticker := time.NewTicker(believed / 2)
	defer ticker.Stop()
	for {
		asking, cancel := context.WithTimeout(ctx, runTimeout)
		r.failing.Store(r.rules.ask(asking, r) != nil)
		cancel()
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Failing reports that the server gave no usable answer when it was asked last.
func (r *Remote) Failing() bool { return r.failing.Load() }

// post sends a question and gives status and body of the answer. Its error is
// an *Unavailable.
func (r *Remote) post(ctx context.Context, url string, question []byte) (int, []byte, error) {
	status, answer, err := r.exchange(ctx, url, question)
	if !errors.Is(ctx.Err(), context.Canceled) { // a caller that went away says nothing of the server
		r.failing.Store(err != nil || status >= http.StatusInternalServerError)
	}
	if err != nil && ctx.Err() != nil {
		return 0, nil, late(ctx)
	}
	if err != nil {
		return 0, nil, unavailable(CauseRemote, err)
	}
	return status, answer, nil
}

func (r *Remote) exchange(ctx context.Context, url string, question []byte) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(question))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := r.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return 0, nil, err
	}
	if len(answer) > maxAnswer {
		return 0, nil, fmt.Errorf("the OPA server answered more than %d bytes", maxAnswer)
	}
	return resp.StatusCode, answer, nil
}

// decideAnswer reads what the server says of the package: an object in result,
// with one member for each rule that is defined.
func decideAnswer(answer []byte) (Decision, error) {
	value, err := decodeJSON(answer)
	if err != nil {
		return Decision{}, unavailable(CauseRemote, fmt.Errorf("the OPA server's answer: %w", err))
	}
	envelope, ok := value.(map[string]any)
	if !ok {
		return Decision{}, unavailable(CauseRemote, errors.New("the OPA server's answer is no object"))
	}
	result, defined := envelope["result"]
	if !defined {
		return Decision{}, nil // the package is not there: undefined
	}
	rules, ok := result.(map[string]any)
	if !ok {
		return Decision{}, unavailable(CauseType, fmt.Errorf("the policy package is a %T", result))
	}
	for _, name := range dataRules {
		if _, ok := rules[name]; ok {
			return Decision{}, unavailable(CauseDataRule, errors.New(refusal(name)))
		}
	}
	value, defined = rules["allow"]
	allow, boolean := value.(bool)
	if defined && !boolean {
		return Decision{}, unavailable(CauseType, fmt.Errorf("allow is a %T", value))
	}
	if allow {
		return Decision{Allow: true}, nil
	}
	return Decision{Reason: reasonOf(rules["reason"])}, nil
}
