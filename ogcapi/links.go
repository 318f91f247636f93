package ogcapi

import (
	"io"
	"mime"
	"strings"
)

// Links points the links of a back end to the public address. It is a
// convenience for clients, not a protection: what it does not recognise passes
// unchanged. The zero value changes nothing. Making one costs next to nothing.
//
// A link is a whole URL that is the back end's address or goes on behind it
// with a slash, a query or a fragment: http://host:50011 and
// http://evil/?u=http://host are none where the address is http://host:5001.
// A URL that is at the public address already stays, also where that address is
// below the back end's own.
type Links struct{ from, to string }

// NewLinks returns Links from what the back end calls itself, such as
// http://localhost:5001, to the public address, such as
// https://example.org/geoapi. An address that could not stand in every document
// without quoting makes Links that change nothing.
func NewLinks(from, to string) Links {
	from, to = strings.TrimRight(from, "/"), strings.TrimRight(to, "/")
	if !isPlainAddress(from) || !isPlainAddress(to) {
		return Links{}
	}
	return Links{from: from, to: to}
}

// isPlainAddress keeps out everything that has a meaning in JSON, HTML,
// JavaScript or a header.
func isPlainAddress(s string) bool {
	const others = "-._~:/[]%+"
	return strings.Contains(s, "://") && !strings.ContainsFunc(s, func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune(others, c))
	})
}

// Needed reports whether there is anything to change.
func (l Links) Needed() bool { return l.from != l.to }

// Handles reports whether Body knows documents of a media type: JSON, HTML, XML
// and scripts. Data for other programs, such as CSV, stays as it is.
func (l Links) Handles(contentType string) bool { return linkSyntax(contentType) != nil }

// Body returns the document with its links changed, as it streams, in constant
// memory. Everything else stays as it is, byte for byte, and an error of the
// reader is passed on.
//
// In JSON, a link is a string that begins with the address. What is below a
// member named properties or geometry stays: it is a feature's data. So do, for
// the price of streaming, the properties of a JSON schema; and JSON-LD, which
// has no such member, keeps no data apart. In HTML and other texts, a link
// begins where a URL can begin: behind a quote, a bracket or a space.
func (l Links) Body(contentType string, r io.Reader) io.Reader {
	newScanner := linkSyntax(contentType)
	if newScanner == nil || !l.Needed() {
		return r
	}
	return &scanReader{src: r, scanner: newScanner(l)}
}

// linkSyntax returns what makes the scanner for a media type, if there is one.
func linkSyntax(contentType string) func(Links) scanner {
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil
	}
	if c := strings.ToLower(params["charset"]); strings.HasPrefix(c, "utf-16") || strings.HasPrefix(c, "utf-32") {
		return nil
	}
	switch {
	case media == "application/json", strings.HasSuffix(media, "+json"):
		return func(l Links) scanner { return &jsonLinks{Links: l} }
	case strings.HasSuffix(media, "+xml"):
		return func(l Links) scanner { return &textLinks{Links: l} }
	}
	switch media {
	case "text/html", "text/xml", "application/xml", "text/css",
		"text/javascript", "application/javascript",
		"application/vnd.oai.openapi", "application/yaml", "text/yaml":
		return func(l Links) scanner { return &textLinks{Links: l} }
	}
	return nil
}

// Header changes the links in a value of Location, Content-Location or Link
// (RFC 8288: in angle brackets).
func (l Links) Header(value string) string {
	if !l.Needed() {
		return value
	}
	var b strings.Builder
	quoted, begins := false, true
	for i := 0; i < len(value); {
		if begins {
			if n, as, found, _ := l.match(headerSyntax, []byte(value[i:]), true); found {
				b.WriteString(as)
				i, begins = i+n, false
				continue
			}
		}
		c := value[i]
		if c == '"' {
			quoted = !quoted
		}
		begins = c == '<' && !quoted
		b.WriteByte(c)
		i++
	}
	return b.String()
}
