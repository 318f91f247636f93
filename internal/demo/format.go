package demo

import (
	"mime"
	"net/http"
	"slices"
	"strings"
)

// format is a value of the f parameter.
type format string

const (
	formatJSON   format = "json"
	formatJSONLD format = "jsonld"
	formatHTML   format = "html"
)

func (f format) label() string {
	switch f {
	case formatHTML:
		return "HTML"
	case formatJSONLD:
		return "JSON-LD"
	default:
		return "JSON"
	}
}

// negotiate finds the form that r wants: f beats Accept, and Accept is read from left to right. Without either, or with
// an Accept that fits nothing, it is fallback. False for an f that is not on offer.
func negotiate(r *http.Request, offered []format, fallback format) (format, bool) {
	if f := r.URL.Query().Get("f"); f != "" {
		return format(f), slices.Contains(offered, format(f))
	}
	for _, part := range strings.Split(strings.Join(r.Header.Values("Accept"), ","), ",") {
		kind, _, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		if f := formatOf(kind); slices.Contains(offered, f) {
			return f, true
		}
	}
	return fallback, true
}

func formatOf(mediaType string) format {
	switch mediaType {
	case "application/json", typeGeoJSON, typeSchema:
		return formatJSON
	case "application/ld+json":
		return formatJSONLD
	case "text/html":
		return formatHTML
	}
	return ""
}
