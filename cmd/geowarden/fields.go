package main

import (
	"errors"
	"fmt"
	"iter"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/kelseyhightower/envconfig"
)

// field is one setting: what its struct tags say, and where its value lies.
type field struct {
	group   string
	name    string // without its prefix
	bare    bool   // it takes no prefix
	def     string
	desc    string
	mode    string
	example string

	structField reflect.StructField
	value       reflect.Value
}

// fields walks the settings in reading order.
func (s *Settings) fields() iter.Seq[field] {
	return func(yield func(field) bool) {
		groups := reflect.ValueOf(s).Elem()
		for i := range groups.NumField() {
			group := groups.Type().Field(i)
			if !group.Anonymous {
				continue
			}
			for j := range group.Type.NumField() {
				f := group.Type.Field(j)
				if !yield(field{
					group: group.Tag.Get("group"), name: f.Tag.Get("envconfig"), bare: f.Tag.Get("bare") == "true",
					def: f.Tag.Get("default"), desc: f.Tag.Get("desc"), mode: f.Tag.Get("mode"), example: f.Tag.Get("example"),
					structField: f, value: groups.Field(i).Field(j),
				}) {
					return
				}
			}
		}
	}
}

// full is the name as the environment has it.
func (f field) full(prefix string) string {
	if f.bare {
		return f.name
	}
	return prefix + f.name
}

// confidential is a value that must never show: not in an error, a listing or
// a struct tag. NAME_FILE may hold it instead.
type confidential interface {
	envconfig.Decoder
	confidential()
}

// secret says whether the value must never show.
func (f field) secret() bool {
	_, is := f.value.Addr().Interface().(confidential)
	return is
}

// many says whether the name stands for every variable that begins like it.
func (f field) many() bool { return strings.HasSuffix(f.name, "*") }

// set gives the setting its value. The error says what is wrong with the value
// and how to write it, and never holds it.
func (f field) set(value string) error {
	if hidden, is := f.value.Addr().Interface().(confidential); is {
		// Not by envconfig: the value would be part of a struct tag, and
		// reflect keeps those for as long as the process lives.
		return hidden.Decode(value)
	}
	switch f.value.Interface().(type) {
	case bool:
		value = spellBool(value)
	case int:
		if value != "0" && (strings.HasPrefix(value, "0") || strings.Trim(value, "0123456789") != "") {
			return errors.New("it is not a whole number")
		}
	}
	// envconfig reads nothing but the process environment and stops at its
	// first error. So it gets one field at a time, in a struct made for it,
	// with the value as the default of a name that no environment can hold.
	spec := reflect.New(reflect.StructOf([]reflect.StructField{{
		Name: f.structField.Name, Type: f.structField.Type,
		Tag: reflect.StructTag(`envconfig:"=" default:` + strconv.Quote(value)),
	}}))
	err := envconfig.Process("", spec.Interface())
	if parse := new(envconfig.ParseError); errors.As(err, &parse) {
		return f.explain(parse.Err)
	}
	if err != nil {
		return fmt.Errorf("it cannot be read as a %s", f.structField.Type)
	}
	f.value.Set(spec.Elem().Field(0))
	return nil
}

// explain replaces the errors of strconv and time, which quote the value.
func (f field) explain(err error) error {
	switch f.value.Interface().(type) {
	case bool:
		return errors.New("it is neither true nor false")
	case int:
		return errors.New("it is not a whole number")
	case time.Duration:
		return errors.New("it is not a duration; write a number and a unit, such as 500ms, 30s or 5m")
	}
	return err
}

// spellBool turns the further words that pydantic, and so fastgeoapi, takes
// for true and false into those of Go; any other word stays and is refused.
func spellBool(value string) string {
	switch strings.ToLower(value) {
	case "true", "1", "yes", "y", "on", "t":
		return "true"
	case "false", "0", "no", "n", "off", "f":
		return "false"
	}
	return "neither"
}
