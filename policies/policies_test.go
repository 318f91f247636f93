package policies_test

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/geowarden/geowarden/authn"
	"github.com/geowarden/geowarden/authz"
	"github.com/geowarden/geowarden/ogcapi"
	"github.com/geowarden/geowarden/policies"
)

// folders are the folders that hold a policy, found by their Rego.
func folders(t *testing.T) []string {
	t.Helper()
	var found []string
	err := fs.WalkDir(policies.FS, ".", func(name string, _ fs.DirEntry, err error) error {
		if dir := path.Dir(name); err == nil && path.Ext(name) == ".rego" && !slices.Contains(found, dir) {
			found = append(found, dir)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func load(t testing.TB, folder string) *authz.Embedded {
	t.Helper()
	fsys, err := fs.Sub(policies.FS, folder)
	if err != nil {
		t.Fatal(err)
	}
	e, err := authz.NewEmbedded(t.Context(), authz.EmbeddedConfig{Load: authz.PolicyFiles(fsys), Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Loading a policy runs its own tests.
func TestEveryPolicyLoadsPassesItsTestsAndWarnsOfNothing(t *testing.T) {
	want := []string{"default", "examples/company", "examples/grants", "examples/roles"}
	if got := folders(t); !slices.Equal(got, want) {
		t.Errorf("policies in %q, want %q", got, want)
	}
	for _, folder := range folders(t) {
		t.Run(folder, func(t *testing.T) {
			if warnings := load(t, folder).Warnings(); len(warnings) > 0 {
				t.Error(strings.Join(warnings, "\n"))
			}
			tests, err := fs.Glob(policies.FS, folder+"/*_test.rego")
			if err != nil || len(tests) == 0 {
				t.Errorf("no tests beside the policy (%v)", err)
			}
		})
	}
}

func TestNoPolicyLetsSomebodyUnknownChangeAnything(t *testing.T) {
	nobody := &authn.Principal{Kind: authn.Anonymous}
	for _, folder := range folders(t) {
		e := load(t, folder)
		for _, api := range []string{"common", "features", "records", "processes", "jobs", "admin", "unknown", ""} {
			for _, operation := range []string{"create", "replace", "update", "delete", "execute", ""} {
				t.Run(fmt.Sprintf("%s/%s %s", folder, operation, api), func(t *testing.T) {
					decision, err := e.Decide(t.Context(), authz.Input{
						Principal: nobody,
						Request:   &ogcapi.Request{Method: "POST", Resource: ogcapi.Resource{API: api, Operation: operation, Collection: "obs"}},
					})
					if err != nil || decision.Allow || decision.Reason == "" {
						t.Errorf("%+v, %v", decision, err)
					}
				})
			}
		}
	}
}

func Example() {
	rego, err := fs.ReadFile(policies.FS, "default/authz.rego")
	if err != nil {
		fmt.Println(err)
		return
	}
	title, _, _ := strings.Cut(strings.TrimPrefix(string(rego), "# METADATA\n# title: "), "\n")
	fmt.Println(title)
	// Output: The policy that decides where none is configured
}
