package ogcapi

import (
	"mime"
	"net/http"
	"slices"
	"strings"
)

// filterTypes are the media types of a POST on items that only reads. pygeoapi
// creates on exactly application/geo+json and reads every other type as a
// filter, so none of these can write there; a type that another server might
// create from is none of these.
var filterTypes = []string{
	"application/query-cql-json", "application/query-cql2-json",
	"application/cql-json", "application/cql+json",
	"application/cql2-json", "application/cql2+json",
}

// isFilter reports whether a Content-Type is that of a filter. The type must be
// in lower case, as pygeoapi compares it byte for byte; anything doubtful, such
// as a list of types, is a write.
func isFilter(contentType string) bool {
	if strings.Contains(contentType, ",") {
		return false
	}
	if _, _, err := mime.ParseMediaType(contentType); err != nil {
		return false
	}
	media, _, _ := strings.Cut(contentType, ";")
	return slices.Contains(filterTypes, strings.TrimRight(media, " \t"))
}

// operation says what a method does to a type of resource.
func (q *Request) operation(resourceType string) string {
	switch q.Method {
	case http.MethodPut:
		return "replace"
	case http.MethodPatch:
		return "update"
	case http.MethodDelete:
		return "delete"
	case http.MethodPost:
		switch {
		case resourceType == "execution":
			return "execute"
		case resourceType == "search", resourceType == "items" && q.filters:
			return "read"
		}
		return "create"
	}
	return "read"
}
