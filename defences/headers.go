package main

// headers is what a client says about itself: classes 6 to 8.
var headers = []defence{
	{
		6, "links do not follow a stranger's X-Forwarded-Host", "proxy/address.go",
		`if p.ForwardedByProxy && p.peers.trusts(r) {`, `if p.ForwardedByProxy {`,
		"TestForwardedHeadersOfAStrangerChangeNothing", "",
	},
	{
		6, "the address of a stranger is that of its connection", "proxy/proxy.go",
		`if len(p.TrustedPeers) == 0 {`, `if len(p.TrustedPeers) < 0 {`,
		"TestForwardedHeadersOfAStrangerChangeNothing", "",
	},
	{
		6, "a stranger's chain of addresses ends here", "proxy/outgoing.go",
		`if p.peers.trusts(pr.In) {`, `if p.peers != nil || pr.In != nil {`,
		"TestForwardedHeadersOfAStrangerChangeNothing", "",
	},
	{
		6, "forwarded headers of every name", "proxy/headers.go",
		`"x-forwarded", "x-auth-"`, `"x-auth-"`,
		"TestForwardedHeadersOfAStrangerChangeNothing", "",
	},
	{
		6, "hosts that could end a link and begin another", "proxy/address.go",
		`!hostPattern.MatchString(host)`, `host == "" || hostPattern == nil`,
		"TestForwardedHeadersOfATrustedProxyCount", "",
	},
	{
		6, "forwarded addresses that say two things", "proxy/address.go",
		`len(values) == 1 && !strings.Contains(values[0], ",")`, `len(values) > 0`,
		"TestForwardedAddressSaysOneThing", "",
	},
	{
		7, "identity headers of a client", "proxy/outgoing.go",
		`dropHeaders(pr.Out.Header, managed)`, ``,
		"TestIdentityHeadersOfAClientNeverArrive", "",
	},
	{
		7, "the same where the claim is absent", "proxy/headers.go",
		`"x-forwarded", "x-auth-", "x-authenticated-"`, `"x-forwarded", "x-authenticated-"`,
		"TestIdentityHeadersOfAClientNeverArrive", "",
	},
	{
		7, "identity headers of other products", "proxy/headers.go",
		`"x-geowarden-", "remote-"`, `"x-geowarden-"`,
		"TestIdentityHeadersOfAClientNeverArrive", "",
	},
	{
		7, "names that some servers take for others", "proxy/headers.go",
		`return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-'`, `return r != 0`,
		"TestHeadersThatOtherServersReadDifferentlyDoNotArrive", "",
	},
	{
		7, "claims that end a header and begin another", "proxy/outgoing.go",
		`return strings.IndexFunc(s, func(r rune) bool { return r > '~' || r < ' ' }) < 0`, `return true`,
		"TestClaimsThatCannotStandInAHeader", "",
	},
	{
		7, "lists whose elements could be read as more", "proxy/outgoing.go",
		` || strings.Contains(s, ",")`, ``,
		"TestClaimsThatCannotStandInAHeader", "",
	},
	{
		8, "Connection deletes nothing that the gateway sets", "proxy/outgoing.go",
		"	p.setConditions(pr.Out.Header, pass)\n", "	p.setConditions(pr.Out.Header, pass)\n	defer func() {\n		for name := range strings.SplitSeq(pr.In.Header.Get(\"Connection\"), \",\") {\n			pr.Out.Header.Del(strings.TrimSpace(name))\n		}\n	}()\n",
		"TestConnectionHeaderDeletesNothingOfOurs", "",
	},
	{
		8, "Connection deletes nothing that was decided on", "proxy/outgoing.go",
		`h["Content-Type"] = media`, `_ = media`,
		"TestConnectionHeaderDeletesNothingThatWasDecidedOn", "",
	},
	{
		8, "nor what a policy saw", "proxy/outgoing.go",
		`h[http.CanonicalHeaderKey(name)] = values`, `_, _ = name, values`,
		"TestConnectionHeaderDeletesNothingThatWasDecidedOn", "",
	},
}
