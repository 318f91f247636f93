package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/geowarden/geowarden/"

// mayImport is who may import whom, tests left out. A package that is not
// named here fails the test: it needs a reason.
var mayImport = map[string][]string{
	"ogcapi":            {},
	"policies":          {},
	"authn":             {"internal/watch"},
	"authz":             {"authn", "internal/watch", "ogcapi"},
	"proxy":             {"authn", "authz", "internal/limits", "ogcapi"},
	"internal/demo":     {},
	"internal/limits":   {},
	"internal/listen":   {"internal/watch"},
	"internal/metrics":  {"internal/listen", "proxy"},
	"internal/traces":   {"proxy"},
	"internal/upstream": {},
	"internal/watch":    {},
	"bench":             {"internal/demo"},
	"defences":          {},
	"cmd/geowarden":     {"authn", "authz", "internal/demo", "internal/limits", "internal/listen", "internal/metrics", "internal/traces", "internal/upstream", "ogcapi", "policies", "proxy"},
	"e2e":               {"internal/demo"},
}

func TestImportsFollowTheArchitecture(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.ImportPath}} {{range .Imports}}{{.}} {{end}}", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		imports := strings.Fields(line)
		name := strings.TrimPrefix(imports[0], module)
		allowed, known := mayImport[name]
		if !known {
			t.Errorf("package %s is not in the architecture: give it a reason here, or a place elsewhere", name)
			continue
		}
		seen++
		for _, path := range imports[1:] {
			if ours, is := strings.CutPrefix(path, module); is && !slices.Contains(allowed, ours) {
				t.Errorf("%s imports %s", name, ours)
			}
			if strings.HasPrefix(path, "github.com/open-policy-agent/") && name != "authz" {
				t.Errorf("%s imports %s: types of OPA stay inside authz", name, path)
			}
			if strings.Contains(path, "envconfig") && name != "cmd/geowarden" {
				t.Errorf("%s imports %s: only cmd/geowarden reads the configuration", name, path)
			}
		}
	}
	if seen < 7 {
		t.Errorf("only %d packages were looked at", seen)
	}
}

// Only config.go reads the process environment.
func TestOnlyConfigReadsTheEnvironment(t *testing.T) {
	files := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != ".." {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		files++
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		if filepath.Base(path) != "config.go" && readsEnvironment(file) {
			t.Errorf("%s reads the environment", path)
		}
		return nil
	})
	if err != nil || files < 50 {
		t.Errorf("%d files were looked at: %v", files, err)
	}
}

// readsEnvironment finds the calls of package os that do.
func readsEnvironment(file *ast.File) bool {
	found := false
	ast.Inspect(file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			pkg, isName := sel.X.(*ast.Ident)
			found = found || isName && pkg.Name == "os" && slices.Contains([]string{"Environ", "Getenv", "LookupEnv", "ExpandEnv"}, sel.Sel.Name)
		}
		return true
	})
	return found
}
