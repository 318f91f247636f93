package authz_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/geowarden/geowarden/authn"
	"github.com/geowarden/geowarden/authz"
)

// A policy as users of fastgeoapi write it: Rego v0, claims at the top level,
// and a path that is relative or, as fastgeoapi really sends it, whole.
func TestAPolicyWrittenForFastgeoapiDecidesUnchanged(t *testing.T) {
	engines := map[string]authz.EmbeddedConfig{
		"testdata/fastgeoapi":      {},
		"testdata/fastgeoapi-full": {PathPrefix: []string{"geoapi"}},
	}
	osgeo := user("tom", map[string]any{"company": "osgeo"})
	geobeyond := user("francesco", map[string]any{"company": "geobeyond"})
	other := user("grace", nil)
	nobody := &authn.Principal{Kind: authn.Anonymous}
	tests := []struct {
		path    string
		allowed []*authn.Principal
	}{
		{"", []*authn.Principal{osgeo, geobeyond, other}},
		{"static/img/logo.png", []*authn.Principal{osgeo, geobeyond, other}},
		{"collections", []*authn.Principal{osgeo, geobeyond, other}},
		{"collections/obs", []*authn.Principal{osgeo}},
		{"collections/obs/items/1", []*authn.Principal{osgeo}},
		{"collections/lakes", []*authn.Principal{geobeyond}},
		{"collections/lakes/items", []*authn.Principal{geobeyond}},
		{"collections/hills/items", nil},
		{"processes", nil},
		{"admin/config", nil},
		{"obs", nil},
	}
	for path, cfg := range engines {
		cfg.Load, cfg.TopLevelClaims, cfg.Timeout = authz.OpenPolicy(path), true, patience
		e, err := authz.NewEmbedded(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if w := e.Warnings(); len(w) != 1 || !strings.Contains(w[0], "Rego v0") {
			t.Errorf("warnings %q", w)
		}
		for _, test := range tests {
			var segments []string
			if test.path != "" {
				segments = strings.Split(test.path, "/")
			}
			for _, who := range []*authn.Principal{osgeo, geobeyond, other, nobody} {
				t.Run(path+"/"+test.path+" by "+who.ID, func(t *testing.T) {
					got, err := e.Decide(t.Context(), asks(who, reads("", ""), segments...))
					wantDecision(t, got, err, slices.Contains(test.allowed, who), "")
				})
			}
		}
	}
}

// A collection whose id has slashes is one element, so that the rule on obs
// does not open what is called obs/secret.
func TestARuleOnACollectionDoesNotOpenALongerId(t *testing.T) {
	rules, err := os.ReadFile("testdata/fastgeoapi/authz.rego")
	if err != nil {
		t.Fatal(err)
	}
	e := engine(t, authz.EmbeddedConfig{TopLevelClaims: true}, map[string]string{"a.rego": string(rules)})
	in := asks(user("tom", map[string]any{"company": "osgeo"}), reads("features", "items"), "collections", "obs/secret", "items")
	got, err := e.Decide(t.Context(), in)
	wantDecision(t, got, err, false, "")
}

// A token of an identity provider that lets its users name claims must not be
// able to answer for the gateway.
func TestAClaimDoesNotSpeakForTheGateway(t *testing.T) {
	e := engine(t, authz.EmbeddedConfig{TopLevelClaims: true}, map[string]string{"a.rego": `package httpapi.authz

allow if input.request_path == ["static"]

allow if input.resource.api == "static"

allow if input.subject.kind == "service"

allow if input.feature

allow if input.existing

allow if input.request_later
`})
	who := user("mallory", map[string]any{
		"request_path": []any{"static"}, "resource": map[string]any{"api": "static"}, "subject": map[string]any{"kind": "service"},
		"feature": true, "existing": true, "request_later": true,
	})
	got, err := e.Decide(t.Context(), asks(who, reads("features", "items"), "collections"))
	wantDecision(t, got, err, false, "")
}
