package authz

import "github.com/open-policy-agent/opa/v1/ast"

// looksAtRequest tells whether rules can look at input.request: most do not,
// and to make it costs as much as they do. Whatever may name it counts: the
// input as a whole, or a part of it that is found out only while the policy
// runs. A rule that looked at a request that is not there would find it
// undefined, and `not` would make a yes of that.
func (m modules) looksAtRequest() bool {
	found := false
	var visit func(*ast.Term) bool
	visit = func(t *ast.Term) bool {
		switch v := t.Value.(type) {
		case ast.Var:
			found = found || v.Equal(ast.InputRootDocument.Value)
		case ast.Ref:
			if !v.HasPrefix(ast.InputRootRef) {
				return found
			}
			if len(v) == 1 {
				found = true
				return true
			}
			part, known := v[1].Value.(ast.String)
			found = found || !known || part == "request"
			for _, deeper := range v[1:] {
				ast.WalkTerms(deeper, visit)
			}
			return true // its head alone would be the input as a whole
		}
		return found
	}
	for _, module := range m {
		ast.WalkTerms(module, visit)
	}
	return found
}
