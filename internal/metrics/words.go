package metrics

import "slices"

// words is the fixed set of values that a label may have. The first is what
// stands for any other.
type words struct {
	list  []string
	index map[string]int
}

const other = "other"

func newWords(list ...string) words {
	w := words{list: slices.Insert(list, 0, other), index: map[string]int{}}
	for i, word := range w.list {
		w.index[word] = i
	}
	return w
}

// of is the place of a word: that of "other" where it is not in the set.
func (w words) of(word string) int { return w.index[word] }

var modes = newWords("open", "api-key", "jwks", "oidc")

var decisions = newWords("allow", "deny", "error", "public", "none")

var parts = newWords("provider", "policy", "upstream")

// types are those of resources, as policies name them, and what is no resource.
var types = newWords(
	"health", "none", "unknown",
	"landing", "conformance", "collections", "collection", "schema", "queryables", "sortables",
	"openapi", "asyncapi", "schemas",
	"items", "item", "coverage", "map", "style",
	"tilematrixsets", "tilematrixset", "tilesets", "tileset", "tile",
	"position", "area", "cube", "radius", "trajectory", "corridor", "locations", "location", "instances", "instance",
	"processes", "process", "execution", "jobs", "job", "results",
	"catalog", "search", "file", "config", "resources", "resource",
)

// classes are why a request was not served, in the words of the log's field
// failure.
var classes = newWords(
	"ambiguous", "method", "outside", "foreign-target", "internal", "panic", "aborted",
	"authn-missing", "authn-ambiguous", "authn-unavailable", "authn-unknown", "authn-disabled", "authn-expired",
	"authn-length", "authn-scheme", "authn-malformed", "authn-algorithm", "authn-type", "authn-id-token", "authn-key",
	"authn-signature", "authn-not-yet-valid", "authn-issuer", "authn-audience", "authn-subject",
	"denied", "denied-anonymous", "denied-scope",
	"no-collections", "evaluation-error", "not-a-boolean", "deadline", "opa-unreachable", "data-rule",
	"upstream", "upstream-timeout", "client-gone", "client-body", "client-stalled",
	"overloaded", "rate-address", "rate-identity", "rate-failures", "rate-in-flight",
)
