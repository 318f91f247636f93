package demo

import "net/http"

const crs84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"

func (u *Upstream) listCollections(w http.ResponseWriter, r *http.Request) {
	d := document{title: "Collections", description: "What there is", path: "/collections", schemaOrg: "DataCatalog"}
	listed := []object{}
	for _, c := range u.collections {
		body, links := u.describe(c)
		body["links"] = append(u.formLinks(documentOf(c), formatJSON), links...)
		listed = append(listed, body)
		d.entries = append(d.entries, link{Title: c.Title, Href: u.href("/collections/"+c.ID, nil)})
	}
	d.body = object{"collections": listed}
	u.respond(w, r, d)
}

func (u *Upstream) describeCollection(c *dataset, w http.ResponseWriter, r *http.Request) {
	d := documentOf(c)
	d.body, d.links = u.describe(c)
	u.respond(w, r, d)
}

func documentOf(c *dataset) document {
	return document{
		title: c.Title, description: c.Description, path: "/collections/" + c.ID, schemaOrg: "Dataset",
	}
}

// describe returns what a collection says of itself, and its links to what is inside.
func (u *Upstream) describe(c *dataset) (object, []link) {
	path := "/collections/" + c.ID
	var links []link
	for _, inside := range []link{
		{Rel: "items", Type: typeGeoJSON, Title: "Items", Href: "/items"},
		{Rel: relSchema, Type: typeSchema, Title: "Schema", Href: "/schema"},
		{Rel: relQueryables, Type: typeSchema, Title: "Queryables", Href: "/queryables"},
	} {
		here := path + inside.Href
		inside.Href = u.href(here, with(nil, "f", "json"))
		page := inside
		page.Type, page.Hreflang, page.Href = "text/html", "en-US", u.href(here, with(nil, "f", "html"))
		links = append(links, inside, page)
	}
	links = append(links, link{Rel: "root", Type: "application/json", Title: "Home", Href: u.href("", with(nil, "f", "json"))})
	return object{
		"id": c.ID, "title": c.Title, "description": c.Description, "itemType": c.ItemType,
		"keywords": []string{"demo"}, "crs": []string{crs84}, "storageCrs": crs84,
		"extent": object{"spatial": object{"bbox": [][]float64{{-180, -90, 180, 90}}, "crs": crs84}},
	}, links
}
