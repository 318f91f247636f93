package authz

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// believed is how long the server is taken at its word that the policy has no
// data rule: it may be given another policy at any time.
const believed = 30 * time.Second

// ruleCheck asks an OPA server whether the policy has a data rule. The document
// of the package does not say so: a rule that waits for input.feature is
// undefined there, and would be ignored without a trace. The Compile API
// answers what could be defined for some input.
type ruleCheck struct {
	url     string // of the Compile API
	query   []byte
	asking  sync.Mutex
	outcome atomic.Pointer[checked]
}

type checked struct {
	found  bool
	learnt bool // the server said so; else its Compile API is closed
	at     time.Time
}

func newRuleCheck(url string, e entrypoint) (*ruleCheck, error) {
	query, err := json.Marshal(map[string]any{
		"query":    fmt.Sprintf(`some name in {"%s"}; %s[name] = value`, strings.Join(dataRules, `", "`), e.document()),
		"unknowns": []string{"input"},
	})
	return &ruleCheck{url: url, query: query}, err
}

// check fails where the policy has a data rule, or the server is out of reach.
// A server that keeps its Compile API closed is believed to have none.
func (c *ruleCheck) check(ctx context.Context, r *Remote) error {
	last := c.outcome.Load()
	switch {
	case last == nil:
		return c.ask(ctx, r)
	case time.Since(last.at) > believed && c.asking.TryLock():
		// One request asks again; the others go by what was said last.
		defer c.asking.Unlock()
		return c.ask(ctx, r)
	case time.Since(last.at) > 2*believed:
		return unavailable(CauseRemote, errors.New("the OPA server has not said for too long what rules its policy has"))
	}
	return last.verdict()
}

func (c *ruleCheck) ask(ctx context.Context, r *Remote) error {
	status, answer, err := r.post(ctx, c.url, c.query)
	if err != nil {
		return err
	}
	outcome, last := &checked{at: time.Now()}, c.outcome.Load()
	switch status {
	case http.StatusOK:
		if outcome.found, err = couldBeDefined(answer); err != nil {
			return unavailable(CauseRemote, err)
		}
		outcome.learnt = true
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed:
		// It is closed: nobody can tell, and the server's own answers decide. Where
		// it was open before, something stands between, and what is known stays.
		if last != nil && last.learnt {
			return unavailable(CauseRemote, fmt.Errorf("the OPA server's Compile API answers %d now", status))
		}
	default:
		return unavailable(CauseRemote, fmt.Errorf("the OPA server's Compile API answered %d", status))
	}
	c.outcome.Store(outcome)
	return outcome.verdict()
}

func (o *checked) verdict() error {
	if o.found {
		return unavailable(CauseDataRule, errors.New("the OPA server's policy has a data rule: "+refusal(strings.Join(dataRules, ", "))))
	}
	return nil
}

// couldBeDefined tells whether the Compile API found a condition under which
// the query holds: without one it gives an empty result.
func couldBeDefined(answer []byte) (bool, error) {
	var compiled struct {
		Result *struct {
			Queries []json.RawMessage `json:"queries"`
			Support []json.RawMessage `json:"support"`
		} `json:"result"`
	}
	if err := json.Unmarshal(answer, &compiled); err != nil || compiled.Result == nil {
		return false, errors.New("the answer of the OPA server's Compile API has no result")
	}
	return len(compiled.Result.Queries)+len(compiled.Result.Support) > 0, nil
}
