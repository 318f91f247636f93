package ogcapi

import "bytes"

// jsonLinks changes the links in JSON. It follows the brackets, the members'
// names and the strings, and nothing else: what Python writes beyond the grammar
// (NaN) does not disturb it.
type jsonLinks struct {
	Links
	open    []byte // the brackets that are open, { or [
	guarded int    // the depth from which on data stays; 0 for none

	name     []byte // the beginning of the member name that is being read
	awaiting bool   // the next string is a member's name
	data     bool   // the next value is a member's that stays

	inString, inName, escaped bool
}

const maxJSONDepth = 10_000

func (j *jsonLinks) scan(dst, src []byte, last bool) ([]byte, int) {
	i := 0
	for i < len(src) {
		switch {
		case len(j.open) > maxJSONDepth: // no document of an OGC API: as it is
			return append(dst, src[i:]...), len(src)
		case j.inString:
			n := j.insideString(src[i:])
			dst = append(dst, src[i:i+n]...)
			i += n
		case src[i] == '"':
			if !j.awaiting && !j.data && j.guarded == 0 {
				n, as, found, short := j.match(jsonSyntax, src[i+1:], last)
				if short {
					return dst, i
				}
				if found {
					dst = append(append(dst, '"'), as...)
					i += 1 + n
					j.inString = true
					continue
				}
			}
			j.inString, j.inName = true, j.awaiting
			j.name = j.name[:0]
			dst = append(dst, '"')
			i++
		default:
			j.punctuation(src[i])
			dst = append(dst, src[i])
			i++
		}
	}
	return dst, i
}

// insideString reads on in a string, and returns how far.
func (j *jsonLinks) insideString(src []byte) int {
	if j.escaped {
		j.escaped = false
		return 1
	}
	n := bytes.IndexAny(src, `"\`)
	if n < 0 {
		j.readName(src)
		return len(src)
	}
	j.readName(src[:n])
	if src[n] == '\\' {
		j.readName(src[n : n+1])
		j.escaped = true
		return n + 1
	}
	if j.inName {
		j.data = string(j.name) == "properties" || string(j.name) == "geometry"
	} else {
		j.data = false
	}
	j.inString, j.inName = false, false
	return n + 1
}

// readName keeps as much of a name as is needed to know it.
func (j *jsonLinks) readName(piece []byte) {
	if room := len("properties") + 1 - len(j.name); j.inName && room > 0 {
		j.name = append(j.name, piece[:min(room, len(piece))]...)
	}
}

// punctuation follows the structure outside strings.
func (j *jsonLinks) punctuation(c byte) {
	switch c {
	case '{', '[':
		j.open = append(j.open, c)
		if j.data && j.guarded == 0 {
			j.guarded = len(j.open)
		}
		j.data, j.awaiting = false, c == '{'
	case '}', ']':
		if len(j.open) > 0 {
			j.open = j.open[:len(j.open)-1]
		}
		if len(j.open) < j.guarded {
			j.guarded = 0
		}
		j.awaiting, j.data = false, false
	case ',':
		j.awaiting = len(j.open) > 0 && j.open[len(j.open)-1] == '{'
		j.data = false
	case ':':
		j.awaiting = false
	}
}
