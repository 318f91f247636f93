package ogcapi

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxPath     = 8 << 10 // bytes
	maxSegments = 64
)

// splitPath splits a raw path at its slashes and decodes each segment once. It
// refuses every spelling that one server and another, or a proxy between them,
// would take for different paths. One trailing slash is dropped: Flask does so,
// and what is forwarded is without it.
func splitPath(raw string) ([]string, error) {
	if len(raw) > maxPath {
		return nil, ambiguous("the path is longer than %d bytes", maxPath)
	}
	rest, ok := strings.CutPrefix(raw, "/")
	if !ok {
		return nil, ErrOutside // such as OPTIONS *
	}
	rest = strings.TrimSuffix(rest, "/")
	if rest == "" {
		if raw == "//" {
			return nil, errEmptySegment
		}
		return nil, nil
	}
	if strings.Count(rest, "/") >= maxSegments {
		return nil, ambiguous("the path has more than %d segments", maxSegments)
	}
	segments := strings.Split(rest, "/")
	for i, s := range segments {
		decoded, err := decodeSegment(s)
		if err != nil {
			return nil, err
		}
		segments[i] = decoded
	}
	return segments, nil
}

var errEmptySegment = ambiguous("the path has an empty segment (two slashes in a row)")

// decodeSegment decodes one raw segment. The classes it refuses: empty and dot
// segments (CVE-2021-32701), a slash, backslash or percent sign behind an escape
// (CVE-2025-66490), matrix parameters (CVE-2026-73511), control characters.
func decodeSegment(raw string) (string, error) {
	for i := range len(raw) {
		switch c := raw[i]; {
		case c >= utf8.RuneSelf:
			return "", ambiguous("the path has a byte above 0x7f that is not escaped")
		case c == '#':
			return "", ambiguous("the path has a # that is not escaped")
		}
	}
	s, ok := unescape(raw)
	if !ok {
		return "", ambiguous("the path has a bad percent escape")
	}
	switch s {
	case "":
		return "", errEmptySegment
	case ".", "..":
		return "", ambiguous("the path has a dot segment")
	}
	if !utf8.ValidString(s) {
		return "", ambiguous("the path is not UTF-8")
	}
	for _, c := range s {
		switch {
		case c == '/' || c == '\\':
			return "", ambiguous("the path has an escaped slash or a backslash")
		case c == '%':
			return "", ambiguous("the path has an escaped percent sign")
		case c == ';':
			return "", ambiguous("the path has a semicolon")
		case unicode.IsControl(c):
			return "", ambiguous("the path has a control character")
		}
	}
	return s, nil
}

// belowContext returns the segments below the context, which must be spelled
// exactly.
func belowContext(segments []string, context string) ([]string, error) {
	context = strings.Trim(context, "/")
	if context == "" {
		return segments, nil
	}
	for _, want := range strings.Split(context, "/") {
		if len(segments) == 0 || segments[0] != want {
			return nil, ErrOutside
		}
		segments = segments[1:]
	}
	return segments, nil
}
