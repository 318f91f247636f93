package main

import (
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/geowarden/geowarden/internal/traces"
)

// environment is the process environment. No other line of the program reads it.
func environment() []string { return os.Environ() }

// loadSettings makes the configuration from environ ("NAME=value" each), then
// from the .env file; an empty name stands for ".env" in the working folder,
// which need not be there. The error joins every *Problem there is.
func loadSettings(environ []string, dotenv string) (*Settings, []Warning, error) {
	r := &report{}
	s, src := readSettings(environ, dotenv, r)
	checkNames(src, s, r)
	s.check(r)
	checkTraces(environ, r)
	if err := r.err(); err != nil {
		return nil, r.warnings, err
	}
	return s, r.warnings, nil
}

// checkTraces says what is wrong with the OTEL_ variables, which only the
// process environment can hold.
func checkTraces(environ []string, r *report) {
	for _, mistake := range traces.Mistakes(environ) {
		r.problem(mistake.Name, "%s", mistake.What)
	}
}

// readSettings gives every setting its value, and asks nothing of them
// together.
func readSettings(environ []string, dotenv string, r *report) (*Settings, *source) {
	file := dotenv
	if file == "" {
		file = ".env"
	}
	src := newSource(environ, file, dotenv != "", r)
	s := &Settings{prefix: src.prefix, origins: map[string]string{}}
	for _, prefix := range prefixes {
		if value, _ := src.get(prefix + "UPSTREAM_URL"); value != "" && prefix != src.prefix {
			s.elsewhere = prefix + "UPSTREAM_URL"
		}
	}
	for f := range s.fields() {
		if f.many() {
			s.readKeys(src, r)
			continue
		}
		s.read(f, src, r)
	}
	return s, src
}

// read gives one setting its value.
func (s *Settings) read(f field, src *source, r *report) {
	name := f.full(src.prefix)
	value, origin := src.get(name)
	if f.secret() {
		var err error
		if value, origin, err = src.secret(name); err != nil {
			r.problem(name, "%s", err)
			return
		}
	}
	if value == "" {
		value, origin = f.def, "default"
	}
	if value == "" {
		return
	}
	s.origins[name] = origin
	if err := f.set(value); err != nil {
		r.problem(name, "%s", err)
	}
}

// readKeys gathers every PYGEOAPI_KEY_ variable, with the prefix and without.
func (s *Settings) readKeys(src *source, r *report) {
	s.APIKeys = map[string]Secret{}
	names := map[string]string{} // key name -> the variable that set it
	variables := src.names()
	slices.Sort(variables)
	for _, variable := range variables {
		variable = strings.TrimSuffix(variable, "_FILE")
		key, is := keyName(src.prefix, variable)
		if !is || names[key] == variable {
			continue
		}
		if other := names[key]; other != "" {
			r.problem(variable, "it names the same key as %s; keep one of the two", other)
			continue
		}
		names[key] = variable
		value, origin, err := src.secret(variable)
		if err != nil {
			r.problem(variable, "%s", err)
			continue
		}
		s.origins[variable] = origin
		s.APIKeys[key] = NewSecret(value)
	}
	s.keyVariables = names
}

// keyName is the name of the API key that a variable holds.
func keyName(prefix, variable string) (name string, is bool) {
	name, is = strings.CutPrefix(strings.TrimPrefix(variable, prefix), keyPrefix)
	return name, is && name != ""
}

const keyPrefix = "PYGEOAPI_KEY_"

// keyNames returns the variables that hold the API keys, sorted.
func (s *Settings) keyNames() []string {
	return slices.Sorted(maps.Values(s.keyVariables))
}
