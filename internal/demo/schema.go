package demo

import (
	"encoding/json"
	"net/http"
	"strings"
)

func (u *Upstream) schema(c *dataset, w http.ResponseWriter, r *http.Request) {
	u.respondSchema(c, "schema", w, r)
}

func (u *Upstream) queryables(c *dataset, w http.ResponseWriter, r *http.Request) {
	u.respondSchema(c, "queryables", w, r)
}

// respondSchema answers with the properties of a collection as JSON Schema (OGC API Features 5 and 3).
func (u *Upstream) respondSchema(c *dataset, name string, w http.ResponseWriter, r *http.Request) {
	properties := object{
		"geometry": object{"format": "geometry-any", "x-ogc-role": "primary-geometry"},
		"id":       object{"type": "string", "x-ogc-role": "id"},
	}
	types := propertyTypes(c.all())
	var fields []field
	for _, property := range sortedKeys(types) {
		properties[property] = object{"title": property, "type": types[property]}
		fields = append(fields, field{Name: property, Value: types[property]})
	}
	path := "/collections/" + c.ID + "/" + name
	u.respond(w, r, document{
		title: c.Title, description: "The " + name + " of this collection", path: path, mediaType: typeSchema,
		unlinked: true, fields: fields,
		body: object{
			"$schema": "http://json-schema.org/draft/2019-09/schema", "$id": u.href(path, nil),
			"type": "object", "title": c.Title, "properties": properties,
		},
	})
}

// propertyTypes returns the JSON type of each property: the first that a feature has a value of.
func propertyTypes(features []Feature) map[string]string {
	types := map[string]string{}
	for _, f := range features {
		for name, value := range f.Properties {
			if known := types[name]; known == "" || known == "null" {
				types[name] = jsonType(value)
			}
		}
	}
	return types
}

func jsonType(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case bool:
		return "boolean"
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			return "number"
		}
		return "integer"
	case int, int64:
		return "integer"
	case float64:
		return "number"
	case []any:
		return "array"
	}
	return "object"
}
