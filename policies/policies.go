// Package policies holds the Rego that ships: in default the policy that
// decides where none is configured, and in examples three to begin one's own
// with. Each folder is a whole policy, with its tests.
//
// It holds files and nothing else: reading, compiling and asking them is the
// business of package authz.
package policies

import "embed"

// FS has the folders default, examples/company, examples/roles and
// examples/grants.
//
//go:embed default examples
var FS embed.FS
