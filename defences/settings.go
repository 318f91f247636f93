package main

// settings is what must not start: class 22, and secrets: class 25.
var settings = []defence{
	{
		22, "two modes at once", "cmd/geowarden/check.go",
		`case len(on) > 1:`, `case len(on) > 3:`,
		"TestTwoModesAtOnceDoNotStart", "",
	},
	{
		22, "an open gateway on a network", "cmd/geowarden/check.go",
		`case !s.Loopback() && !s.AllowAnonymous:`, `case s.Port < 0:`,
		"TestOpenModeStaysOnThisMachine", "",
	},
	{
		22, "an empty key", "cmd/geowarden/check_access.go",
		`case value == "":`, `case value == " ":`,
		"TestUnusableKeysAreRefused", "",
	},
	{
		22, "the API-key mode without a key", "cmd/geowarden/check_access.go",
		`if len(s.keyVariables) == 0 && s.APIKeysFile == "" {`, `if len(s.keyVariables) == 0 && s.APIKeysFile == "?" {`,
		"TestAPIKeyModeNeedsAKey", "",
	},
	{
		22, "a typo in a name", "cmd/geowarden/names.go",
		`v.checkDotenvName(name, src.file, r)`, `_ = name`,
		"TestTypoInTheFileIsRefusedWithTheNearestName", "",
	},
	{
		22, "a switch without its prefix", "cmd/geowarden/names.go",
		`case slices.Contains(switches, name) && s.Mode() == ModeOpen:`, `case slices.Contains(switches, name) && s.Mode() == "?":`,
		"TestASwitchWithoutItsPrefixIsRefused", "",
	},
	{
		22, "credentials for pages of any origin", "cmd/geowarden/check_sides.go",
		`if s.CORSCredentials && s.CORSOrigins.Any() {`, `if s.CORSCredentials && s.Port < 0 {`,
		"TestContradictionsAreRefused", "",
	},
	{
		22, "a keys file with what nobody knows", "authn/keysfile.go",
		`return fmt.Errorf("unknown field %q: name, digest, expires and disabled are known", field)`, `return nil`,
		"TestKeysFileIsReadStrictly", "",
	},
	{
		22, "a keys file that was cut short", "authn/keysfile.go",
		"	if len(document.Content) == 0 {\n		return nil, errNoList\n	}\n	list := document.Content[0]\n	switch {\n	case list.Tag == \"!!null\":\n		return nil, errNoList\n", "	if len(document.Content) == 0 {\n		return nil, errNoList\n	}\n	list := document.Content[0]\n	switch {\n	case list.Tag == \"!!null\":\n		return &yaml.Node{}, nil\n",
		"TestKeysFileIsReadStrictly|TestKeysFileIsRereadAndABrokenOneChangesNothing", "",
	},
	{
		22, "a gate with a hole", "proxy/proxy.go",
		`need(p.Authn != nil,`, `need(p.Authn != nil || p.Authn == nil,`,
		"TestNewRefusesHolesInTheGate", "",
	},
	{
		22, "a policy that allows nothing, or is none", "authz/entrypoint.go",
		`if !found {`, `if !found && data == nil {`,
		"TestAPolicyThatCannotDecideIsRefused", "",
	},
	{
		25, "secrets in what is printed", "cmd/geowarden/secret.go",
		`func (s Secret) String() string { return redacted }`, `func (s Secret) String() string { return redacted + s.Value() }`,
		"TestSecretsNeverShow", "",
	},
	{
		25, "tokens in errors", "authn/jose.go",
		`return invalid("algorithm", "the token's algorithm is not accepted")`, `return invalid("algorithm", "the token's algorithm is not accepted: "+m.alg)`,
		"TestErrorsDoNotEchoTheToken", "",
	},
	{
		25, "credentials in the log", "proxy/record.go",
		`zap.Inline(ev)`, `zap.Inline(ev), zap.Any("header", r.Header)`,
		"TestSecretsLeakNowhere", "",
	},
	{
		25, "headers with a credential to a policy", "proxy/proxy.go",
		`need(traitsOf(name)&(secret|managed) == 0,`, `need(traitsOf(name)&managed == 0,`,
		"TestNewRefusesHolesInTheGate", "",
	},
	{
		25, "what a reason could put into a header", "proxy/problem.go",
		`if r < ' ' || r > '~' || r == '"' || r == '\\' {`, `if r < 0 {`,
		"TestErrorsCannotBreakOutOfTheirAnswer", "",
	},
	{
		25, "addresses of the inside in answers", "proxy/problem.go",
		`pr := badGateway("the back end is out of reach")`, `pr := badGateway("the back end is out of reach: " + err.Error())`,
		"TestBackEndFaultsAreTold", "",
	},
}
