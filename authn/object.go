package authn

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth bounds how deep a JSON value of a token may nest; what walks the
// claims later recurses.
const maxDepth = 32

// What makes a JSON object unfit. The decoder's own errors quote the input,
// which is a credential, so they are replaced by these.
var (
	errNotObject = errors.New("not one JSON object")
	errDuplicate = errors.New("a member is there twice")
	errTooDeep   = errors.New("nested too deep")
	errNumber    = errors.New("a number is out of range")
)

// decodeObject reads data as exactly one JSON object, so that no other parser
// reads it in another way (RFC 8725 section 2.6, RFC 7493): no member twice, no
// invalid UTF-8, nothing after it, no number that a double cannot reach.
// Numbers are json.Number.
func decodeObject(data []byte) (map[string]any, error) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(data))
	if dec.PeekKind() != '{' {
		return nil, errNotObject
	}
	value, err := decodeValue(dec, 0)
	if err != nil {
		return nil, err
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errNotObject
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, errNotObject
	}
	return object, nil
}

func decodeValue(dec *jsontext.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, errTooDeep
	}
	token, err := dec.ReadToken()
	if err != nil {
		return nil, jsonFault(err)
	}
	switch token.Kind() {
	case '{':
		return decodeMembers(dec, depth)
	case '[':
		return decodeElements(dec, depth)
	case '"':
		return token.String(), nil
	case '0':
		number := token.String()
		if _, err := strconv.ParseFloat(number, 64); err != nil {
			return nil, errNumber
		}
		return json.Number(number), nil
	case 't', 'f':
		return token.Bool(), nil
	default: // the kind that is left is null
		return nil, nil
	}
}

func decodeMembers(dec *jsontext.Decoder, depth int) (any, error) {
	members := map[string]any{}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return nil, jsonFault(err)
		}
		key := name.String() // before the next read: the token is backed by the decoder's buffer
		if members[key], err = decodeValue(dec, depth+1); err != nil {
			return nil, err
		}
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, jsonFault(err)
	}
	return members, nil
}

func decodeElements(dec *jsontext.Decoder, depth int) (any, error) {
	elements := []any{}
	for dec.PeekKind() != ']' {
		element, err := decodeValue(dec, depth+1)
		if err != nil {
			return nil, err
		}
		elements = append(elements, element)
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, jsonFault(err)
	}
	return elements, nil
}

func jsonFault(err error) error {
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return errDuplicate
	}
	return errNotObject
}
