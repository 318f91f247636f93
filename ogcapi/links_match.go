package ogcapi

import (
	"bytes"
	"strings"
)

// syntax is how a URL is written inside a kind of text.
type syntax struct {
	slashes []string // the spellings of a slash
	ends    string   // the characters that can follow the address
	quotes  []string // the spellings, longer than a character, of what can stand around a URL
}

var (
	headerSyntax = &syntax{slashes: []string{`/`}, ends: `/?#>`}
	jsonSyntax   = &syntax{slashes: []string{`/`, `\/`, `\u002f`, `\u002F`}, ends: `"/?#{\`}
	// A text may be a page with JSON in a script, or in an attribute.
	textSyntax = &syntax{
		slashes: []string{`/`, `\/`, `\u002f`, `\u002F`, `&#x2F;`, `&#x2f;`, `&#47;`},
		ends:    "/?#{\"'`<>)]}|\\ \t\r\n",
		quotes:  []string{`&quot;`, `&#34;`, `&#x22;`, `&#39;`, `&#x27;`, `&lt;`, `&#60;`, `&gt;`, `&#62;`, `&apos;`},
	}
)

// match tells whether src begins with a link of the back end: n is the length of
// the address there, and as is what it becomes. Where src is too short to tell,
// short is true, unless it is all there is.
func (l Links) match(s *syntax, src []byte, last bool) (n int, as string, found, short bool) {
	if strings.HasPrefix(l.to, l.from) {
		n, _, found, short = s.address(src, l.to, last)
		if found || short {
			return n, string(src[:n]), found, short
		}
	}
	n, slash, found, short := s.address(src, l.from, last)
	if !found {
		return 0, "", false, short
	}
	if slash == "/" {
		return n, l.to, true, false
	}
	return n, strings.ReplaceAll(l.to, "/", slash), true, false
}

// address tells whether src begins with an address and something that can
// follow it, and how the last slash of the address is spelled.
func (s *syntax) address(src []byte, address string, last bool) (n int, slash string, found, short bool) {
	for i := range len(address) {
		if address[i] != '/' {
			if n == len(src) {
				return 0, "", false, !last
			}
			if src[n] != address[i] {
				return 0, "", false, false
			}
			n++
			continue
		}
		form, short := oneOf(s.slashes, src[n:], last)
		if form == "" {
			return 0, "", false, short
		}
		slash = form
		n += len(form)
	}
	if n == len(src) {
		return n, slash, last, !last
	}
	if strings.IndexByte(s.ends, src[n]) >= 0 {
		return n, slash, true, false
	}
	form, short := oneOf(s.slashes, src[n:], last)
	if form == "" && !short {
		form, short = oneOf(s.quotes, src[n:], last)
	}
	return n, slash, form != "", short
}

// oneOf returns the spelling with which src begins, if any.
func oneOf(forms []string, src []byte, last bool) (form string, short bool) {
	for _, f := range forms {
		if bytes.HasPrefix(src, []byte(f)) {
			return f, false
		}
		short = short || !last && strings.HasPrefix(f, string(src[:min(len(src), len(f))]))
	}
	return "", short
}
