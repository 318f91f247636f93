package authn

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// keyName is what a key in a file may be called: it stands in logs and is seen
// by policies.
var keyName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$`)

// errNoList is a file without anything in it: one that was just cut short to be
// written anew looks so, and must not be taken for having no keys.
var errNoList = errors.New("it holds no list: write [] for no keys")

// parseKeys reads a keys file: a YAML list of name, digest, expires and
// disabled. Whatever it does not know is a fault, told by its line, because a
// misspelt expires would be a key that never ends.
func parseKeys(data []byte) ([]keyEntry, error) {
	list, err := parseKeyList(data)
	if err != nil {
		return nil, err
	}
	var faults []error
	entries := make([]keyEntry, 0, len(list.Content))
	for i, node := range list.Content {
		entry, err := parseKeyEntry(node)
		if err != nil {
			faults = append(faults, fmt.Errorf("entry %d: %w", i+1, err))
			continue
		}
		entries = append(entries, entry)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	if _, err := newKeyTable(entries); err != nil {
		return nil, err
	}
	return entries, nil
}

func parseKeyList(data []byte) (*yaml.Node, error) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var document, second yaml.Node
	if err := dec.Decode(&document); errors.Is(err, io.EOF) {
		return nil, errNoList
	} else if err != nil {
		return nil, fmt.Errorf("it is not YAML: %w", err)
	}
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, errors.New("it holds a second document: keep one list")
	}
	if len(document.Content) == 0 {
		return nil, errNoList
	}
	list := document.Content[0]
	switch {
	case list.Tag == "!!null":
		return nil, errNoList
	case list.Kind != yaml.SequenceNode:
		return nil, fmt.Errorf("line %d: it is not a list: each key begins with - name: and its name", list.Line)
	}
	return list, nil
}

func parseKeyEntry(node *yaml.Node) (entry keyEntry, err error) {
	if node.Kind != yaml.MappingNode {
		return entry, fmt.Errorf("line %d: not a key: name and digest are needed", node.Line)
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		field, value := node.Content[i], node.Content[i+1]
		if seen[field.Value] {
			return entry, fmt.Errorf("line %d: %s is there twice: remove one", field.Line, field.Value)
		}
		seen[field.Value] = true
		if value.Kind != yaml.ScalarNode {
			return entry, fmt.Errorf("line %d: %s must be a plain value", value.Line, field.Value)
		}
		if err := entry.set(field.Value, value); err != nil {
			return entry, fmt.Errorf("line %d: %w", value.Line, err)
		}
	}
	for _, name := range []string{"name", "digest"} {
		if !seen[name] {
			return entry, fmt.Errorf("line %d: %s is missing: add it", node.Line, name)
		}
	}
	return entry, nil
}

func (e *keyEntry) set(field string, value *yaml.Node) (err error) {
	switch field {
	case "name":
		if !keyName.MatchString(value.Value) {
			return errors.New("name must be 1 to 64 letters, digits and ._@-, and begin with a letter or digit")
		}
		e.name = value.Value
	case "digest":
		e.digest, err = parseDigest(value.Value)
	case "expires":
		// The zero time means never, here inside, and must not be written there.
		if e.expires, err = time.Parse(time.RFC3339, value.Value); err != nil || e.expires.IsZero() {
			return errors.New("expires must be a date and time as in RFC 3339: 2027-01-31T00:00:00Z")
		}
	case "disabled":
		if value.Tag != "!!bool" {
			return errors.New("disabled must be true or false")
		}
		e.disabled = strings.EqualFold(value.Value, "true")
	default:
		return fmt.Errorf("unknown field %q: name, digest, expires and disabled are known", field)
	}
	return err
}

// parseDigest returns the raw bytes of a digest; their number tells the function.
func parseDigest(text string) (string, error) {
	function, digits, _ := strings.Cut(text, ":")
	size := map[string]int{"sha256": sha256.Size, "sha512": sha512.Size}[function]
	raw, err := hex.DecodeString(digits)
	if err != nil || size == 0 || len(raw) != size {
		return "", errors.New("digest must be sha256: with 64 hexadecimal digits, or sha512: with 128")
	}
	return string(raw), nil
}
