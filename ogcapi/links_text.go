package ogcapi

import (
	"bytes"
	"strings"
)

// textLinks changes the links in HTML, XML, scripts and style sheets.
type textLinks struct {
	Links
	before []byte // the end of what is behind, as far as it matters for where a URL can begin
}

// openings are what can stand before a URL: a quote, or an attribute that a page
// leaves unquoted. The space tells that from a parameter of another URL.
var openings = append([]string{" href=", "\nhref=", "\thref=", " src=", "\nsrc=", "\tsrc=", " action="}, textSyntax.quotes...)

const lookBehind = len(` action=`)

func (t *textLinks) scan(dst, src []byte, last bool) ([]byte, int) {
	head, _, _ := strings.Cut(t.from, "/") // http:
	done := 0
	for {
		i := bytes.Index(src[done:], []byte(head))
		if i < 0 {
			keep := len(src)
			if !last {
				keep = max(done, len(src)-len(head)+1)
			}
			return t.pass(dst, src[done:keep]), keep
		}
		dst = t.pass(dst, src[done:done+i])
		done += i
		n, as, found, short := 0, "", false, false
		if t.canBegin() {
			n, as, found, short = t.match(textSyntax, src[done:], last)
		}
		switch {
		case short:
			return dst, done
		case found:
			dst = append(dst, as...)
			t.remember(src[done : done+n])
			done += n
		default:
			dst = t.pass(dst, src[done:done+len(head)])
			done += len(head)
		}
	}
}

func (t *textLinks) pass(dst, piece []byte) []byte {
	t.remember(piece)
	return append(dst, piece...)
}

func (t *textLinks) remember(piece []byte) {
	piece = piece[max(0, len(piece)-lookBehind):]
	t.before = append(t.before, piece...)
	t.before = append(t.before[:0], t.before[max(0, len(t.before)-lookBehind):]...)
}

// canBegin reports whether a URL can begin here. Behind an equals sign that is
// no attribute's, a slash or a letter it is a part of another URL.
func (t *textLinks) canBegin() bool {
	if len(t.before) == 0 || bytes.IndexByte([]byte("\"'`<>([{| \t\r\n"), t.before[len(t.before)-1]) >= 0 {
		return true
	}
	for _, opening := range openings {
		if bytes.HasSuffix(t.before, []byte(opening)) {
			return true
		}
	}
	return false
}
