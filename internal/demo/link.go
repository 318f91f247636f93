package demo

import (
	"net/url"
)

// link is a link as every OGC API document has them (RFC 8288).
type link struct {
	Rel      string `json:"rel"`
	Type     string `json:"type,omitempty"`
	Title    string `json:"title,omitempty"`
	Href     string `json:"href"`
	Hreflang string `json:"hreflang,omitempty"`
}

// OGC's own link relations.
const (
	relSchema     = "http://www.opengis.net/def/rel/ogc/1.0/schema"
	relQueryables = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
	relProcesses  = "http://www.opengis.net/def/rel/ogc/1.0/processes"
	relExecute    = "http://www.opengis.net/def/rel/ogc/1.0/execute"
	relJobs       = "http://www.opengis.net/def/rel/ogc/1.0/job-list"
	relResults    = "http://www.opengis.net/def/rel/ogc/1.0/results"
)

// href is an address below the server URL. The landing page is the bare server URL: pygeoapi adds no slash.
func (u *Upstream) href(path string, query url.Values) string {
	href := *u.server.Load() + (&url.URL{Path: path}).EscapedPath()
	if len(query) > 0 {
		href += "?" + query.Encode()
	}
	return href
}

// formLinks are the links from a document to itself and its other forms. They keep the query, but for f.
func (u *Upstream) formLinks(d document, current format) []link {
	var links []link
	for _, f := range d.formats() {
		rel := "alternate"
		if f == current {
			rel = "self"
		}
		l := link{Rel: rel, Type: d.typeOf(f), Title: d.title + " as " + f.label(), Href: u.href(d.path, with(d.query, "f", string(f)))}
		if f == formatHTML {
			l.Hreflang = "en-US"
		}
		links = append(links, l)
	}
	return links
}

// with is query with name set to value; an empty value leaves it out.
func with(query url.Values, name, value string) url.Values {
	changed := url.Values{}
	for key, values := range query {
		changed[key] = values
	}
	changed.Del(name)
	if value != "" {
		changed.Set(name, value)
	}
	return changed
}
