package authz_test

import (
	"slices"
	"testing"

	"github.com/geowarden/geowarden/authn"
	"github.com/geowarden/geowarden/authz"
	"github.com/geowarden/geowarden/ogcapi"
)

func TestFlatAllowsWhoeverWasLetIn(t *testing.T) {
	for _, kind := range []authn.Kind{authn.Anonymous, authn.User, authn.Service, authn.Key} {
		in := asks(&authn.Principal{Kind: kind}, ogcapi.Resource{API: "features", Operation: "delete"})
		got, err := authz.Flat{}.Decide(t.Context(), in)
		wantDecision(t, got, err, true, "")
	}
}

func TestFlatKeepsAdminClosedUnlessOpened(t *testing.T) {
	in := asks(&authn.Principal{Kind: authn.Key, ID: "ops"}, reads("admin", "config"))
	got, err := authz.Flat{}.Decide(t.Context(), in)
	wantDecision(t, got, err, false, "the admin resources are closed; the setting ADMIN_OPEN opens them")
	got, err = authz.Flat{AdminOpen: true}.Decide(t.Context(), in)
	wantDecision(t, got, err, true, "")
}

func TestFlatDemandsEveryScope(t *testing.T) {
	tests := []struct {
		name    string
		held    []string
		missing []string
	}{
		{"all held", []string{"write", "openid", "read"}, nil},
		{"one missing", []string{"read"}, []string{"write"}},
		{"none held", nil, []string{"read", "write"}},
		{"a prefix is not the scope", []string{"read", "writer"}, []string{"write"}},
		{"another case is not the scope", []string{"read", "WRITE"}, []string{"write"}},
		{"two in one string are not two", []string{"read write"}, []string{"read", "write"}},
	}
	flat := authz.Flat{Scopes: []string{"read", "write"}}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := flat.Decide(t.Context(), asks(&authn.Principal{Kind: authn.User, Scopes: test.held}, reads("features", "items")))
			if err != nil {
				t.Fatal(err)
			}
			if got.Allow != (test.missing == nil) || !slices.Equal(got.MissingScopes, test.missing) {
				t.Errorf("got %+v, want missing %v", got, test.missing)
			}
			if !got.Allow && got.Reason == "" {
				t.Error("denied without a reason")
			}
		})
	}
}

func TestNoEngineDecidesOnNothing(t *testing.T) {
	remote, err := authz.NewRemote(authz.RemoteConfig{URL: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	engines := map[string]authorizer{"flat": authz.Flat{}, "embedded": policy(t, "allow := true"), "remote": remote}
	for name, e := range engines {
		for _, in := range []authz.Input{{}, {Principal: &authn.Principal{}}, {Request: &ogcapi.Request{}}} {
			t.Run(name, func(t *testing.T) {
				got, err := e.Decide(t.Context(), in)
				wantCause(t, err, authz.CauseEvaluation)
				if got.Allow {
					t.Error("allowed")
				}
			})
		}
	}
}
