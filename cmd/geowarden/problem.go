package main

import (
	"errors"
	"fmt"
)

// Problem is one reason not to start: a setting by its full name, and what is
// wrong with it and what to do. It never holds the value.
type Problem struct {
	Name string
	What string
}

func (p *Problem) Error() string { return p.Name + ": " + p.What }

// Warning is a reason to look twice; the program starts nonetheless.
type Warning struct {
	Name string
	What string
}

func (w Warning) String() string { return w.Name + ": " + w.What }

// report collects everything that is wrong or doubtful, so that the reader
// sees all of it at once.
type report struct {
	problems []error
	warnings []Warning
	broken   map[string]bool
}

// problem adds a reason not to start. Only the first one for a name is kept:
// what follows from it is not worth reading.
func (r *report) problem(name, format string, args ...any) {
	if r.broken[name] {
		return
	}
	if r.broken == nil {
		r.broken = map[string]bool{}
	}
	r.broken[name] = true
	r.problems = append(r.problems, &Problem{Name: name, What: fmt.Sprintf(format, args...)})
}

// add is problem for an error that says which setting it is about.
func (r *report) add(err error) {
	var p *Problem
	if errors.As(err, &p) {
		r.problem(p.Name, "%s", p.What)
	}
}

func (r *report) warn(name, format string, args ...any) {
	r.warnings = append(r.warnings, Warning{Name: name, What: fmt.Sprintf(format, args...)})
}

// err is every problem, or nil.
func (r *report) err() error { return errors.Join(r.problems...) }
