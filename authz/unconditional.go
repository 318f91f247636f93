package authz

import (
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
)

// unconditional warns of every rule that allows whatever is asked. Such a rule
// is legal, and is what a policy looks like that was opened for a test and
// never closed.
func (e entrypoint) unconditional(deciding modules) []string {
	var warnings []string
	for _, rule := range deciding.rules() {
		name, whole, err := e.rule(rule)
		if err != nil || name != "allow" || !whole {
			continue
		}
		switch {
		case rule.Default && isTrue(rule.Head.Value):
			warnings = append(warnings, fmt.Sprintf("%s: allow is true by default: everything that no rule denies is let through", rule.Loc()))
		case !rule.Default && isConstantlyTrue(rule):
			warnings = append(warnings, fmt.Sprintf("%s: allow is true whatever is asked: every request is let through", rule.Loc()))
		}
	}
	return warnings
}

// isConstantlyTrue looks at the body, and at the else branches behind bodies
// that cannot depend on the request either.
func isConstantlyTrue(rule *ast.Rule) bool {
	for ; rule != nil && isConstant(rule.Body); rule = rule.Else {
		if isTrue(rule.Head.Value) && !isOff(rule.Body) {
			return true
		}
	}
	return false
}

// isOff tells whether a body holds a bare false, which switches a rule off.
func isOff(body ast.Body) bool {
	for _, expr := range body {
		if term, ok := expr.Terms.(*ast.Term); ok && !expr.Negated && ast.Boolean(false).Equal(term.Value) {
			return true
		}
	}
	return false
}

// isConstant tells whether a body is made of constants only, such as `true` or
// `1 == 1`.
func isConstant(body ast.Body) bool {
	for _, expr := range body {
		if len(expr.With) > 0 {
			return false
		}
		switch terms := expr.Terms.(type) {
		case *ast.Term:
			if !ast.IsConstant(terms.Value) {
				return false
			}
		case []*ast.Term:
			for _, operand := range terms[1:] {
				if !ast.IsConstant(operand.Value) {
					return false
				}
			}
		default:
			return false
		}
	}
	return true
}

func isTrue(term *ast.Term) bool {
	return term != nil && ast.Boolean(true).Equal(term.Value)
}
