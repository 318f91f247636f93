package main

import (
	"strings"

	"github.com/agnivade/levenshtein"
)

// nearest returns the candidate that takes the fewest edits to reach from
// name, letter case aside, and how many that are. Of two equally near ones it
// is the first; without candidates it is "".
func nearest(name string, candidates []string) (best string, edits int) {
	name = strings.ToUpper(name)
	for _, candidate := range candidates {
		if d := levenshtein.ComputeDistance(name, candidate); best == "" || d < edits {
			best, edits = candidate, d
		}
	}
	return best, edits
}
