package metrics

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// literals returns every string that pick finds in the sources of a package.
func literals(t *testing.T, folder string, pick func(ast.Node) ast.Expr) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if text, is := pick(n).(*ast.BasicLit); is && text.Kind == token.STRING {
				word, err := strconv.Unquote(text.Value)
				if err != nil {
					t.Fatal(err)
				}
				found = append(found, word)
			}
			return true
		})
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// field picks what is given to a field of one of these names.
func field(names ...string) func(ast.Node) ast.Expr {
	return func(n ast.Node) ast.Expr {
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			if name, is := n.Key.(*ast.Ident); is && slices.Contains(names, name.Name) {
				return n.Value
			}
		case *ast.AssignStmt:
			if sel, is := n.Lhs[0].(*ast.SelectorExpr); is && slices.Contains(names, sel.Sel.Name) {
				return n.Rhs[0]
			}
		}
		return nil
	}
}

// argument picks the first argument of a call of one of these functions.
func argument(names ...string) func(ast.Node) ast.Expr {
	return func(n ast.Node) ast.Expr {
		call, is := n.(*ast.CallExpr)
		if !is || len(call.Args) == 0 {
			return nil
		}
		name := ""
		switch f := call.Fun.(type) {
		case *ast.Ident:
			name = f.Name
		case *ast.SelectorExpr:
			name = f.Sel.Name
		}
		if slices.Contains(names, name) {
			return call.Args[0]
		}
		return nil
	}
}

// constant picks the values of constants of a type.
func constant(kind string) func(ast.Node) ast.Expr {
	return func(n ast.Node) ast.Expr {
		if spec, is := n.(*ast.ValueSpec); is && len(spec.Values) == 1 {
			if name, is := spec.Type.(*ast.Ident); is && name.Name == kind {
				return spec.Values[0]
			}
		}
		return nil
	}
}

// What the other packages call things is what is counted under its own name:
// a word that is missing here would be lost in "other".
func TestEveryWordOfTheProgramIsKnown(t *testing.T) {
	for _, source := range []struct {
		what, folder, prefix string
		pick                 func(ast.Node) ast.Expr
		set                  words
		least                int
	}{
		{"class of a problem", "../../proxy", "", field("class"), classes, 10},
		{"class of a failure", "../../proxy", "", argument("failed"), classes, 1},
		{"check of a token", "../../authn", "authn-", argument("invalid", "invalidKey"), classes, 14},
		{"check of a credential", "../../authn", "authn-", field("Check"), classes, 3},
		{"cause of no decision", "../../authz", "", constant("Cause"), classes, 5},
		{"type of a resource", "../../ogcapi", "", field("Type", "typ"), types, 25},
		{"decision", "../../proxy", "", field("decision", "Decision"), decisions, 4},
		{"mode", "../../cmd/geowarden", "", constant("Mode"), modes, 4},
	} {
		found := literals(t, source.folder, source.pick)
		if len(found) < source.least {
			t.Errorf("only %q were found as %s", found, source.what)
		}
		for _, word := range found {
			if word == "" || strings.HasSuffix(word, "-") {
				continue // what follows is one of another line of this table
			}
			if source.set.of(source.prefix+word) == 0 {
				t.Errorf("the %s %q is not known here", source.what, source.prefix+word)
			}
		}
	}
}

// Two words of one place would be one series under a wrong name.
func TestNoWordIsThereTwice(t *testing.T) {
	for _, set := range []words{modes, decisions, types, classes, parts} {
		if len(set.index) != len(set.list) {
			t.Errorf("a word is twice in %q", set.list)
		}
	}
}
