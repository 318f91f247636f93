package authz

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// defaultPackage is the entrypoint package of policies written for fastgeoapi.
const defaultPackage = "httpapi.authz"

var packageName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$`)

// entrypoint is the package whose rules decide. It comes from the configuration
// and never from a request (CVE-2025-46569).
type entrypoint []string

func newEntrypoint(name string) (entrypoint, error) {
	if name == "" {
		name = defaultPackage
	}
	if !packageName.MatchString(name) {
		return nil, fmt.Errorf("policy package %q: not names joined by dots", name)
	}
	return strings.Split(name, "."), nil
}

func (e entrypoint) String() string { return strings.Join(e, ".") }

// document is the reference to the package itself.
func (e entrypoint) document() ast.Ref {
	ref := ast.Ref{ast.DefaultRootDocument}
	for _, name := range e {
		ref = append(ref, ast.StringTerm(name))
	}
	return ref
}

// ref is the reference to a rule of the package.
func (e entrypoint) ref(rule string) ast.Ref { return e.document().Append(ast.StringTerm(rule)) }

var (
	errElsewhere = errors.New("not a rule of the package")
	errComputed  = errors.New("computed name")
	errWhole     = errors.New("makes the whole package")
)

// rule gives the name of a rule below the package and whether the rule makes
// that whole document. The rule may be written in any package: `authz.allow` in
// `httpapi` is `allow` in `httpapi.authz`.
func (e entrypoint) rule(rule *ast.Rule) (name string, whole bool, err error) {
	ref := rule.Ref()[1:] // without `data`
	for i, term := range ref {
		text, constant := term.Value.(ast.String)
		switch {
		case !constant:
			return "", false, errComputed
		case i == len(e):
			return string(text), len(ref) == i+1, nil
		case string(text) != e[i]:
			return "", false, errElsewhere
		}
	}
	return "", false, errWhole
}

// check refuses rules and data under which `allow` would be missing, or a data
// rule would be there and go unenforced.
func (e entrypoint) check(deciding modules, data map[string]any) error {
	found := false
	for _, rule := range deciding.rules() {
		name, whole, err := e.rule(rule)
		switch {
		case errors.Is(err, errElsewhere):
			continue
		case err != nil:
			return fmt.Errorf("%s: rules of %s must be written one by one, each with its name: a data rule could hide here (%w)", rule.Loc(), e, err)
		case slices.Contains(dataRules, name):
			return fmt.Errorf("%s: %s", rule.Loc(), refusal(name))
		case name == "allow" && whole && len(rule.Head.Args) == 0:
			found = true
		}
	}
	if name := e.dataRule(data); name != "" {
		return fmt.Errorf("data files, at %s: %s", e, refusal(name))
	}
	if !found {
		return fmt.Errorf("no rule allow in package %s: nothing would ever be allowed; the files are of %s (the setting POLICY_PACKAGE names the one that decides)", e, deciding.packages())
	}
	return nil
}

// dataRule names a data rule that the base documents bring in.
func (e entrypoint) dataRule(data map[string]any) string {
	for _, name := range e {
		below, ok := data[name].(map[string]any)
		if !ok {
			return ""
		}
		data = below
	}
	for _, name := range dataRules {
		if _, ok := data[name]; ok {
			return name
		}
	}
	return ""
}

func refusal(name string) string {
	return "this build does not enforce " + name + ", and serving without it would give away what it hides: remove it, and let allow decide on whole resources"
}

// rules are all rules in the order of files and lines.
func (m modules) rules() []*ast.Rule {
	var all []*ast.Rule
	for _, module := range m {
		all = append(all, module.Rules...)
	}
	slices.SortFunc(all, func(a, b *ast.Rule) int { return a.Loc().Compare(b.Loc()) })
	return all
}
