//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// difference is one thing in which two answers to the same request differ.
type difference struct {
	pair         *pair
	who          string // nobody, bad, good, or another name for the credential
	asked        asking
	status       int    // that of both, or 0 where it differs
	what         string // status, body, or the name of a header
	theirs, ours string
}

func (d difference) String() string {
	same := 0
	for same < min(len(d.theirs), len(d.ours)) && d.theirs[same] == d.ours[same] {
		same++
	}
	same = max(0, same-60) // what is long differs somewhere in the middle
	return fmt.Sprintf("%s, %s: %s: %s is\n    %.700q at fastgeoapi, and\n    %.700q here, see %s and %s", d.pair.name, d.who, d.asked, d.what, d.theirs[same:], d.ours[same:], d.pair.theirs.log, d.pair.ours.log)
}

// acted are the headers that clients act on. Of lengths and validators it counts
// that they are there: they are those of other files, and other processes.
var acted = []string{
	"Content-Type", "Content-Language", "Content-Crs", "Content-Disposition", "Content-Encoding", "Content-Range", "Accept-Ranges", "Location", "Link",
	"WWW-Authenticate", "Allow", "Retry-After", "Preference-Applied", "Cache-Control", "Vary", "Etag", "Last-Modified", "Content-Length", "Set-Cookie",
}

// corsActed are those that a browser acts on where a page of another origin asks.
var corsActed = []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers", "Access-Control-Max-Age"}

// differences are all in which two answers differ. Where the status does, that is
// the one difference, for the rest follows from it; but not that of a preflight,
// of which any 2xx will do. Where they are about a feature that was made on each
// side, made is its path there.
func (p *pair) differences(who string, a asking, theirs, ours answer, made [2]string) []difference {
	differ := func(what, there, here string) []difference {
		if there == here {
			return nil
		}
		return []difference{{pair: p, who: who, asked: a, status: theirs.StatusCode, what: what, theirs: there, ours: here}}
	}
	all := differ("status", fmt.Sprint(theirs.StatusCode), fmt.Sprint(ours.StatusCode))
	if len(all) > 0 && !a.preflight() {
		all[0].status = 0
		return all
	}
	for _, name := range acted {
		all = append(all, differ(name, p.field(theirs, name, made[0]), p.field(ours, name, made[1]))...)
	}
	if a.has("Origin: ") {
		for _, name := range corsActed {
			all = append(all, differ(name, theirs.Header.Get(name), ours.Header.Get(name))...)
		}
		all = append(all, differ("refused by the preflight", refused(a, theirs), refused(a, ours))...)
	}
	if strings.Contains(theirs.Header.Get("Content-Type"), "openapi+json") && len(theirs.body) > 0 && len(ours.body) > 0 {
		for _, d := range definitionDifferences(theirs.body, ours.body) {
			all = append(all, differ(d[0], d[1], d[2])...)
		}
		return all
	}
	return append(all, differ("body", p.plain(theirs, made[0]), p.plain(ours, made[1]))...)
}

// field is a header in the form in which the two are compared.
func (p *pair) field(a answer, name, made string) string {
	values := a.Header.Values(name)
	if len(values) == 0 {
		return ""
	}
	value := p.impersonal(strings.Join(values, ", "), made)
	switch name {
	case "Content-Length", "Last-Modified":
		return "there"
	case "Etag":
		if strings.HasPrefix(value, "W/") {
			return "a weak one"
		}
		return "a strong one"
	case "Vary", "Allow":
		words := strings.FieldsFunc(value, func(c rune) bool { return c == ',' || c == ' ' })
		slices.Sort(words)
		return strings.Join(slices.Compact(words), ", ")
	}
	return value
}

// refused is what a preflight does not let the page do of what it asked for.
func refused(a asking, got answer) string {
	var not []string
	for _, f := range a.fields {
		name, value, _ := strings.Cut(string(f), ": ")
		list := map[string]string{"Access-Control-Request-Method": "Access-Control-Allow-Methods", "Access-Control-Request-Headers": "Access-Control-Allow-Headers"}[name]
		words := strings.Split(strings.ToLower(strings.ReplaceAll(got.Header.Get(list), " ", "")), ",")
		for word := range strings.SplitSeq(strings.ToLower(value), ",") {
			if list != "" && !slices.Contains(words, word) {
				not = append(not, word)
			}
		}
	}
	return strings.Join(not, ", ")
}

var passing = []struct {
	pattern *regexp.Regexp
	as      string
}{
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "{uuid}"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z`), "{now}"},
	{regexp.MustCompile(`"id":"[A-Z2-7]{26}"`), `"id":"{request}"`},
}

// beside are the features before and after one, which the other side may have made;
// the last one is its own next.
var beside = []*regexp.Regexp{regexp.MustCompile(`("(?:prev|next)": ?)"?\d+\b"?`), regexp.MustCompile(`(gauges/items/)\d+`)}

// impersonal leaves out what is of one side and one moment, and the id of what was
// made there.
func (p *pair) impersonal(text, made string) string {
	if made != "" {
		id := made[strings.LastIndexByte(made, '/')+1:]
		text = regexp.MustCompile(`("id": ?"?)`+id+`\b`).ReplaceAllString(text, "${1}0")
		for _, one := range beside {
			text = one.ReplaceAllString(text, "${1}0")
		}
	}
	text = strings.NewReplacer(p.theirs.root, "{root}", p.ours.root, "{root}").Replace(text)
	for _, c := range passing {
		text = c.pattern.ReplaceAllString(text, c.as)
	}
	return text
}

// plain is a body in the form in which the two are compared: JSON by its meaning.
func (p *pair) plain(a answer, made string) string {
	kind := a.Header.Get("Content-Type")
	if !strings.Contains(kind, "json") && !strings.HasPrefix(kind, "text/") {
		return string(a.body)
	}
	text := p.impersonal(string(a.body), made)
	var v any
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if dec.Decode(&v) != nil {
		return text
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if enc.Encode(v) != nil {
		return text
	}
	return b.String()
}
