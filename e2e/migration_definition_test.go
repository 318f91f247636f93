//go:build e2e

package e2e

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
)

// definition is an API definition, as far as it is looked at in parts; and all
// its members.
type definition struct {
	Servers    any
	Paths      map[string]map[string]map[string]any
	Components map[string]map[string]any
	Tags       any

	members map[string]any
}

// definitionDifferences are those of two API definitions, each by what it is about.
func definitionDifferences(theirs, ours []byte) (found [][3]string) {
	var a, b definition
	if errors.Join(json.Unmarshal(theirs, &a), json.Unmarshal(theirs, &a.members), json.Unmarshal(ours, &b), json.Unmarshal(ours, &b.members)) != nil {
		return [][3]string{{"body", string(theirs), string(ours)}}
	}
	compare := func(what string, of func(definition) []string) {
		x, y := of(a), of(b)
		slices.Sort(x)
		slices.Sort(y)
		onlyA := slices.DeleteFunc(slices.Clone(x), func(s string) bool { return slices.Contains(y, s) })
		onlyB := slices.DeleteFunc(slices.Clone(y), func(s string) bool { return slices.Contains(x, s) })
		if len(onlyA)+len(onlyB) > 0 {
			found = append(found, [3]string{what, strings.Join(onlyA, "\n"), strings.Join(onlyB, "\n")})
		}
	}
	compare("servers", func(d definition) []string { return []string{asText(d.Servers)} })
	compare("names of security schemes", func(d definition) []string { return slices.Sorted(maps.Keys(d.Components["securitySchemes"])) })
	compare("security schemes", func(d definition) []string {
		var texts []string
		for _, scheme := range d.Components["securitySchemes"] {
			texts = append(texts, asText(scheme))
		}
		return texts
	})
	compare("operations", func(d definition) []string { return d.operations(func(map[string]any) string { return "" }) })
	compare("operations that take a credential", func(d definition) []string {
		return d.common(a, b, func(o map[string]any) string {
			if security, _ := o["security"].([]any); len(security) > 0 {
				return "yes"
			}
			return "no"
		})
	})
	compare("refusals", func(d definition) []string {
		return d.common(a, b, func(o map[string]any) string {
			responses, _ := o["responses"].(map[string]any)
			said := ""
			for _, status := range []string{"401", "403"} {
				if responses[status] != nil {
					said += status
				}
			}
			return said
		})
	})
	compare("credentials", func(d definition) []string { return d.each(a, b, func(o map[string]any) any { return o["security"] }) })
	compare("what a refusal is", func(d definition) []string {
		return d.each(a, b, func(o map[string]any) any {
			responses, _ := o["responses"].(map[string]any)
			return []any{responses["401"], responses["403"]}
		})
	})
	compare("the gateway's components", definition.gateways)
	compare("the rest", func(d definition) []string { return d.rest(a, b) })
	for _, name := range others(a, b) {
		compare(name, func(d definition) []string {
			if member, there := d.members[name]; there {
				return []string{asText(member)}
			}
			return nil
		})
	}
	return found
}

// operations are all, each with what is said of it.
func (d definition) operations(say func(map[string]any) string) []string {
	var all []string
	for path, item := range d.Paths {
		for method, operation := range item {
			all = append(all, strings.TrimSpace(method+" "+path+" "+say(operation)))
		}
	}
	slices.Sort(all)
	return all
}

// common are the operations that both definitions have.
func (d definition) common(a, b definition, say func(map[string]any) string) []string {
	kept := definition{Paths: map[string]map[string]map[string]any{}}
	for path, item := range d.Paths {
		kept.Paths[path] = map[string]map[string]any{}
		for method, operation := range item {
			if a.Paths[path][method] != nil && b.Paths[path][method] != nil {
				kept.Paths[path][method] = operation
			}
		}
	}
	return kept.operations(say)
}

// each is what the operations that both have say differently of one thing.
func (d definition) each(a, b definition, of func(map[string]any) any) (texts []string) {
	d.common(a, b, func(o map[string]any) string {
		texts = append(texts, asText(of(o)))
		return ""
	})
	slices.Sort(texts)
	return slices.Compact(texts)
}

// rest is what no other comparison looks at: of the operations that both have,
// all but the credential and the refusals; and the components.
func (d definition) rest(a, b definition) []string {
	all := d.common(a, b, func(o map[string]any) string {
		o = maps.Clone(o)
		delete(o, "security")
		if responses, _ := o["responses"].(map[string]any); responses != nil {
			responses = maps.Clone(responses)
			delete(responses, "401")
			delete(responses, "403")
			o["responses"] = responses
		}
		return asText(o)
	})
	for section, components := range d.Components {
		for name, component := range components {
			if section != "securitySchemes" && !strings.HasPrefix(name, "Gateway") {
				all = append(all, section+" "+name+" "+asText(component))
			}
		}
	}
	return append(all, asText(d.Tags))
}

// gateways are the components that are the gateway's own by their name.
func (d definition) gateways() (all []string) {
	for section, components := range d.Components {
		for name, component := range components {
			if section != "securitySchemes" && strings.HasPrefix(name, "Gateway") {
				all = append(all, section+" "+name+" "+asText(component))
			}
		}
	}
	return all
}

// others are the names of the members that are not looked at in parts, known ones
// and unknown ones.
func others(a, b definition) []string {
	names := map[string]any{}
	maps.Copy(names, a.members)
	maps.Copy(names, b.members)
	for _, name := range []string{"servers", "paths", "components", "tags"} {
		delete(names, name)
	}
	return slices.Sorted(maps.Keys(names))
}

func asText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
