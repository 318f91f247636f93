package main

import (
	"errors"
	"strings"
)

// Level is the least important line that is logged: debug, info, warn or
// error, which are zap's words.
type Level string

// levels also knows the words of loguru, which fastgeoapi's files use.
var levels = map[string]Level{
	"debug": "debug", "info": "info", "warn": "warn", "error": "error",
	"trace": "debug", "success": "info", "warning": "warn", "critical": "error",
}

// Decode reads a level in any case.
func (l *Level) Decode(value string) error {
	level, known := levels[strings.ToLower(value)]
	if !known {
		return errors.New("it is none of debug, info, warning and error")
	}
	*l = level
	return nil
}

// Format is the form of a log line: json or console.
type Format string

// Decode reads json or console. A template of loguru, as fastgeoapi's files
// have it, is kept as it is; replaceTemplate turns it into json with a warning.
func (f *Format) Decode(value string) error {
	switch lower := Format(strings.ToLower(value)); {
	case lower == "json", lower == "console":
		*f = lower
	case strings.Contains(value, "{"):
		*f = Format(value)
	default:
		return errors.New("it is neither json nor console")
	}
	return nil
}

// replaceTemplate makes json of a template, and says whether it was one.
func (f *Format) replaceTemplate() bool {
	if *f == "json" || *f == "console" {
		return false
	}
	*f = "json"
	return true
}
