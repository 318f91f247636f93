package authz_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/logging"
	"github.com/open-policy-agent/opa/v1/runtime"

	"github.com/geowarden/geowarden/authz"
)

// opaServer starts a real OPA server on loopback with one file of Rego, and
// gives its address.
func opaServer(t *testing.T, rules string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "authz.rego")
	write(t, path, "package httpapi.authz\n\n"+rules)
	addresses := []string{"127.0.0.1:0"}
	ctx, stop := context.WithCancel(context.Background())
	rt, err := runtime.NewRuntime(ctx, runtime.Params{
		Addrs:                  &addresses,
		Paths:                  []string{path},
		Logger:                 logging.NewNoOpLogger(),
		ReadyTimeout:           0,
		GracefulShutdownPeriod: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- rt.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		<-stopped
	})
	for begin := time.Now(); len(rt.Addrs()) == 0; time.Sleep(time.Millisecond) {
		if time.Since(begin) > 20*time.Second {
			t.Fatal("the OPA server did not start")
		}
	}
	return "http://" + rt.Addrs()[0]
}

func TestARealOPAServerDecides(t *testing.T) {
	address := opaServer(t, `
default allow := false

allow if {
	input.company == "osgeo"
	input.request_path == ["collections", "obs"]
}

reason := sprintf("%s is not of osgeo", [input.subject.id]) if input.company != "osgeo"

helper if {
	input.request.query.fails
	to_number(input.subject.id)
}
`)
	for _, url := range []string{address, address + "/v1/data/httpapi/authz", address + "/v1/data/httpapi/authz/v1/data/httpapi/authz/"} {
		r, err := authz.NewRemote(authz.RemoteConfig{URL: url, TopLevelClaims: true, Timeout: 30 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		ada := user("ada", map[string]any{"company": "osgeo"})
		got, err := r.Decide(t.Context(), asks(ada, reads("features", "items"), "collections", "obs"))
		wantDecision(t, got, err, true, "")
		got, err = r.Decide(t.Context(), asks(ada, reads("features", "items"), "collections", "lakes"))
		wantDecision(t, got, err, false, "")
		got, err = r.Decide(t.Context(), asks(user("grace", map[string]any{"company": "x"}), reads("features", "items"), "collections", "obs"))
		wantDecision(t, got, err, false, "grace is not of osgeo")

		// A builtin that fails anywhere in the package is no answer, not undefined.
		in := asks(ada, reads("features", "items"), "collections", "obs")
		in.Request.Query = map[string][]string{"fails": {"1"}}
		_, err = r.Decide(t.Context(), in)
		wantCause(t, err, authz.CauseRemote)
	}
}

func TestARealOPAServerWithoutThePackageDenies(t *testing.T) {
	r, err := authz.NewRemote(authz.RemoteConfig{URL: opaServer(t, "allow := true"), Package: "other.rules", Timeout: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Decide(t.Context(), asks(user("ada", nil), reads("common", "landing")))
	wantDecision(t, got, err, false, "")
}

func TestARealOPAServerWithADataRuleGivesNoAnswer(t *testing.T) {
	for name, rules := range map[string]string{
		"a default": "allow := true\ndefault feature_visible := false",
		"a set":     "allow := true\nmasked_properties contains \"phone\" if input.subject.kind == \"anonymous\"",
	} {
		t.Run(name, func(t *testing.T) {
			r, err := authz.NewRemote(authz.RemoteConfig{URL: opaServer(t, rules), Timeout: 30 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			_, err = r.Decide(t.Context(), asks(user("ada", nil), reads("common", "landing")))
			wantCause(t, err, authz.CauseDataRule)
		})
	}
}
