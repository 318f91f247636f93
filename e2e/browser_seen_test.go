//go:build e2e

package e2e

import (
	"net/http"
	"slices"
	"strings"
)

// seen is what the browser sent and said since it was last asked.
type seen struct {
	Requests []struct {
		URL, Method, Type string
		By                string // gateway, other, npm, us; nobody, if a page may not ask it
		Carried           bool   // the visitor's credential
		Failure, Media    string
		Status            int
	}
	Console    []struct{ Type, Text, At string }
	Exceptions []string
}

func (v *visitor) seen() (s seen) {
	v.t.Helper()
	v.tell("seen", &s)
	return s
}

// isClean fails unless all went well since it was last called: nothing said an
// error, everything was asked of somebody who may be asked, the credential went
// to the gateway alone, and everything came, of its right type. What is meant to
// fail is named.
func (v *visitor) isClean(expected ...string) (s seen) {
	v.t.Helper()
	s = v.seen()
	meant := func(said string) bool {
		return slices.ContainsFunc(expected, func(part string) bool { return strings.Contains(said, part) })
	}
	for _, e := range s.Exceptions {
		v.t.Errorf("an exception that nothing caught: %s", e)
	}
	for _, c := range s.Console {
		if (c.Type == "error" || c.Type == "warning") && !meant(c.At+" "+c.Text) {
			v.t.Errorf("the console has the %s %q of %s", c.Type, c.Text, c.At)
		}
	}
	for _, r := range s.Requests {
		switch {
		case r.By == "nobody":
			v.t.Errorf("the page asks %s, which is no site that it may ask", r.URL)
		case r.Carried && r.By != "gateway":
			v.t.Errorf("the credential went to %s", r.URL)
		case meant(r.URL):
		// A map that moves forgets the tiles that it has asked for.
		case r.By == "us" && r.Type == "image" && r.Failure == "net::ERR_ABORTED":
		case r.By == "other" && r.Failure == "" && r.Status < http.StatusBadRequest: // a login is redirects
		case r.Failure != "" || r.Status != http.StatusOK && r.Status != http.StatusNoContent:
			v.t.Errorf("%s %s: status %d %s; see %s", r.Method, r.URL, r.Status, r.Failure, logs)
		case r.By == "gateway" && v.has && !r.Carried:
			v.t.Errorf("%s was asked for without the credential", r.URL)
		case r.By == "gateway" && !isOfType(r.URL, r.Media):
			v.t.Errorf("%s came as %q", r.URL, r.Media)
		}
	}
	return s
}

// isOfType says whether a static file came as what its name says.
func isOfType(address, media string) bool {
	file, _, _ := strings.Cut(address, "?")
	_, name, isStatic := strings.Cut(file, "/static/")
	if !isStatic {
		return true
	}
	for ending, types := range map[string][]string{
		".css": {"text/css"}, ".js": {"text/javascript", "application/javascript"},
		".png": {"image/png"}, ".ico": {"image/x-icon", "image/vnd.microsoft.icon"},
	} {
		if strings.HasSuffix(name, ending) {
			media, _, _ = strings.Cut(media, ";")
			return slices.Contains(types, media)
		}
	}
	return false
}
