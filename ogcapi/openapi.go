package ogcapi

import (
	"bytes"
	"errors"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

var operations = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}

// SecureOpenAPI rewrites an OpenAPI 3 document in JSON for clients that come
// through the gateway: the credential's scheme on every operation, the gateway's
// 401 and 403, and the public address as the only server. The members keep their
// order. References are not followed, so operations in other files get what
// stands at the root.
func SecureOpenAPI(doc []byte, s Security) ([]byte, error) {
	root, err := readObject(doc)
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(root.get("openapi"), []byte(`"3.`)) {
		return nil, errors.New("not an OpenAPI 3 document")
	}
	if s.ServerURL != "" {
		root.set("servers", list(map[string]any{"url": s.ServerURL}))
	}
	schemes := s.schemes()
	securePaths := func(paths *object) error {
		return paths.editEach(func(_ string, item *object) error { return securePathItem(item, schemes) })
	}
	if len(schemes) > 0 {
		root.set("security", requirements(schemes))
		err := root.edit("components", func(components *object) error { return addComponents(components, schemes) })
		if err != nil {
			return nil, err
		}
	}
	if err := root.editIfThere("paths", securePaths); err != nil {
		return nil, err
	}
	err = root.editIfThere("components", func(components *object) error { return components.editIfThere("pathItems", securePaths) })
	if err != nil {
		return nil, err
	}
	return root.text()
}

// addComponents declares the schemes, and the answers of the gateway.
func addComponents(components *object, schemes []namedScheme) error {
	err := components.edit("securitySchemes", func(o *object) error {
		for _, scheme := range schemes {
			o.set(scheme.name, raw(scheme.definition))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return components.edit("responses", func(o *object) error {
		for _, r := range refusals {
			o.set(r.name, raw(map[string]any{
				"description": r.description,
				"content":     map[string]any{"application/problem+json": map[string]any{"schema": problemSchema}},
			}))
		}
		return nil
	})
}

// securePathItem drops the servers of a path, which would lead past the gateway,
// and secures its operations.
func securePathItem(item *object, schemes []namedScheme) error {
	item.remove("servers")
	return item.editEach(func(name string, operation *object) error {
		if !slices.Contains(operations, name) {
			return nil
		}
		operation.remove("servers")
		if len(schemes) == 0 {
			return nil
		}
		operation.set("security", requirements(schemes))
		return operation.edit("responses", func(responses *object) error {
			for _, r := range refusals {
				responses.set(r.status, raw(map[string]any{"$ref": "#/components/responses/" + r.name}))
			}
			return nil
		})
	})
}

// requirements lists the schemes as alternatives.
func requirements(schemes []namedScheme) jsontext.Value {
	all := make([]any, 0, len(schemes))
	for _, scheme := range schemes {
		all = append(all, map[string]any{scheme.name: []string{}})
	}
	return list(all...)
}
