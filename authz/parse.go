package authz

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// modules are parsed Rego files, by their paths.
type modules map[string]*ast.Module

// parse reads every Rego file: as Rego v1, and where that fails as v0, each
// file for itself, because tests and libraries are not always as old as the
// policy. A v0 file is good for a warning.
func parse(all *files) (modules, []string, error) {
	parsed := make(modules)
	var warnings []string
	for _, name := range all.names() {
		if !isRego(name) {
			continue
		}
		module, err := parseVersion(name, all.contents[name], ast.RegoV1)
		if err != nil {
			old, oldErr := parseVersion(name, all.contents[name], ast.RegoV0)
			if oldErr != nil && oldErr.Error() == err.Error() {
				return nil, nil, err
			}
			if oldErr != nil {
				return nil, nil, fmt.Errorf("%w; and read as Rego v0: %w", err, oldErr)
			}
			module = old
			warnings = append(warnings, name+": this is Rego v0; `opa fmt --write --v0-v1` makes v1 of it")
		}
		parsed[name] = module
	}
	for _, name := range all.hidden {
		warnings = append(warnings, name+": not read, because its name begins with a dot")
	}
	return parsed, warnings, nil
}

func parseVersion(name string, content []byte, version ast.RegoVersion) (*ast.Module, error) {
	return ast.ParseModuleWithOpts(name, string(content), ast.ParserOptions{RegoVersion: version})
}

// deciding are the modules without the test files: those never decide.
func (m modules) deciding() modules {
	rest := make(modules, len(m))
	for name, module := range m {
		if !isTest(name) {
			rest[name] = module
		}
	}
	return rest
}

// packages names the packages there are, for somebody who looks for theirs.
func (m modules) packages() string {
	names := make(map[string]bool)
	for _, module := range m {
		names[strings.TrimPrefix(module.Package.Path.String(), "data.")] = true
	}
	if len(names) == 0 {
		return "no package"
	}
	return strings.Join(slices.Sorted(maps.Keys(names)), ", ")
}
