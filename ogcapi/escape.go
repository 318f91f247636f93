package ogcapi

import "strings"

// EscapedPath is the path below the context in its canonical spelling, the only
// one that is forwarded. It begins with a slash, and is "/" for the landing
// page. It is made from the decoded segments, so what the policy saw and what
// the back end gets cannot differ.
func (q *Request) EscapedPath() string {
	if len(q.raw) == 0 {
		return "/"
	}
	length := len(q.raw)
	for _, s := range q.raw {
		length += len(s)
	}
	var b strings.Builder
	b.Grow(length)
	for _, s := range q.raw {
		b.WriteByte('/')
		for i := range len(s) {
			if c := s[i]; isPathChar(c) {
				b.WriteByte(c)
			} else {
				b.WriteByte('%')
				b.WriteByte(upperHex[c>>4])
				b.WriteByte(upperHex[c&15])
			}
		}
	}
	return b.String()
}

const upperHex = "0123456789ABCDEF"

// isPathChar reports whether a byte is a pchar of RFC 3986 section 3.3.
func isPathChar(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		strings.IndexByte("-._~!$&'()*+,=:@", c) >= 0
}

// unescape decodes the percent escapes (RFC 3986 section 2.1), once.
func unescape(s string) (string, bool) {
	if !strings.Contains(s, "%") {
		return s, true
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", false
		}
		hi, lo := strings.IndexByte(hexDigits, lower(s[i+1])), strings.IndexByte(hexDigits, lower(s[i+2]))
		if hi < 0 || lo < 0 {
			return "", false
		}
		b.WriteByte(byte(hi<<4 | lo))
		i += 2
	}
	return b.String(), true
}

const hexDigits = "0123456789abcdef"

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
