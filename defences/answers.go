package main

// answers is what the back end says: class 26.
var answers = []defence{
	{
		26, "a cut in the middle stays a cut", "proxy/record.go",
		`panic(http.ErrAbortHandler) // a swallowed cut would look like a whole answer`, ``,
		"TestCutInTheMiddleStaysACut", "",
	},
	{
		26, "a cut in the middle stays a cut where only the connection's end tells", "proxy/record.go",
		`resetUnlessTold(ww, r)`, ``,
		"TestCutIsACutUnderHTTP10", "",
	},
	{
		26, "informational answers go no further", "proxy/final.go",
		`if status >= http.StatusOK {`, `if status > 0 {`,
		"TestInformationalAnswersTakeNothingAway", "",
	},
	{
		26, "documents that are held are bounded", "proxy/answer.go",
		`if int64(len(doc)) > p.held.size {`, `if doc == nil {`,
		"TestAPIDefinitionThatCannotBeRewritten", "",
	},
	{
		26, "codings that cannot be read", "proxy/coding.go",
		`return nil, &unreadable{"the back end used a content coding that it was not asked for", nil}`, `return res.Body, nil`,
		"TestAPIDefinitionThatCannotBeRewritten", "",
	},
	{
		26, "answers to somebody stay out of shared caches", "proxy/answer.go",
		`h["Cache-Control"] = []string{privately(h["Cache-Control"])}`, `_ = privately(nil)`,
		"TestAnswersToSomebodyArePrivate", "",
	},
	{
		26, "the back end's word on which pages may read", "proxy/answer.go",
		`dropHeaders(h, cors)`, ``,
		"TestCORSIsTheGateways", "",
	},
	{
		26, "credentials for pages of any origin", "proxy/cors.go",
		`if c.Credentials && !anyOrigin {`, `if c.Credentials {`,
		"TestAnyPageNeverComesWithCredentials", "",
	},
	{
		26, "what is public depends on no stranger", "proxy/public.go",
		`question.Method, question.RawQuery = http.MethodGet, form.query`, `question.Method = http.MethodGet`,
		"TestPublicAnswersCannotBePoisoned", "",
	},
	{
		26, "a strange answer is not kept for all", "proxy/public.go",
		`a.until = now.Add(publicFailed)`, ``,
		"TestPublicAnswersAreNotKeptForLong", "",
	},
	{
		26, "cookies in what is kept for all", "proxy/public.go",
		`[]string{"Set-Cookie", `, `[]string{`,
		"TestPublicAnswersCannotBePoisoned", "",
	},
	{
		26, "servers of a document that lead past the gateway", "ogcapi/openapi.go",
		"	item.remove(\"servers\")\n", ``,
		"TestServersThatLeadPastTheGatewayAreRemoved", "",
	},
	{
		26, "a part of a text that must be changed as a whole", "proxy/answer.go",
		`if res.StatusCode == http.StatusPartialContent {`, `if res.StatusCode == 0 {`,
		"TestRangesAreOfWhatTheClientSees", "",
	},
}
