package authz

import (
	"bytes"
	"context"
	"testing"
	"unicode/utf8"

	"github.com/open-policy-agent/opa/v1/ast"
)

func FuzzReadingAnAnswer(f *testing.F) {
	f.Add([]byte(`{"result": {"allow": true}}`))
	f.Add([]byte(`{"result": {"allow": false, "allow": true}}`))
	f.Add([]byte(`{"result": {"allow": false, "reason": "\ud800\r\n"}}`))
	f.Add([]byte(`{"result": {"allow": true}}{}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		got, err := decideAnswer(answer)
		if err != nil && got.Allow {
			t.Error("allowed with an error")
		}
		if len(got.Reason) > maxReason || !utf8.ValidString(got.Reason) {
			t.Errorf("reason %q", got.Reason)
		}
		if !got.Allow {
			return
		}
		value, err := ast.ValueFromReader(bytes.NewReader(answer))
		if err != nil {
			t.Fatalf("allowed on what is no JSON: %v", err)
		}
		allow, err := value.Find(ast.Ref{ast.StringTerm("result"), ast.StringTerm("allow")})
		if err != nil || allow.Compare(ast.Boolean(true)) != 0 {
			t.Errorf("allowed on %v", value)
		}
	})
}

func FuzzLoadingAPolicy(f *testing.F) {
	f.Add([]byte("package httpapi.authz\nallow := true"), []byte("a: 1"))
	f.Add([]byte("package httpapi\nauthz[x] { x := \"allow\" }"), []byte("- 1"))
	f.Add([]byte("package httpapi.authz\nallow if { 1 == 1 } else := false"), []byte("httpapi: {authz: {feature_visible: 1}}"))
	f.Fuzz(func(t *testing.T, rules, data []byte) {
		all := &files{contents: map[string][]byte{"a.rego": rules, "data.yaml": data}}
		c := compiling{entrypoint: entrypoint{"httpapi", "authz"}, capabilities: capabilities(false)}
		made, err := c.compile(context.Background(), all)
		if (made == nil) == (err == nil) {
			t.Errorf("policy %v with error %v", made, err)
		}
	})
}
