package ogcapi

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

const maxParameters = 1000

// reserved are the parameters that say what is returned, of which a server reads
// one value: Flask the first, Starlette the last. The others may repeat.
var reserved = []string{
	"f", "lang", "profile", "ui",
	"limit", "offset", "resulttype", "sortby", "q", "ids", "intersects", "collections",
	"bbox", "bbox-crs", "crs", "datetime", "properties", "fields", "skipGeometry",
	"filter", "filter-lang", "filter-crs",
	"subset", "coords", "parameter-name",
	"access_token", "id_token", "token", "api_key", "apikey", "x-api-key",
}

// parseQuery reads a raw query as Python's parse_qsl does: only & separates, a
// semicolon is data, + is a space. net/url drops what it cannot parse
// (CVE-2022-2880), and a server behind might not, so that is refused here.
func parseQuery(raw string) (url.Values, error) {
	values := url.Values{}
	if raw == "" {
		return values, nil
	}
	for i := range len(raw) {
		switch c := raw[i]; {
		case c >= utf8.RuneSelf:
			return nil, ambiguous("the query has a byte above 0x7f that is not escaped")
		case c <= ' ' || c == 0x7f:
			return nil, ambiguous("the query has a space or a control character that is not escaped")
		case c == '#':
			return nil, ambiguous("the query has a # that is not escaped")
		}
	}
	if strings.Count(raw, "&") >= maxParameters {
		return nil, ambiguous("the query has more than %d parameters", maxParameters)
	}
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		if err := addParameter(values, name, value); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func addParameter(values url.Values, rawName, rawValue string) error {
	name, err := decodeParameter(rawName)
	if err != nil {
		return err
	}
	value, err := decodeParameter(rawValue)
	if err != nil {
		return err
	}
	if strings.ContainsFunc(name, unicode.IsControl) || strings.ContainsFunc(value, isBinary) {
		return ambiguous("the query has a control character")
	}
	for _, known := range reserved {
		if !strings.EqualFold(name, known) {
			continue
		}
		// Some servers fold the case of names (OGC 06-121r9 section 11.5.2 has
		// them do so), pygeoapi does not: one of the two would miss a FILTER.
		if name != known {
			return ambiguous("the parameter %s differs from %s only in case", quoted(name), quoted(known))
		}
		if values.Has(name) {
			return ambiguous("the parameter %s is there twice", quoted(name))
		}
	}
	values.Add(name, value)
	return nil
}

func decodeParameter(raw string) (string, error) {
	s, ok := unescape(strings.ReplaceAll(raw, "+", " "))
	if !ok {
		return "", ambiguous("the query has a bad percent escape")
	}
	if !utf8.ValidString(s) {
		return "", ambiguous("the query is not UTF-8")
	}
	return s, nil
}

// isBinary reports control characters other than those of a text in lines.
func isBinary(c rune) bool {
	return unicode.IsControl(c) && c != '\t' && c != '\n' && c != '\r'
}
