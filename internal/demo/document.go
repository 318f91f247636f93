package demo

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strconv"
)

type object = map[string]any

const (
	typeGeoJSON = "application/geo+json"
	typeSchema  = "application/schema+json"
	typeOpenAPI = "application/vnd.oai.openapi+json;version=3.0"
)

// document is one answer, in every form that it has.
type document struct {
	title, description string
	path               string     // below the server URL
	query              url.Values // what links to its other forms keep
	body               object     // the JSON form
	mediaType          string     // of the JSON form; application/json by default
	linkType           string     // what links say of the JSON form; mediaType by default
	schemaOrg          string     // its class in JSON-LD; without one there is no such form
	unlinked           bool       // the JSON form gets no links member
	fallback           format     // without f and Accept; JSON by default
	links              []link     // beside those to itself
	entries            []link     // what an HTML page lists
	fields             []field    // what an HTML page shows in a table
}

type field struct{ Name, Value string }

func (d document) formats() []format {
	if d.schemaOrg == "" {
		return []format{formatJSON, formatHTML}
	}
	return []format{formatJSON, formatJSONLD, formatHTML}
}

func (d document) typeOf(f format) string {
	switch {
	case f == formatHTML:
		return "text/html"
	case f == formatJSONLD:
		return "application/ld+json"
	case d.linkType != "":
		return d.linkType
	}
	return d.jsonType()
}

func (d document) jsonType() string {
	if d.mediaType != "" {
		return d.mediaType
	}
	return "application/json"
}

// respond writes d in the form that r wants.
func (u *Upstream) respond(w http.ResponseWriter, r *http.Request, d document) {
	if d.fallback == "" {
		d.fallback = formatJSON
	}
	f, ok := negotiate(r, d.formats(), d.fallback)
	if !ok {
		u.exception(w, r, http.StatusBadRequest, "InvalidParameterValue", "f names no format that this has")
		return
	}
	d.links = append(u.formLinks(d, f), d.links...)
	if f == formatHTML {
		u.writePage(w, http.StatusOK, d)
		return
	}
	body := maps.Clone(d.body)
	if !d.unlinked {
		body["links"] = d.links
	}
	contentType := d.jsonType()
	if f == formatJSONLD {
		contentType = d.typeOf(f)
		body["@context"], body["@type"], body["@id"] = "https://schema.org/", d.schemaOrg, u.href(d.path, nil)
	}
	writeJSON(w, http.StatusOK, contentType, body)
}

// exception answers with an error in pygeoapi's words, as HTML where r asks for that.
func (u *Upstream) exception(w http.ResponseWriter, r *http.Request, status int, code, description string) {
	if f, _ := negotiate(r, []format{formatJSON, formatHTML}, formatJSON); f == formatHTML {
		u.writePage(w, status, document{title: code, description: description})
		return
	}
	writeJSON(w, status, "application/json", object{"code": code, "type": code, "description": description})
}

// writeJSON writes indented JSON, with & and < as they are, which is how Python does it.
func writeJSON(w http.ResponseWriter, status int, contentType string, body any) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "    ")
	if err := encoder.Encode(body); err != nil {
		http.Error(w, "the document cannot be written", http.StatusInternalServerError)
		return
	}
	write(w, status, contentType, out.Bytes())
}

// write sends body. An empty contentType sends no such header: net/http would guess one otherwise.
func write(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header()["Content-Type"] = nil
	if contentType != "" {
		w.Header().Set("Content-Type", contentType)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone: nobody is left to tell
}
