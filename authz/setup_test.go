package authz_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"testing/fstest"
	"time"

	"github.com/geowarden/geowarden/authn"
	"github.com/geowarden/geowarden/authz"
	"github.com/geowarden/geowarden/ogcapi"
)

const patience = 30 * time.Second

// authorizer is what every engine is to the proxy.
type authorizer interface {
	Decide(ctx context.Context, in authz.Input) (authz.Decision, error)
}

// user is a principal with the claims of a person's token.
func user(id string, claims map[string]any) *authn.Principal {
	all := map[string]any{"sub": id}
	for name, value := range claims {
		all[name] = value
	}
	return &authn.Principal{Kind: authn.User, ID: id, Issuer: "https://idp.example", Claims: all}
}

// asks is a GET of the path made of segments, about res.
func asks(who *authn.Principal, res ogcapi.Resource, segments ...string) authz.Input {
	return authz.Input{
		Principal: who,
		Request:   &ogcapi.Request{Method: "GET", Segments: segments, Resource: res},
		ClientIP:  netip.MustParseAddr("192.0.2.7"),
		Time:      time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
	}
}

func reads(api, kind string) ogcapi.Resource {
	return ogcapi.Resource{API: api, Operation: "read", Type: kind}
}

func folder(contents map[string]string) fstest.MapFS {
	fsys := make(fstest.MapFS)
	for name, content := range contents {
		fsys[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return fsys
}

// policy is an engine on one file of Rego, written without its package line.
func policy(t testing.TB, rules string) *authz.Embedded {
	t.Helper()
	return engine(t, authz.EmbeddedConfig{}, map[string]string{"authz.rego": "package httpapi.authz\n\n" + rules})
}

// engine is one on the files of contents. Unless cfg says otherwise it has all
// the time it wants: a busy machine must not fail a test that is about a rule.
func engine(t testing.TB, cfg authz.EmbeddedConfig, contents map[string]string) *authz.Embedded {
	t.Helper()
	cfg.Load = authz.PolicyFiles(folder(contents))
	if cfg.Timeout == 0 {
		cfg.Timeout = patience
	}
	e, err := authz.NewEmbedded(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// wantCause fails unless err is an *Unavailable with the cause.
func wantCause(t testing.TB, err error, cause authz.Cause) {
	t.Helper()
	var none *authz.Unavailable
	if !errors.As(err, &none) {
		t.Fatalf("error %v, want an *Unavailable", err)
	}
	if none.Cause != cause {
		t.Fatalf("cause %q (%v), want %q", none.Cause, none.Err, cause)
	}
	if none.RetryAfter <= 0 {
		t.Error("no word on when another try makes sense")
	}
}

func wantDecision(t testing.TB, got authz.Decision, err error, allow bool, reason string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if got.Allow != allow || got.Reason != reason {
		t.Errorf("allow %v, reason %q; want %v, %q", got.Allow, got.Reason, allow, reason)
	}
}
