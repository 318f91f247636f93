package main

// policies is may they: classes 20 and 21.
var policies = []defence{
	{
		20, "a body that cannot be read decides nothing", "proxy/problem.go",
		`case pass != nil && pass.body.failed.Load():`, `case pass == nil:`,
		"TestBadChunkIsTheClientsFault", "",
	},
	{
		21, "a no is a no", "proxy/admit.go",
		`if !dec.Allow {`, `if !dec.Allow && dec.Reason == "no" {`,
		"TestPathIsReadOnceOrRefused", "",
	},
	{
		21, "no decision is a no", "proxy/admit.go",
		`eventOf(r).decided(dec, err, p.Now().Sub(start))`, "eventOf(r).decided(dec, err, p.Now().Sub(start))\n	if err != nil {\n		dec.Allow, err = true, nil\n	}",
		"TestNoDecisionIsANo", "",
	},
	{
		21, "builtins that fail", "authz/policy.go",
		`rego.StrictBuiltinErrors(true)`, `rego.StrictBuiltinErrors(false)`,
		"TestWhatIsNoAnswerIsAnError", "",
	},
	{
		21, "an allow that is not a boolean", "authz/policy.go",
		`if defined && !boolean {`, `if defined && !boolean && value == 0 {`,
		"TestWhatIsNoAnswerIsAnError", "",
	},
	{
		21, "rules that call out of the gateway", "authz/capabilities.go",
		`var outside = []string{"http.send", `, `var outside = []string{`,
		"TestAPolicyThatCannotDecideIsRefused|TestTheNetworkIsASetting", "",
	},
	{
		21, "a policy that fails its own tests", "authz/policy.go",
		`if err := c.selfTest(ctx, parsed, store); err != nil {`, `if err := c.selfTest(ctx, parsed, store); err != nil && store == nil {`,
		"TestAPolicyThatCannotDecideIsRefused|TestABrokenPolicyLeavesTheLastGoodOne", "",
	},
	{
		21, "data rules that would go unenforced", "authz/entrypoint.go",
		`case slices.Contains(dataRules, name):`, `case name == "" && slices.Contains(dataRules, name):`,
		"TestADataRuleIsRefusedHoweverItIsWritten", "",
	},
	{
		21, "data rules of an OPA server", "authz/remote.go",
		`if _, ok := rules[name]; ok {`, `if _, ok := rules[name+" "]; ok {`,
		"TestAnUnclearAnswerOfTheServerIsNoAnswer", "",
	},
	{
		21, "an OPA server that answers with an error", "authz/remote.go",
		`if status != http.StatusOK {`, `if status == 0 {`,
		"TestAnUnclearAnswerOfTheServerIsNoAnswer", "",
	},
	{
		21, "answers without end of an OPA server", "authz/remote.go",
		`maxAnswer            = 1 << 20`, `maxAnswer            = 1 << 23`,
		"TestAnUnclearAnswerOfTheServerIsNoAnswer", "",
	},
	{
		21, "an answer that two parsers read in two ways", "authz/data.go",
		"	strict := jsontext.NewDecoder(bytes.NewReader(content))", "	strict := jsontext.NewDecoder(bytes.NewReader(content), jsontext.AllowDuplicateNames(true))",
		"TestAnUnclearAnswerOfTheServerIsNoAnswer", "",
	},
	{
		21, "claims that speak for the gateway", "authz/input.go",
		`return strings.HasPrefix(claim, "request") || slices.Contains(reserved, claim)`, `return strings.HasPrefix(claim, "request_") && slices.Contains(reserved, claim)`,
		"TestAClaimDoesNotSpeakForTheGateway", "",
	},
	{
		21, "requests that a policy would see altered", "authz/embedded.go",
		`if !in.legible() {`, `if in.Request == nil {`,
		"TestWhatIsNotUTF8IsDenied", "",
	},
	{
		21, "clients that have left", "authz/policy.go",
		`	if ctx.Err() != nil {
		return Decision{}, late(ctx)
	}`, ``,
		"TestAClientThatHasLeftIsNotDecidedFor", "",
	},
	{
		21, "the admin resources without a policy", "authz/flat.go",
		`if in.Request.Resource.API == "admin" && !f.AdminOpen {`, `if in.Request == nil {`,
		"TestFlatKeepsAdminClosedUnlessOpened", "",
	},
	{
		21, "tokens without the scopes", "authz/flat.go",
		`if !have[scope] {`, `if have == nil {`,
		"TestFlatDemandsEveryScope", "",
	},
	{
		21, "a part of the input that the policy would not find", "authz/looks.go",
		`			} else {
				v.whole = true
			}`, `			}`,
		"TestWhateverRulesLookAtIsThere", "",
	},
}
