package main

// keys is what tokens and keys are checked against, and what is remembered of
// them: classes 14, 16, 17, 19, 23 and 27.
var keys = []defence{
	{
		14, "keys for encryption", "authn/jwk.go",
		`if use, ok := members["use"]; ok && use != "sig" {`, `if use, ok := members["use"]; ok && use == "" {`,
		"TestUnfitKeysAreRefusedAndTheOthersServe", "",
	},
	{
		14, "keys that are not to verify", "authn/jwk.go",
		`if op == "verify" {`, `if op != "" {`,
		"TestUnfitKeysAreRefusedAndTheOthersServe", "",
	},
	{
		14, "keys whose private part is public", "authn/jwk.go",
		`if _, ok := members["d"]; ok {`, `if members == nil {`,
		"TestUnfitKeysAreRefusedAndTheOthersServe", "",
	},
	{
		14, "RSA keys that are too short", "authn/jwk.go",
		`minRSA = 2048`, `minRSA = 1024`,
		"TestRSAKeysAreOfTheRightLength", "",
	},
	{
		14, "RSA keys with an exponent of 1", "authn/jwk.go",
		`case key.E < 3 || key.E%2 == 0:`, `case key.E < 0:`,
		"TestKeysThatWouldBreakVerificationAreRefused", "",
	},
	{
		14, "RSA keys that can be factored (ROCA)", "authn/jwk.go",
		`case isROCA(key.N):`, `case isROCA(key.N) && key.E == 0:`,
		"TestWycheproofSignatures", "",
	},
	{
		14, "keys of the wrong curve", "authn/algorithm.go",
		`a.crv == k.crv`, `(a.crv == k.crv || a.crv != "")`,
		"TestUnfitKeysAreRefusedAndTheOthersServe|TestTokenCannotChooseItsAlgorithm|TestWycheproofSignatures", "",
	},
	{
		14, "two keys of one id", "authn/snapshot.go",
		`if kid != "" && n > 1 {`, `if kid != "" && n > 2 {`,
		"TestSameKeyIDTwiceIsRefusedForBoth", "",
	},
	{
		14, "tokens that leave a choice of keys", "authn/snapshot.go",
		`if only != nil {`, `if only != nil && kid != "" {`,
		"TestTokenWithoutKeyIDNeedsExactlyOneKeyThatFits", "",
	},
	{
		16, "tokens of another issuer", "authn/claims.go",
		`case expected != "" && issuer != expected:`, `case expected != "" && issuer == "":`,
		"TestIssuersAreNotMixedUp", "proxy",
	},
	{
		16, "a discovery document that names another issuer", "authn/discovery.go",
		`if d.expected == "" && doc.IssuerURL != stem && doc.IssuerURL != stem+"/" {`, `if d.expected == "" && doc.IssuerURL == "" && stem == "" {`,
		"TestIssuerOfTheDocument", "",
	},
	{
		17, "one fetch an interval, whatever arrives", "authn/refresh.go",
		`s.count > 0 && delay > 0`, `s.count > 0 && delay > s.cfg.Interval`,
		"TestFloodFetchesAtMostOncePerInterval", "",
	},
	{
		17, "few wait for a key", "authn/refresh.go",
		`	default:
		return s.unavailable(nil)
	}`, `	}`,
		"TestRotationUnderAFloodRefusesNoGoodToken", "",
	},
	{
		17, "keys that were removed", "authn/keyset.go",
		`limit := s.cfg.MaxAge`, `limit := s.cfg.Ceiling`,
		"TestRemovedKeyDiesWithinMaxAge", "",
	},
	{
		17, "an outage does not lock out at once", "authn/keyset.go",
		`limit = s.cfg.Ceiling`, `limit = s.cfg.MaxAge`,
		"TestOutageIsOutlivedUntilTheCeiling", "",
	},
	{
		17, "key sets without end", "authn/fetch.go",
		`maxBody      = 1 << 20`, `maxBody      = 1 << 40`,
		"TestBodyThatDoesNotEndIsCutOff", "",
	},
	{
		17, "unlisted collections cause one fetch an interval", "ogcapi/catalog.go",
		`now.Sub(c.tried) < c.cfg.Interval`, `now.Sub(c.tried) < 0`,
		"TestUnlistedIdsCauseAtMostOneFetchAnInterval", "",
	},
	{
		19, "a verified token is of one configuration", "authn/cache.go",
		`text := appendPart(space[:0], c.config[:])`, `text := space[:0]`,
		"TestSameTokenUnderTwoConfigurations|TestCacheKeysTellEverythingApart", "",
	},
	{
		19, "a|b is not a and b", "authn/cache.go",
		`text = binary.BigEndian.AppendUint64(text, uint64(len(part)))`, `_ = binary.BigEndian`,
		"TestCacheKeysTellEverythingApart", "",
	},
	{
		19, "new keys forget old tokens", "authn/cache.go",
		`text = appendPart(text, generation[:])`, `_ = generation`,
		"TestNewKeySetFlushesTheCache", "",
	},
	{
		19, "a remembered token ends when it says", "authn/cache.go",
		`|| entry.validity.check(now) != nil`, ``,
		"TestCheckOfTheClockRunsAgainOnAHit", "",
	},
	{
		23, "keys are compared by their digests", "authn/keys.go",
		`digest: string(digest[:])}`, `digest: secret + string(digest[:0])}`,
		"TestKeysAreKnownByTheirDigestsAlone", "",
	},
	{
		23, "the caller is told the same whatever failed", "authn/keys.go",
		`return invalid(check, "invalid api key")`, `return invalid(check, "invalid api key: "+check)`,
		"TestKeysAreTold", "",
	},
	{
		27, "redirects of an issuer to another host", "authn/fetch.go",
		`case next.URL.Host != first.Host:`, `case next.URL.Host == "" && first.Host == "":`,
		"TestRedirectsOfTheIssuer", "",
	},
	{
		27, "redirects of an issuer from https to http", "authn/fetch.go",
		`case via[len(via)-1].URL.Scheme == "https" && next.URL.Scheme != "https":`, `case next.URL.Scheme == "":`,
		"TestRedirectNeverLeavesTLS", "",
	},
	{
		27, "redirects without end", "authn/fetch.go",
		`case len(via) > maxRedirects:`, `case len(via) > 100*maxRedirects:`,
		"TestRedirectsOfTheIssuer", "",
	},
	{
		27, "keys over http of a document over https", "authn/discovery.go",
		`if strings.HasPrefix(d.url, "https:") && !strings.HasPrefix(doc.JWKSURL, "https:") {`, `if strings.HasPrefix(d.url, "x:") {`,
		"TestKeySetOverHTTPOfAnHTTPSDocumentIsRefused", "",
	},
	{
		27, "files and other schemes for keys", "authn/fetch.go",
		`case u.Scheme != "https" && u.Scheme != "http":`, `case u.Scheme == "":`,
		"TestDiscoveryURLThatCannotWorkIsRefused|TestKeySetConfigurationThatCannotWorkIsRefused", "",
	},
	{
		27, "passwords in addresses", "authn/fetch.go",
		`case u.User != nil:`, `case u.User != nil && u.Host == "":`,
		"TestKeySetConfigurationThatCannotWorkIsRefused", "",
	},
	{
		27, "redirects of the list of collections", "ogcapi/fetch.go",
		`if !sameOrigin(req.URL, via[0].URL) {`, `if req.URL == nil {`,
		"TestRedirectsToAnotherHostAreNotFollowed", "",
	},
	{
		27, "pages of the list on another host", "ogcapi/fetch.go",
		`if !sameOrigin(next, page) {`, `if next == nil {`,
		"TestAllPagesAreRead|TestWithoutAListPathsThatNeedItAreUnavailable", "",
	},
	{
		27, "redirects of an OPA server", "authz/remote.go",
		`return http.ErrUseLastResponse`, `return nil`,
		"TestTheInputIsNeverSentAlongARedirect", "",
	},
}
