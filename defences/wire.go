package main

// wire is what stands on the wire: classes 10 and 11.
var wire = []defence{
	{
		10, "bodies that only some servers read", "ogcapi/parse.go",
		`if r.ContentLength != 0 || len(r.TransferEncoding) > 0 {`, `if len(r.TransferEncoding) > 1 {`,
		"TestBodiesThatOnlySomeServersReadAreRefused", "",
	},
	{
		10, "two Content-Types", "ogcapi/parse.go",
		`if len(r.Header.Values("Content-Type")) > 1 {`, `if len(r.Header.Values("Content-Type")) > 2 {`,
		"TestBodiesThatOnlySomeServersReadAreRefused", "",
	},
	{
		10, "a bad chunk is told as the client's fault", "proxy/body.go",
		`b.failed.Store(true)`, ``,
		"TestBadChunkIsTheClientsFault", "",
	},
	{
		10, "the body of a refused request is not read as another", "proxy/body.go",
		`if r.ContentLength == 0 || r.Body == nil || r.Body == http.NoBody || r.ProtoMajor >= 2 {`, `if r.ProtoMajor > 0 {`,
		"TestRefusalsDoNotWaitForTheBody", "",
	},
	{
		10, "request trailers", "proxy/outgoing.go",
		`pr.Out.Trailer = nil`, `_ = pr.Out.Trailer`,
		"TestRequestTrailersDoNotArrive", "",
	},
	{
		11, "methods that open tunnels or echo", "ogcapi/parse.go",
		`if !slices.Contains(methods, r.Method) {`, `if r.Method == "" {`,
		"TestMethodsAndTargetsOfOthersAreRefused", "proxy",
	},
	{
		11, "targets on other hosts", "proxy/address.go",
		`return nil, errForeignTarget`, `return at, nil`,
		"TestMethodsAndTargetsOfOthersAreRefused", "",
	},
	{
		11, "overrides of the method", "proxy/headers.go",
		`"x-http-method", "x-http-method-override", "x-method-override",`, ``,
		"TestMethodOverridesDoNotArrive", "",
	},
	{
		11, "upgrades that a client asks for", "proxy/headers.go",
		`"upgrade", "http2-settings", "connection",`, `"http2-settings",`,
		"TestUpgradesOpenNoTunnel", "",
	},
	{
		11, "upgrades that the back end answers with", "proxy/answer.go",
		`if res.StatusCode == http.StatusSwitchingProtocols {`, `if res.StatusCode == 0 {`,
		"TestUpgradesOpenNoTunnel", "",
	},
}
