package ogcapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// object is a JSON object whose members keep their order, and whose values stay
// as they are until they are looked into.
type object []member

type member struct {
	name  string
	value jsontext.Value
}

// readObject reads exactly one object. Two members of one name are an error
// (RFC 8259 section 4: readers differ on them).
func readObject(text []byte) (object, error) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(text))
	if dec.PeekKind() != '{' {
		return nil, errors.New("not a JSON object")
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	var o object
	for dec.PeekKind() == '"' {
		name, err := dec.ReadToken()
		if err != nil {
			return nil, err
		}
		m := member{name: name.String()}
		value, err := dec.ReadValue()
		if err != nil {
			return nil, err
		}
		m.value = value.Clone()
		o = append(o, m)
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON object")
	}
	return o, nil
}

func (o object) text() (jsontext.Value, error) {
	out := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			out = append(out, ',')
		}
		var err error
		if out, err = jsontext.AppendQuote(out, m.name); err != nil {
			return nil, fmt.Errorf("member name: %w", err)
		}
		out = append(append(out, ':'), m.value...)
	}
	return append(out, '}'), nil
}

// find returns the place of a member; -1 where there is none.
func (o object) find(name string) int {
	return slices.IndexFunc(o, func(m member) bool { return m.name == name })
}

func (o object) get(name string) jsontext.Value {
	if i := o.find(name); i >= 0 {
		return o[i].value
	}
	return nil
}

// set replaces a member in its place, or adds it at the end.
func (o *object) set(name string, value jsontext.Value) {
	if i := o.find(name); i >= 0 {
		(*o)[i].value = value
		return
	}
	*o = append(*o, member{name, value})
}

func (o *object) remove(name string) {
	if i := o.find(name); i >= 0 {
		*o = slices.Delete(*o, i, i+1)
	}
}

// edit changes a member that is an object; where there is none, it begins with
// an empty one.
func (o *object) edit(name string, change func(*object) error) error {
	if o.find(name) < 0 {
		*o = append(*o, member{name, jsontext.Value("{}")})
	}
	return o.editAt(o.find(name), change)
}

// editAt changes the object in a place. Looking for it by its name again would
// make the time grow with the square of the document.
func (o *object) editAt(i int, change func(*object) error) error {
	m := &(*o)[i]
	inner, err := readObject(m.value)
	if err != nil {
		return fmt.Errorf("%s: %w", m.name, err)
	}
	if err := change(&inner); err != nil {
		return err
	}
	m.value, err = inner.text()
	return err
}

// editIfThere changes a member that is an object, where there is one.
func (o *object) editIfThere(name string, change func(*object) error) error {
	if i := o.find(name); i >= 0 {
		return o.editAt(i, change)
	}
	return nil
}

// editEach changes every member that is an object.
func (o *object) editEach(change func(name string, inner *object) error) error {
	for i, m := range *o {
		if m.value.Kind() != '{' {
			continue
		}
		if err := o.editAt(i, func(inner *object) error { return change(m.name, inner) }); err != nil {
			return err
		}
	}
	return nil
}
