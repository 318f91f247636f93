//go:build e2e

package e2e

import "slices"

// A phase is what is right to answer while something is broken, or nothing is.
type phase struct {
	name  string
	right func(*question) []outcome
}

// asEver is a phase in which nothing that shows is broken.
func asEver(name string) phase {
	return phase{name, func(q *question) []outcome { return []outcome{q.right} }}
}

// without is a phase without a part: what needs it has another outcome then, and
// nothing else has.
func without(name string, missing part, instead ...outcome) phase {
	return phase{name, func(q *question) []outcome {
		if q.needs&missing == 0 {
			return []outcome{q.right}
		}
		return instead
	}}
}

// but is the same phase, in which something else is missing too, and is missed
// first.
func (p phase) but(missing part, instead ...outcome) phase {
	return phase{p.name, func(q *question) []outcome {
		if q.needs&missing == 0 {
			return p.right(q)
		}
		return instead
	}}
}

// or is a phase in which either is right.
func (p phase) or(other phase) phase {
	return phase{"until " + p.name, func(q *question) []outcome { return append(slices.Clone(p.right(q)), other.right(q)...) }}
}
