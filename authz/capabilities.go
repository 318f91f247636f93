package authz

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// outside are the builtins that reach beyond the input and the policy: the
// network, and the environment of the process. The net.cidr_* functions stay;
// they only calculate, and a rule on client_ip needs them.
var outside = []string{"http.send", "net.lookup_ip_addr", "opa.runtime"}

// capabilities are what policies may use. Without network a policy that calls
// one of those builtins does not compile, and no schema is fetched either.
func capabilities(network bool) *ast.Capabilities {
	all := *ast.CapabilitiesForThisVersion()
	if network {
		return &all
	}
	all.Builtins = slices.DeleteFunc(slices.Clone(all.Builtins), func(builtin *ast.Builtin) bool {
		return slices.Contains(outside, builtin.Name)
	})
	all.AllowNet = []string{}
	return &all
}
