package demo

import (
	"cmp"
	"maps"
	"slices"
)

// operation is an OpenAPI operation object that answers with success or an exception.
func operation(summary, id, success string, parameters ...object) object {
	op := object{
		"summary": summary, "operationId": id, "tags": []string{"demo"},
		"responses": object{
			success:   object{"description": "Done"},
			"default": object{"$ref": "#/components/responses/Error"},
		},
	}
	if len(parameters) > 0 {
		op["parameters"] = parameters
	}
	return op
}

// get is an operation that has the f parameter.
func get(summary, id string, parameters ...object) object {
	return operation(summary, id, "200", append(parameters, queryParameter("f", object{"type": "string"}))...)
}

func selectionParameters(c *dataset) []object {
	parameters := []object{
		queryParameter("limit", object{"type": "integer", "minimum": 1, "maximum": maxLimit, "default": defaultLimit}),
		queryParameter("offset", object{"type": "integer", "minimum": 0, "default": 0}),
		queryParameter("resulttype", object{"type": "string", "enum": []string{"hits", "results"}}),
	}
	box := queryParameter("bbox", object{"type": "array", "items": object{"type": "number"}, "minItems": 4, "maxItems": 6})
	box["style"], box["explode"] = "form", false
	parameters = append(parameters, box)
	types := propertyTypes(c.all())
	for _, name := range sortedKeys(types) {
		kind := types[name]
		if kind == "null" || kind == "object" || kind == "array" {
			kind = "string"
		}
		parameters = append(parameters, queryParameter(name, object{"type": kind}))
	}
	return parameters
}

func queryParameter(name string, schema object) object {
	return object{"name": name, "in": "query", "required": false, "schema": schema}
}

func pathParameter(name string) object {
	return object{"name": name, "in": "path", "required": true, "schema": object{"type": "string"}}
}

func requestBody(mediaType string) object {
	return object{"required": true, "content": object{mediaType: object{"schema": object{"type": "object"}}}}
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
