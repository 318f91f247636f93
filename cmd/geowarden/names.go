package main

import (
	"maps"
	"slices"
	"strings"
)

// maxMiss is how many edits away from a name of ours a variable of the process
// environment counts as a slip of the pen. Orchestrators put names of their
// own there, so only that little.
const maxMiss = 2

// vocabulary is every name that means something.
type vocabulary struct {
	bare   []string // ENV_STATE, HOST, PORT
	ours   []string // those that take a prefix, without it
	prefix string   // the one in force
}

func newVocabulary(s *Settings) vocabulary {
	v := vocabulary{prefix: s.prefix}
	for f := range s.fields() {
		switch {
		case f.bare:
			v.bare = append(v.bare, f.name)
		case f.many():
			v.ours = append(v.ours, f.example, f.example+"_FILE")
		case f.secret():
			v.ours = append(v.ours, f.name, f.name+"_FILE")
		default:
			v.ours = append(v.ours, f.name)
		}
	}
	return v
}

// cutPrefix splits a name into its prefix, if it has one of the two, and the
// rest.
func cutPrefix(name string) (prefix, rest string) {
	for _, prefix := range prefixes {
		if rest, found := strings.CutPrefix(name, prefix); found {
			return prefix, rest
		}
	}
	return "", name
}

// known says whether something reads the name, or did in fastgeoapi.
func (v vocabulary) known(name string) bool {
	prefix, rest := cutPrefix(name)
	if _, is := keyName(prefix, name); is {
		return true
	}
	if prefix == "" {
		return slices.Contains(v.bare, name)
	}
	return slices.Contains(v.ours, rest) || isRetired(rest)
}

// candidates is every exact name under a prefix, and the bare ones.
func (v vocabulary) candidates(prefix string) []string {
	names := make([]string, 0, len(v.ours)+len(v.bare))
	for _, name := range v.ours {
		names = append(names, prefix+name)
	}
	return append(names, v.bare...)
}

// checkNames refuses a name in the .env file that nothing reads, and one in
// the process environment that looks like a slip: a switch that is misspelt
// would leave the door open.
func checkNames(src *source, s *Settings, r *report) {
	v := newVocabulary(s)
	for _, name := range slices.Sorted(maps.Keys(src.dotenv)) {
		v.checkDotenvName(name, src.file, r)
	}
	var unprefixed []string
	switches := []string{"API_KEY_ENABLED", "JWKS_ENABLED", "OPA_ENABLED"}
	for _, name := range slices.Sorted(maps.Keys(src.process)) {
		switch prefix, _ := cutPrefix(strings.ToUpper(name)); {
		case prefix == v.prefix:
			v.checkProcessName(name, r)
		case slices.Contains(switches, name) && s.Mode() == ModeOpen:
			r.problem(name, "it is not read without its prefix, and no mode is on: the gateway would be open; did you mean %s?", v.prefix+name)
		case prefix == "" && slices.Contains(v.ours, name):
			unprefixed = append(unprefixed, name)
		}
	}
	if unprefixed = slices.DeleteFunc(unprefixed, v.known); len(unprefixed) > 0 {
		r.warn(strings.Join(unprefixed, ", "), "not read without the prefix %s", v.prefix)
	}
	v.warnRetired(src, s, r)
}

func (v vocabulary) checkDotenvName(name, file string, r *report) {
	if v.known(name) {
		return
	}
	if strings.HasPrefix(name, "OTEL_") || slices.Contains([]string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"}, name) {
		r.problem(name, "it is read from the process environment only, not from %s; set it there", file)
		return
	}
	prefix, rest := cutPrefix(name)
	if prefix == "" {
		prefix = v.prefix
	}
	best, edits := nearest(name, v.candidates(prefix))
	switch {
	case slices.Contains(v.bare, rest):
		r.problem(name, "nothing reads this name in %s; did you mean %s, without a prefix?", file, rest)
	case slices.Contains(v.ours, rest):
		r.problem(name, "nothing reads this name in %s; did you mean %s?", file, v.prefix+rest)
	case edits <= len(best)/3:
		r.problem(name, "nothing reads this name in %s; did you mean %s?", file, best)
	default:
		r.problem(name, "nothing reads this name in %s; take it out ('geowarden config docs' lists the names)", file)
	}
}

func (v vocabulary) checkProcessName(name string, r *report) {
	if v.known(name) {
		return
	}
	if best, edits := nearest(name, v.candidates(v.prefix)); edits <= maxMiss {
		r.problem(name, "nothing reads this name; did you mean %s?", best)
	}
}

// warnRetired names, in one warning, what fastgeoapi read and this program
// does not. Whoever has such names may also have a policy that was written for
// the paths that fastgeoapi gave it: on other paths, a rule that denies some of
// them denies none.
func (v vocabulary) warnRetired(src *source, s *Settings, r *report) {
	names := slices.DeleteFunc(src.names(), func(name string) bool {
		rest, found := strings.CutPrefix(name, v.prefix)
		return !found || !isRetired(rest)
	})
	if len(names) == 0 {
		return
	}
	slices.Sort(names)
	r.warn(strings.Join(names, ", "), "known from fastgeoapi, without meaning here, and not read")
	said, _ := src.get(v.prefix + "POLICY_FULL_PATH")
	if s.OPAEnabled && said == "" && (s.OPAURL.IsSet() || s.PolicyPath != "") {
		r.warn(v.prefix+"POLICY_FULL_PATH", "not set: the policy is given paths below %s, and fastgeoapi gave it those with %s in front; set it to true for a policy that was written there, to false for any other; this is said only as long as there are names that only fastgeoapi reads", s.Context, s.Context)
	}
}
