package authz

import "github.com/open-policy-agent/opa/v1/ast"

// view is the parts of the input that rules can look at. What they cannot is
// not made for them: to make it all costs more than most decisions do.
type view struct {
	whole bool            // the input as such, or a part that is found out only while the policy runs
	parts map[string]bool // by their names
}

func (v view) has(part string) bool { return v.whole || v.parts[part] }

// looks finds every way in which rules name the input. A rule that looked at a
// part that is not there would find it undefined, and `not` would make a yes of
// that: whatever is not plainly one part is the whole.
func (m modules) looks() view {
	v := view{parts: map[string]bool{}}
	var visit func(*ast.Term) bool
	visit = func(t *ast.Term) bool {
		switch named := t.Value.(type) {
		case ast.Var:
			v.whole = v.whole || named.Equal(ast.InputRootDocument.Value)
		case ast.Ref:
			if !named.HasPrefix(ast.InputRootRef) {
				return false
			}
			if len(named) == 1 {
				v.whole = true
				return true
			}
			if part, known := named[1].Value.(ast.String); known {
				v.parts[string(part)] = true
			} else {
				v.whole = true
			}
			for _, deeper := range named[1:] {
				ast.WalkTerms(deeper, visit)
			}
			return true // its head alone would be the input as a whole
		}
		return false
	}
	for _, module := range m {
		ast.WalkTerms(module, visit)
	}
	return v
}
