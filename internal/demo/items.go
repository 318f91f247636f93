package demo

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// items answers with a page of features (OGC API Features 1, section 7.16).
func (u *Upstream) items(c *dataset, w http.ResponseWriter, r *http.Request) {
	features, query := c.all(), r.URL.Query()
	chosen, err := readSelection(query, sortedKeys(propertyTypes(features)))
	if err != nil {
		u.exception(w, r, http.StatusBadRequest, "InvalidParameterValue", err.Error())
		return
	}
	shown, matched := chosen.pick(features)
	path := "/collections/" + c.ID + "/items"
	d := document{
		title: c.Title, description: c.Description, path: path, query: query, linkType: typeGeoJSON,
		schemaOrg: "Dataset", links: append(u.pageLinks(path, query, chosen, matched), u.collectionLink(c)),
	}
	documents := []object{}
	for _, f := range shown {
		documents = append(documents, f.document())
		d.entries = append(d.entries, link{Title: f.id(), Href: u.href(path+"/"+f.id(), nil)})
	}
	d.body = object{
		"type": "FeatureCollection", "features": documents, "numberMatched": matched,
		"numberReturned": len(documents), "timeStamp": u.now().UTC().Format("2006-01-02T15:04:05.000000Z"),
	}
	w.Header().Set("Content-Crs", "<"+crs84+">")
	u.respond(w, r, d)
}

func (u *Upstream) pageLinks(path string, query url.Values, s selection, matched int) []link {
	at := func(rel string, offset int) link {
		there := with(query, "offset", strconv.Itoa(offset))
		return link{Rel: rel, Type: typeGeoJSON, Title: "Items, " + rel + " page", Href: u.href(path, there)}
	}
	var links []link
	if s.offset > 0 {
		links = append(links, at("prev", max(0, s.offset-s.limit)))
	}
	if !s.hits && matched-s.limit > s.offset { // the sum could overflow
		links = append(links, at("next", s.offset+s.limit))
	}
	return links
}

func (u *Upstream) collectionLink(c *dataset) link {
	return link{Rel: "collection", Type: "application/json", Title: c.Title, Href: u.href("/collections/"+c.ID, nil)}
}

func (u *Upstream) item(c *dataset, id string, w http.ResponseWriter, r *http.Request) {
	f, err := c.find(id)
	if err != nil {
		u.exception(w, r, http.StatusNotFound, "NotFound", err.Error())
		return
	}
	d := document{
		title: c.Title + " " + f.id(), description: c.Description, path: "/collections/" + c.ID + "/items/" + f.id(),
		linkType: typeGeoJSON, schemaOrg: "Place", body: f.document(), links: []link{u.collectionLink(c)},
	}
	for _, name := range sortedKeys(f.Properties) {
		d.fields = append(d.fields, field{Name: name, Value: fmt.Sprint(f.Properties[name])})
	}
	d.fields = append(d.fields, field{Name: "geometry", Value: geometryText(f.Geometry)})
	w.Header().Set("Content-Crs", "<"+crs84+">")
	u.respond(w, r, d)
}

func geometryText(geometry json.RawMessage) string {
	if geometry == nil {
		return "none"
	}
	return string(geometry)
}
