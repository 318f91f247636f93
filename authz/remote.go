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
	"time"
)

const (
	maxAnswer            = 1 << 20     // bytes that an OPA server may answer
	defaultRemoteTimeout = time.Second // of one decision, the network included
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
	client  http.Client
	timeout time.Duration
	form    form
}

// NewRemote does not ask the server anything: it may come up later.
func NewRemote(cfg RemoteConfig) (*Remote, error) {
	endpoint, err := dataEndpoint(cfg.URL, cfg.Package)
	if err != nil {
		return nil, err
	}
	r := &Remote{
		url:     endpoint,
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
	answer, err := r.post(ctx, question)
	if err != nil {
		if ctx.Err() != nil {
			return Decision{}, late(ctx)
		}
		return Decision{}, unavailable(CauseRemote, err)
	}
	return decideAnswer(answer)
}

func (r *Remote) post(ctx context.Context, question []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, bytes.NewReader(question))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := r.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the OPA server answered %d", resp.StatusCode)
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, err
	}
	if len(answer) > maxAnswer {
		return nil, fmt.Errorf("the OPA server answered more than %d bytes", maxAnswer)
	}
	return answer, nil
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
