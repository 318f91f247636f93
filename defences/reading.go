package main

// reading is one reading of path and query for everybody: classes 1 to 5 and 9.
var reading = []defence{
	{
		1, "dot segments", "ogcapi/path.go",
		`return "", ambiguous("the path has a dot segment")`, `return s, nil`,
		"TestPathIsReadOnceOrRefused", "proxy",
	},
	{
		1, "escaped slashes and backslashes", "ogcapi/path.go",
		`case c == '/' || c == '\\':`, `case false:`,
		"TestPathIsReadOnceOrRefused", "proxy",
	},
	{
		1, "escaped percent signs", "ogcapi/path.go",
		`case c == '%':`, `case false:`,
		"TestPathIsReadOnceOrRefused", "proxy",
	},
	{
		1, "control characters in a path", "ogcapi/path.go",
		`case unicode.IsControl(c):`, `case c == 0 && unicode.IsControl(c):`,
		"TestPathIsReadOnceOrRefused", "proxy",
	},
	{
		1, "paths that are not UTF-8", "ogcapi/path.go",
		`return "", ambiguous("the path is not UTF-8")`, `return s, nil`,
		"TestPathIsReadOnceOrRefused", "proxy",
	},
	{
		1, "bad escapes in a path", "ogcapi/path.go",
		`return "", ambiguous("the path has a bad percent escape")`, `return raw, nil`,
		"TestPathsThatTwoServersCouldReadInTwoWaysAreRefused", "",
	},
	{
		1, "words of the API in another case", "ogcapi/route.go",
		`if strings.EqualFold(root, word) {`, `if strings.EqualFold(root, word) && root == word {`,
		"TestPathIsReadOnceOrRefused", "proxy",
	},
	{
		1, "the context in another spelling", "ogcapi/path.go",
		`segments[0] != want`, `!strings.EqualFold(segments[0], want)`,
		"TestWhatIsNotBelowTheContextIsOutside", "",
	},
	{
		1, "the path that is forwarded is the one that was decided", "proxy/outgoing.go",
		`pass.asked.EscapedPath()`, `strings.TrimPrefix(out.URL.EscapedPath(), p.Context)`,
		"TestPathIsReadOnceOrRefused", "",
	},
	{
		1, "paths without end", "ogcapi/path.go",
		`if len(raw) > maxPath {`, `if len(raw) > 1<<30 {`,
		"TestPathsThatTwoServersCouldReadInTwoWaysAreRefused", "",
	},
	{
		2, "ids with slashes that are not listed", "ogcapi/resolve.go",
		`r.segments == 1 || l.has(r.id)`, `r.segments > 0`,
		"TestIDsWithSlashesAreNotWalkedAround", "proxy",
	},
	{
		2, "a listed id with slashes is one segment to a rule", "ogcapi/collection.go",
		`q.Segments = slices.Concat(q.raw[:1], []string{r.id}, q.raw[1+r.segments:])`, `q.Segments = q.raw`,
		"TestIDsWithSlashesAreNotWalkedAround", "proxy",
	},
	{
		2, "paths of two collections at once", "ogcapi/resolve.go",
		`return ambiguous("the path is a route of two collections")`, ``,
		"TestIdsWithSlashesAreThoseThatAreListed", "",
	},
	{
		2, "item ids that are routes of another collection", "ogcapi/collection.go",
		`if r.typ == "item" && len(q.readings) > 1 {`, `if r.typ == "" {`,
		"TestIDsWithSlashesAreNotWalkedAround", "proxy",
	},
	{
		2, "no list of collections is no yes", "ogcapi/resolve.go",
		"	list, err := c.current(ctx)\n	if err != nil {\n		return err\n	}", "	list, err := c.current(ctx)\n	if err != nil {\n		q.choose(q.readings[0])\n		return nil\n	}",
		"TestWithoutTheCollectionListNothingIsGuessed", "proxy",
	},
	{
		2, "records that leave the list for a while are no features", "ogcapi/catalog.go",
		`l.records[id] || l.left[id].records`, `l.records[id]`,
		"TestRecordsThatLeaveTheListAreRecordsStill", "",
	},
	{
		2, "an id with slashes that leaves the list for a while is a reading still", "ogcapi/catalog.go",
		`return listed || left`, `return listed || left && id == ""`,
		"TestAnIDWithSlashesThatLeavesTheListCountsStill", "",
	},
	{
		2, "strangers do not learn what is listed", "proxy/admit.go",
		`who, err := p.authenticate(r)`, "if err := p.resolve(r, asked); err != nil {\n		return err\n	}\n	who, err := p.authenticate(r)",
		"TestStrangersDoNotLearnWhatIsListed", "",
	},
	{
		3, "two slashes in a row", "ogcapi/path.go",
		`return "", errEmptySegment`, `return "", nil`,
		"TestPathIsReadOnceOrRefused", "proxy",
	},
	{
		3, "a slash at the end decides nothing", "ogcapi/path.go",
		`rest = strings.TrimSuffix(rest, "/")`, `rest = strings.TrimSuffix(rest, "/ ")`,
		"TestIDsWithSlashesAreNotWalkedAround", "proxy",
	},
	{
		4, "matrix parameters", "ogcapi/path.go",
		`case c == ';':`, `case false:`,
		"TestPathIsReadOnceOrRefused", "proxy",
	},
	{
		5, "the exemption is one path, not a prefix", "proxy/public.go",
		`!slices.Equal(q.Segments, []string{"openapi"})`, `len(q.Segments) == 0 || q.Segments[0] != "openapi"`,
		"TestNothingButTheExactPathIsPublic", "",
	},
	{
		5, "the exemption is of two methods", "proxy/public.go",
		`q.Method != http.MethodGet && q.Method != http.MethodHead`, `q.Method == http.MethodPut`,
		"TestNothingButTheExactPathIsPublic", "",
	},
	{
		5, "the exemption is of a few forms", "proxy/public.go",
		`len(values) != 1 || !slices.Contains(publicForms[name], values[0])`, `len(values) != 1 || name == ""`,
		"TestNothingButTheExactPathIsPublic", "",
	},
	{
		9, "bad escapes in a query", "ogcapi/query.go",
		`return "", ambiguous("the query has a bad percent escape")`, `return raw, nil`,
		"TestQueryIsReadOnceOrRefused", "proxy",
	},
	{
		9, "a semicolon is data", "ogcapi/query.go",
		`strings.SplitSeq(raw, "&")`, `strings.FieldsFuncSeq(raw, func(c rune) bool { return c == '&' || c == ';' })`,
		"TestPolicySeesEveryValueOfTheQuery", "proxy",
	},
	{
		9, "parameters that servers read once, twice", "ogcapi/query.go",
		`if values.Has(name) {`, `if values.Has(name) && name == "" {`,
		"TestQueryIsReadOnceOrRefused", "proxy",
	},
	{
		9, "the same in another case", "ogcapi/query.go",
		`if name != known {`, `if name == "" {`,
		"TestQueriesThatTwoServersCouldReadInTwoWaysAreRefused", "",
	},
	{
		9, "thousands of parameters", "ogcapi/query.go",
		`strings.Count(raw, "&") >= maxParameters`, `strings.Count(raw, "&") >= 1000*maxParameters`,
		"TestQueriesThatTwoServersCouldReadInTwoWaysAreRefused", "",
	},
	{
		9, "queries that are not UTF-8", "ogcapi/query.go",
		`return "", ambiguous("the query is not UTF-8")`, `return s, nil`,
		"TestQueryIsReadOnceOrRefused", "proxy",
	},
	{
		9, "the query arrives as it came", "proxy/outgoing.go",
		`RawQuery: pass.asked.RawQuery`, `RawQuery: pass.asked.Query.Encode()`,
		"TestQueryIsReadOnceOrRefused", "",
	},
}
