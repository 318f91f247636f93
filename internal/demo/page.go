package demo

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
)

//go:embed page.html
var pageSource string

var pageTemplate = template.Must(template.New("page").Parse(pageSource))

// page is what page.html shows.
type page struct {
	Server, Title, Description string
	Links, Entries             []link
	Fields                     []field
	Script                     object // what the inline script holds: an address in it is not an HTML attribute
}

func (u *Upstream) writePage(w http.ResponseWriter, status int, d document) {
	p := page{
		Server: *u.server.Load(), Title: d.title, Description: d.description,
		Links: d.links, Entries: d.entries, Fields: d.fields,
		Script: object{"server": *u.server.Load()},
	}
	for _, l := range d.links {
		if l.Type == d.typeOf(formatJSON) {
			p.Script["json"] = l.Href
			break
		}
	}
	var out bytes.Buffer
	if err := pageTemplate.Execute(&out, p); err != nil {
		http.Error(w, "the page cannot be written", http.StatusInternalServerError)
		return
	}
	write(w, status, "text/html", out.Bytes())
}
