package authz_test

import (
	"context"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/open-policy-agent/opa/v1/logging"
	"github.com/open-policy-agent/opa/v1/runtime"
	"github.com/open-policy-agent/opa/v1/server"

	"github.com/geowarden/geowarden/authz"
)

// opaServer is a real OPA server on loopback with one file of Rego; it gives its
// address.
func opaServer(t *testing.T, rules string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "authz.rego")
	write(t, path, "package httpapi.authz\n\n"+rules)
	rt, err := runtime.NewRuntime(t.Context(), runtime.Params{Paths: []string{path}, Logger: logging.NewNoOpLogger()})
	if err != nil {
		t.Fatal(err)
	}
	if err := rt.Manager.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rt.Manager.Stop(context.Background()) })
	opa, err := server.New().WithAddresses(nil).WithStore(rt.Store).WithManager(rt.Manager).Init(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	listening := httptest.NewServer(opa.Handler)
	t.Cleanup(listening.Close)
	return listening.URL
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
		r, err := authz.NewRemote(authz.RemoteConfig{URL: url, TopLevelClaims: true, Timeout: patience})
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
		wantCause(t, err, authz.CauseEvaluation)
	}
}

func TestARealOPAServerWithoutThePackageDenies(t *testing.T) {
	r, err := authz.NewRemote(authz.RemoteConfig{URL: opaServer(t, "allow := true"), Package: "other.rules", Timeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Decide(t.Context(), asks(user("ada", nil), reads("common", "landing")))
	wantDecision(t, got, err, false, "")
}

func TestARealOPAServerWithADataRuleGivesNoAnswer(t *testing.T) {
	for name, rules := range map[string]string{
		"a filter, undefined without a feature": "allow := true\nfeature_visible if input.feature.properties.public",
		"a write rule, for some":                "allow := true\nfeature_writable if {\n\tinput.subject.kind == \"user\"\n\tinput.feature.id == 1\n}",
		"a default":                             "allow := true\ndefault feature_visible := false",
		"a set":                                 "allow := true\nmasked_properties contains \"phone\" if input.subject.kind == \"anonymous\"",
	} {
		t.Run(name, func(t *testing.T) {
			r, err := authz.NewRemote(authz.RemoteConfig{URL: opaServer(t, rules), Timeout: patience})
			if err != nil {
				t.Fatal(err)
			}
			_, err = r.Decide(t.Context(), asks(user("ada", nil), reads("common", "landing")))
			wantCause(t, err, authz.CauseDataRule)
		})
	}
}
