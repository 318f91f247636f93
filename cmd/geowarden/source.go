package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// The prefixes, by the value of ENV_STATE.
var prefixes = map[string]string{"dev": "DEV_", "prod": "PROD_"}

// maxSecretFile bounds what is read of a NAME_FILE.
const maxSecretFile = 64 << 10

// source is where values come from: the process environment, then the .env
// file. An empty value is none at all.
type source struct {
	process map[string]string
	dotenv  map[string]string
	file    string // the .env file's name
	prefix  string // DEV_ or PROD_
}

// newSource reads environ ("NAME=value" each) and the .env file.
func newSource(environ []string, file string, required bool, r *report) *source {
	s := &source{process: make(map[string]string, len(environ)), file: file}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if _, twice := s.process[name]; !twice {
			s.process[name] = value
		}
	}
	s.dotenv = readDotenv(file, required, r)
	state, _ := s.get("ENV_STATE")
	if state == "" {
		state = "dev"
	}
	s.prefix = prefixes[state]
	if s.prefix == "" {
		r.problem("ENV_STATE", "it is neither dev nor prod")
		s.prefix = prefixes["dev"]
	}
	return s
}

// get returns a value and where it came from, or two empty strings.
func (s *source) get(name string) (value, origin string) {
	if value = s.process[name]; value != "" {
		return value, "environment"
	}
	if value = s.dotenv[name]; value != "" {
		return value, s.file
	}
	return "", ""
}

// names returns the names that either of the two has.
func (s *source) names() []string {
	names := make([]string, 0, len(s.process)+len(s.dotenv))
	for name := range s.process {
		names = append(names, name)
	}
	for name := range s.dotenv {
		if _, twice := s.process[name]; !twice {
			names = append(names, name)
		}
	}
	return names
}

// secret is get for a secret, which may stand in the file that NAME_FILE
// names instead. Only one of the two may be there: nobody could tell which
// one was meant.
func (s *source) secret(name string) (value, origin string, err error) {
	value, origin = s.get(name)
	file, _ := s.get(name + "_FILE")
	switch {
	case file == "":
		return value, origin, nil
	case value != "":
		return "", "", fmt.Errorf("it is set together with %s_FILE; keep one of the two", name)
	}
	value, err = readSecret(file)
	if err != nil {
		return "", "", fmt.Errorf("its file %s (%s_FILE) %w", file, name, err)
	}
	return value, file, nil
}

// readSecret reads a file as orchestrators mount secrets: one newline at its
// end does not count.
func readSecret(file string) (string, error) {
	f, err := os.Open(file) //nolint:gosec // G304: the operator names the file
	if err != nil {
		return "", fmt.Errorf("cannot be read: %w", pathless(err))
	}
	defer func() { _ = f.Close() }()
	content, err := io.ReadAll(io.LimitReader(f, maxSecretFile+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("cannot be read: %w", pathless(err))
	case len(content) > maxSecretFile:
		return "", fmt.Errorf("is longer than %d bytes; that is no secret", maxSecretFile)
	}
	value := strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r")
	if value == "" {
		return "", errors.New("is empty")
	}
	return value, nil
}

// pathless is the cause alone, for messages that name the path already.
func pathless(err error) error {
	if p := new(os.PathError); errors.As(err, &p) {
		return p.Err
	}
	return err
}
