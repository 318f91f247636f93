package demo

import (
	"net/http"
	"strings"
)

// openapi answers with the API's own description (OpenAPI 3.0.3), which knows no security, as pygeoapi's knows none.
func (u *Upstream) openapi(w http.ResponseWriter, r *http.Request) {
	d := document{
		title: "A sample OGC API", description: "What this API can do", path: "/openapi", mediaType: typeOpenAPI,
		unlinked: true,
	}
	paths := u.paths()
	d.body = object{
		"openapi": "3.0.3",
		"info":    object{"title": d.title, "description": d.description, "version": "1.0.0"},
		"servers": []object{{"url": *u.server.Load(), "description": d.title}},
		"paths":   paths,
		"components": object{"responses": object{
			"Error": object{
				"description": "What went wrong",
				"content":     object{"application/json": object{"schema": object{"$ref": "#/components/schemas/Exception"}}},
			},
		}, "schemas": object{"Exception": exceptionSchema()}},
	}
	for _, path := range sortedKeys(paths) {
		for _, method := range sortedKeys(paths[path]) {
			d.fields = append(d.fields, field{Name: strings.ToUpper(method), Value: path})
		}
	}
	u.respond(w, r, d)
}

func exceptionSchema() object {
	text := object{"type": "string"}
	return object{
		"type": "object", "required": []string{"code", "description"},
		"properties": object{"code": text, "type": text, "description": text},
	}
}

// paths are the operations of every path, as OpenAPI path items.
func (u *Upstream) paths() map[string]object {
	paths := map[string]object{
		"/":            {"get": get("Home", "landing")},
		"/openapi":     {"get": get("This description", "openapi")},
		"/conformance": {"get": get("Conformance", "conformance")},
		"/collections": {"get": get("Collections", "collections")},
		"/processes":   {"get": get("Processes", "processes")},
		"/processes/" + helloWorld: {
			"get": get("A process that greets", "process"),
		},
		"/processes/" + helloWorld + "/execution": {"post": executeOperation()},
		"/jobs": {"get": get("Jobs", "jobs")},
		"/jobs/{jobId}": {
			"get":    get("A job", "job", pathParameter("jobId")),
			"delete": operation("Dismiss a job", "deleteJob", "200", pathParameter("jobId")),
		},
		"/jobs/{jobId}/results": {"get": get("Results of a job", "results", pathParameter("jobId"))},
		"/admin/config":         {"get": operation("The configuration", "config", "200")},
		"/static/style.css":     {"get": operation("How the pages look", "style", "200")},
	}
	for _, c := range u.collections {
		addCollectionPaths(paths, c)
	}
	return paths
}

func addCollectionPaths(paths map[string]object, c *dataset) {
	base := "/collections/" + c.ID
	itemID := pathParameter("featureId")
	paths[base] = object{"get": get(c.Title, "describe."+c.ID)}
	paths[base+"/schema"] = object{"get": get("Schema of "+c.Title, "schema."+c.ID)}
	paths[base+"/queryables"] = object{"get": get("Queryables of "+c.Title, "queryables."+c.ID)}

	create := operation("Add to "+c.Title, "create."+c.ID, "201")
	create["requestBody"] = requestBody(typeGeoJSON)
	paths[base+"/items"] = object{"get": get("Items of "+c.Title, "items."+c.ID, selectionParameters(c)...), "post": create}

	replace := operation("Replace one of "+c.Title, "replace."+c.ID, "204", itemID)
	replace["requestBody"] = requestBody(typeGeoJSON)
	paths[base+"/items/{featureId}"] = object{
		"get": get("One of "+c.Title, "item."+c.ID, itemID), "put": replace,
		"delete": operation("Remove one of "+c.Title, "delete."+c.ID, "200", itemID),
	}
}

func executeOperation() object {
	execute := operation("Greet somebody", "execute", "200", object{
		"name": "Prefer", "in": "header", "schema": object{"type": "string", "enum": []string{"respond-async"}},
	})
	execute["requestBody"] = requestBody("application/json")
	execute["responses"] = object{
		"200":     object{"description": "The greeting"},
		"201":     object{"description": "A job was made"},
		"default": object{"$ref": "#/components/responses/Error"},
	}
	return execute
}
