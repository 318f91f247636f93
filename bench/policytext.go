package main

import "fmt"

// policyText is one of two policies: they differ in whose the collection
// shifting is. The comment makes each text another.
func policyText(number int) string {
	owners := []string{"osgeo", "geobeyond"}
	return fmt.Sprintf(`package httpapi.authz

# version %d
default allow := false

allow if {
	input.resource.operation == "read"
	owner[input.resource.collection] == input.subject.claims.company
}

reason := "this collection is another company's"

owner := {"obs": "osgeo", "pub": "osgeo", "lakes": "geobeyond", "pub/secret": "geobeyond", "shifting": %q}
`, number, owners[number%2])
}

// shiftingUser is whose company owns the collection shifting under the policy
// of that number.
func shiftingUser(number int) string { return []string{osgeo, geobeyond}[number%2] }

// brokenPolicies must change nothing: none of them may be put in force.
var brokenPolicies = []string{
	"package httpapi.authz\n\nallow if {\n",
	"package httpapi.authz\n\nallow := data.nowhere.at_all(input)\n",
	"",
	policyText(0) + "\ntest_that_fails if false\n",
	policyText(0) + "\nmasked_properties contains \"name\"\n",
	"package another\n\nallow := true\n",
}
