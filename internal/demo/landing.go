package demo

import "net/http"

func (u *Upstream) landing(w http.ResponseWriter, r *http.Request) {
	const title, description = "A sample OGC API", "Observations and lakes, to try a gateway on"
	u.respond(w, r, document{
		title: title, description: description, schemaOrg: "DataCatalog",
		body: object{"title": title, "description": description},
		links: []link{
			{Rel: "service-desc", Type: typeOpenAPI, Title: "What this API can do", Href: u.href("/openapi", nil)},
			{
				Rel: "service-doc", Type: "text/html", Title: "What this API can do, to read",
				Href: u.href("/openapi", with(nil, "f", "html")), Hreflang: "en-US",
			},
			{Rel: "conformance", Type: "application/json", Title: "Conformance", Href: u.href("/conformance", nil)},
			{Rel: "data", Type: "application/json", Title: "Collections", Href: u.href("/collections", nil)},
			{Rel: relProcesses, Type: "application/json", Title: "Processes", Href: u.href("/processes", nil)},
			{Rel: relJobs, Type: "application/json", Title: "Jobs", Href: u.href("/jobs", nil)},
		},
	})
}

func (u *Upstream) conformance(w http.ResponseWriter, r *http.Request) {
	const ogc = "http://www.opengis.net/spec/"
	classes := []string{
		ogc + "ogcapi-common-1/1.0/conf/core",
		ogc + "ogcapi-common-2/1.0/conf/collections",
		ogc + "ogcapi-features-1/1.0/conf/core",
		ogc + "ogcapi-features-1/1.0/conf/geojson",
		ogc + "ogcapi-features-1/1.0/conf/html",
		ogc + "ogcapi-features-1/1.0/conf/oas30",
		ogc + "ogcapi-features-4/1.0/conf/create-replace-delete",
		ogc + "ogcapi-processes-1/1.0/conf/core",
		ogc + "ogcapi-processes-1/1.0/conf/json",
	}
	d := document{
		title: "Conformance", description: "The parts of the standards that this API follows", path: "/conformance",
		body: object{"conformsTo": classes}, unlinked: true,
	}
	for _, class := range classes {
		d.entries = append(d.entries, link{Title: class, Href: class})
	}
	u.respond(w, r, d)
}
