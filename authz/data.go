package authz

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/open-policy-agent/opa/v1/util"
	"go.yaml.in/yaml/v3"
)

// baseDocuments makes `data` of the JSON and YAML files: each is an object that
// stands at the path of its folder, whatever the file is called.
func baseDocuments(all *files) (map[string]any, error) {
	root := make(map[string]any)
	for _, name := range all.names() {
		if !isData(name) {
			continue
		}
		document, err := decodeData(name, all.contents[name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if err := merge(root, nest(path.Dir(name), document)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return root, nil
}

func decodeData(name string, content []byte) (map[string]any, error) {
	var value any
	var err error
	if path.Ext(name) == ".json" {
		value, err = decodeJSON(content)
	} else if err = plainYAML(content); err == nil {
		err = util.Unmarshal(content, &value)
	}
	if err != nil {
		return nil, err
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, errors.New("data must be an object, with names for what it holds")
	}
	return object, nil
}

// decodeJSON reads one JSON value and keeps numbers as they are written. A name
// that stands twice in an object is refused: which of the two counts differs
// from parser to parser (RFC 8259 section 4).
func decodeJSON(content []byte) (any, error) {
	strict := jsontext.NewDecoder(bytes.NewReader(content))
	if _, err := strict.ReadValue(); err != nil {
		return nil, err
	}
	if _, err := strict.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON value")
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	var value any
	err := decoder.Decode(&value)
	return value, err
}

// plainYAML refuses a name that stands twice in a mapping, and a stream of
// several documents, of which only the first would count.
func plainYAML(content []byte) error {
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	var value any
	if err := decoder.Decode(&value); err != nil {
		return err
	}
	if err := decoder.Decode(&value); !errors.Is(err, io.EOF) {
		return errors.New("more than one YAML document")
	}
	return nil
}

// nest puts a document below the names of a folder's path.
func nest(folder string, document map[string]any) map[string]any {
	if folder == "." {
		return document
	}
	return nest(path.Dir(folder), map[string]any{path.Base(folder): document})
}

// merge adds src to dst. Two files may fill one object, but not one name.
func merge(dst, src map[string]any) error {
	for name, value := range src {
		present, taken := dst[name]
		if !taken {
			dst[name] = value
			continue
		}
		into, ok := present.(map[string]any)
		from, also := value.(map[string]any)
		if !ok || !also {
			return fmt.Errorf("%q is set by another data file too", name)
		}
		if err := merge(into, from); err != nil {
			return err
		}
	}
	return nil
}
