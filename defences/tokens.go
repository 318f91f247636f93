package main

// tokens is who asks: classes 12, 13, 15 and 18.
var tokens = []defence{
	{
		12, "two API keys", "authn/keys.go",
		`case len(values) > 1:`, `case len(values) > 2:`,
		"TestCredentialsAreReadOnceOrRefused", "proxy",
	},
	{
		12, "two Authorization headers", "authn/bearer.go",
		`case len(values) > 1:`, `case len(values) > 2:`,
		"TestCredentialsAreReadOnceOrRefused", "proxy",
	},
	{
		12, "two credentials in one header", "authn/bearer.go",
		`if strings.Contains(value, ",") {`, `if value == "," {`,
		"TestAuthorizationHeaderIsReadInOneWayOnly", "",
	},
	{
		12, "characters that no token has", "authn/bearer.go",
		"		default:\n			return false\n", "		default:\n",
		"TestAuthorizationHeaderIsReadInOneWayOnly", "",
	},
	{
		12, "other schemes", "authn/bearer.go",
		`case !strings.EqualFold(scheme, "Bearer"):`, `case scheme == "":`,
		"TestAuthorizationHeaderIsReadInOneWayOnly", "",
	},
	{
		12, "credentials go no further than the gateway", "proxy/outgoing.go",
		`dropHeaders(h, credential)`, ``,
		"TestCredentialsAreReadOnceOrRefused|TestSecretsLeakNowhere", "",
	},
	{
		12, "no error of the authenticator is a yes", "proxy/admit.go",
		"who, err := p.authenticate(r)\n	if err != nil {", "who, err := p.authenticate(r)\n	if who == nil {\n		who, err = nobody, nil\n	}\n	if err != nil {",
		"TestCredentialsAreReadOnceOrRefused", "",
	},
	{
		13, "the signature", "authn/algorithm.go",
		`if err := verifier.Verify(k.public, []byte(m.signed), m.signature); err != nil {`, `if err := verifier.Verify(k.public, []byte(m.signed), m.signature); err != nil && len(m.signature) == 0 {`,
		"TestWycheproofSignatures|TestChangedTokenIsRefused", "",
	},
	{
		13, "the algorithm is the key's, not the token's", "authn/algorithm.go",
		`if !k.fits(m.alg) {`, `if m.alg == "" {`,
		"TestTokenCannotChooseItsAlgorithm", "",
	},
	{
		13, "algorithms that nobody asked for", "authn/jose.go",
		`if _, ok := algorithms[m.alg]; !ok {`, `if m.alg == "" {`,
		"TestAlgorithmsThatNobodyAskedForCostNothing", "",
	},
	{
		13, "extensions that change what is signed", "authn/jose.go",
		`[]string{"crit", "b64"}`, `[]string{"b32"}`,
		"TestUnfitTokensMakeNothingArrive", "proxy",
	},
	{
		13, "a member of a token twice", "authn/object.go",
		`dec := jsontext.NewDecoder(bytes.NewBuffer(data))`, `dec := jsontext.NewDecoder(bytes.NewBuffer(data), jsontext.AllowDuplicateNames(true))`,
		"TestTokenWithTwoReadingsIsRefused", "",
	},
	{
		13, "two spellings of one token", "authn/jose.go",
		`base64.RawURLEncoding.Strict()`, `base64.RawURLEncoding`,
		"TestTokenWithTwoReadingsIsRefused", "",
	},
	{
		13, "what follows a token's object", "authn/object.go",
		"	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {\n		return nil, errNotObject\n	}\n", "	_ = io.EOF\n",
		"TestTokenWithTwoReadingsIsRefused", "",
	},
	{
		15, "tokens without an end", "authn/claims.go",
		`if _, ok := claims["exp"]; !ok {`, "if _, ok := claims[\"exp\"]; !ok {\n		v.expires = time.Unix(maxDate, 0)\n		return v, nil\n	}\n	if claims == nil {",
		"TestClaims", "",
	},
	{
		15, "tokens that have ended", "authn/claims.go",
		`case !now.Before(v.expires.Add(leeway)):`, `case v.expires.Before(v.notBefore):`,
		"TestUnfitTokensMakeNothingArrive", "proxy",
	},
	{
		15, "tokens that are not valid yet", "authn/claims.go",
		`case now.Add(leeway).Before(v.notBefore):`, `case false:`,
		"TestUnfitTokensMakeNothingArrive", "proxy",
	},
	{
		15, "dates that are none", "authn/claims.go",
		`seconds > maxDate`, `seconds > 1e308`,
		"TestClaims", "",
	},
	{
		15, "tokens for somebody else, by aud", "authn/claims.go",
		`if !slices.ContainsFunc(r.anyOf, func(a string) bool { return slices.Contains(audience, a) }) {`, `if !slices.ContainsFunc(r.anyOf, func(string) bool { return true }) {`,
		"TestUnfitTokensMakeNothingArrive", "proxy",
	},
	{
		15, "tokens for somebody else, by azp", "authn/claims.go",
		`if !slices.Contains(audience, r.clientID) && claims["azp"] != r.clientID {`, `if audience == nil && claims["azp"] == "" {`,
		"TestUnfitTokensMakeNothingArrive", "proxy",
	},
	{
		15, "ID tokens", "authn/tokentype.go",
		`case r.rejectIDTokens && (typ == "id" || isIDToken(m.claims)):`, `case r.rejectIDTokens && typ == "id":`,
		"TestUnfitTokensMakeNothingArrive", "proxy",
	},
	{
		15, "tokens of another type", "authn/tokentype.go",
		`typ != "jwt" && typ != "at+jwt"`, `typ == "id"`,
		"TestUnfitTokensMakeNothingArrive", "proxy",
	},
	{
		15, "a subject that is none", "authn/principal.go",
		"	if hasSub && (!ok || id == \"\") {\n		return nil, invalid(\"subject\", \"the token's sub is not a string, or empty\")\n	}\n	client := clientOf(claims)\n	if !hasSub {", "	client := clientOf(claims)\n	if !hasSub || !ok || id == \"\" {",
		"TestUnfitTokensMakeNothingArrive", "proxy",
	},
	{
		18, "long credentials", "authn/bearer.go",
		`if len(value) > maxCredential {`, `if len(value) > 1<<30 {`,
		"TestAuthorizationHeaderIsReadInOneWayOnly", "",
	},
	{
		18, "many dots", "authn/jose.go",
		`if strings.Count(token, ".") != 2 {`, `if len(strings.Split(token, ".")) != 3 {`,
		"TestRefusingABombIsCheap", "",
	},
	{
		18, "deep JSON", "authn/object.go",
		`if depth > maxDepth {`, `if depth > 1<<20 {`,
		"TestRefusingABombIsCheap|TestTokenWithTwoReadingsIsRefused", "",
	},
	{
		18, "a bomb for a list of collections", "ogcapi/fetch.go",
		`maxListPage  = 16 << 20`, `maxListPage  = 64 << 20`,
		"TestWithoutAListPathsThatNeedItAreUnavailable", "",
	},
}
