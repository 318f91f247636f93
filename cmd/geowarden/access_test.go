package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const exclusive = "OPA_ENABLED, JWKS_ENABLED and API_KEY_ENABLED are mutually exclusive"

func TestTwoModesAtOnceDoNotStart(t *testing.T) {
	jwks := []string{"DEV_JWKS_ENABLED=true", "DEV_OAUTH2_JWKS_ENDPOINT=https://issuer.example.org/jwks"}
	keys := []string{"DEV_API_KEY_ENABLED=1", "DEV_PYGEOAPI_KEY_GLOBAL=a-key-of-twenty-bytes"}
	opa := []string{"DEV_OPA_ENABLED=on", "DEV_OIDC_WELL_KNOWN_ENDPOINT=https://issuer.example.org/.well-known/openid-configuration", "DEV_OIDC_CLIENT_ID=c"}
	for _, lines := range [][]string{slices.Concat(jwks, keys), slices.Concat(jwks, opa), slices.Concat(keys, opa), slices.Concat(keys, opa, jwks)} {
		_, _, err := load(t, lines...)
		wantProblems(t, err, exclusive)
	}
	for mode, lines := range map[Mode][]string{ModeJWKS: jwks, ModeAPIKey: keys, ModeOIDC: opa} {
		if got := mustLoad(t, lines...).Mode(); got != mode {
			t.Errorf("%s: %s", mode, got)
		}
	}
}

func TestOpenModeStaysOnThisMachine(t *testing.T) {
	for _, host := range []string{"0.0.0.0", "::", "192.0.2.1", "gateway", "127.0.0.1.example.org"} {
		_, _, err := load(t, "HOST="+host)
		wantProblems(t, err, "DEV_ALLOW_ANONYMOUS: no mode is on")
		mustLoad(t, "HOST="+host, "DEV_ALLOW_ANONYMOUS=true")
	}
	for _, host := range []string{"127.0.0.1", "127.9.9.9", "::1", "localhost", "LOCALHOST"} {
		mustLoad(t, "HOST="+host)
	}
}

func TestAPIKeyModeNeedsAKey(t *testing.T) {
	_, _, err := load(t, "DEV_API_KEY_ENABLED=true")
	wantProblems(t, err, "DEV_PYGEOAPI_KEY_GLOBAL: the API-key mode is on without a key")
	_, _, err = load(t, "DEV_API_KEY_ENABLED=true", "PROD_PYGEOAPI_KEY_GLOBAL=of-the-other-prefix")
	wantProblems(t, err, "DEV_PYGEOAPI_KEY_GLOBAL: the API-key mode is on without a key")
}

func TestEveryKeyVariableCounts(t *testing.T) {
	s := mustLoad(t, "DEV_API_KEY_ENABLED=true", "DEV_PYGEOAPI_KEY_GLOBAL=key-of-the-world", "DEV_PYGEOAPI_KEY_alice=key-of-alice-herself", "PYGEOAPI_KEY_BOB=key-of-bob-himself",
		"DEV_PYGEOAPI_KEY_EVE_FILE="+write(t, "key-of-eve-herself\n"), "PROD_PYGEOAPI_KEY_X=of-the-other-prefix")
	got := map[string]string{}
	for name, key := range s.APIKeys {
		got[name] = key.Value()
	}
	want := map[string]string{"GLOBAL": "key-of-the-world", "alice": "key-of-alice-herself", "BOB": "key-of-bob-himself", "EVE": "key-of-eve-herself"}
	if len(got) != len(want) {
		t.Errorf("%v", s.APIKeys)
	}
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s differs", name)
		}
	}
}

func TestUnusableKeysAreRefused(t *testing.T) {
	for _, c := range []struct {
		lines []string
		want  string
	}{
		{[]string{"DEV_PYGEOAPI_KEY_GLOBAL="}, "DEV_PYGEOAPI_KEY_GLOBAL: the key is empty"},
		{[]string{"DEV_PYGEOAPI_KEY_GLOBAL=good-enough-canary", "PYGEOAPI_KEY_A="}, "PYGEOAPI_KEY_A: the key is empty"},
		{[]string{"DEV_PYGEOAPI_KEY_GLOBAL= canary"}, "DEV_PYGEOAPI_KEY_GLOBAL: the key begins or ends with a space"},
		{[]string{"DEV_PYGEOAPI_KEY_GLOBAL=canary\u00e9"}, "no header can carry"},
		{[]string{"DEV_PYGEOAPI_KEY_GLOBAL=canary\ncanary"}, "no header can carry"},
		{[]string{"DEV_PYGEOAPI_KEY_A=the-same-canary", "DEV_PYGEOAPI_KEY_B=the-same-canary"}, "DEV_PYGEOAPI_KEY_B: the key is the same as that of DEV_PYGEOAPI_KEY_A"},
		{[]string{"DEV_PYGEOAPI_KEY_A=one-canary", "PYGEOAPI_KEY_A=other-canary"}, "PYGEOAPI_KEY_A: it names the same key as DEV_PYGEOAPI_KEY_A"},
		{[]string{"DEV_PYGEOAPI_KEY_A=a-canary", "DEV_PYGEOAPI_KEY_A_FILE=/a/file"}, "DEV_PYGEOAPI_KEY_A: it is set together with DEV_PYGEOAPI_KEY_A_FILE"},
		{[]string{"DEV_API_KEYS_FILE=/nowhere/keys.yaml"}, "DEV_API_KEYS_FILE: "},
	} {
		_, _, err := load(t, append(c.lines, "DEV_API_KEY_ENABLED=true")...)
		wantProblems(t, err, c.want)
		if strings.Contains(err.Error(), "canary") {
			t.Errorf("a key shows: %v", err)
		}
	}
}

func TestShortKeysAreDoubted(t *testing.T) {
	_, warnings, err := load(t, "DEV_API_KEY_ENABLED=true", "DEV_PYGEOAPI_KEY_GLOBAL=canary")
	if err != nil || len(warnings) != 1 || warnings[0].Name != "DEV_PYGEOAPI_KEY_GLOBAL" || strings.Contains(warnings[0].String(), "canary") {
		t.Errorf("%v %v", warnings, err)
	}
}

func TestSettingsOfAModeThatIsOffAreNotAskedFor(t *testing.T) {
	s, warnings, err := load(t, "DEV_PYGEOAPI_KEY_GLOBAL=", "DEV_OAUTH2_JWKS_ENDPOINT=http://far.example.org/jwks", "DEV_POLICY_PATH=/nowhere", "DEV_OPA_URL=http://opa:8181", "DEV_API_KEYS_FILE=/nowhere")
	if err != nil || len(warnings) != 1 || len(s.APIKeys) != 0 {
		t.Errorf("%v %v", warnings, err)
	}
}

func TestSecretFiles(t *testing.T) {
	for content, want := range map[string]string{"secret\n": "secret", "secret\r\n": "secret", "secret": "secret", " secret \n\n": " secret \n"} {
		if got := mustLoad(t, "DEV_OIDC_CLIENT_SECRET_FILE="+write(t, content)).OIDCClientSecret.Value(); got != want {
			t.Errorf("%q: %q", content, got)
		}
	}
	for name, want := range map[string]string{
		write(t, ""):                            "is empty",
		write(t, "\n"):                          "is empty",
		filepath.Join(t.TempDir(), "none"):      "cannot be read: no such file",
		t.TempDir():                             "cannot be read: is a directory",
		write(t, strings.Repeat("x", 64<<10+1)): "is longer than",
	} {
		_, _, err := load(t, "DEV_OIDC_CLIENT_SECRET_FILE="+name)
		wantProblems(t, err, want)
	}
}

func TestTokenModesNeedTheirIssuer(t *testing.T) {
	_, _, err := load(t, "DEV_JWKS_ENABLED=true")
	wantProblems(t, err, "DEV_OAUTH2_JWKS_ENDPOINT: the JWKS mode is on without it")
	_, _, err = load(t, "DEV_OPA_ENABLED=true")
	wantProblems(t, err, "DEV_OIDC_WELL_KNOWN_ENDPOINT: the OIDC and OPA mode is on without it", "DEV_OIDC_CLIENT_ID: the OIDC and OPA mode is on without it")
	mustLoad(t, "DEV_OPA_ENABLED=true", "DEV_OIDC_WELL_KNOWN_ENDPOINT=http://localhost:8282/.well-known/openid-configuration", "DEV_OIDC_EXPECTED_AUDIENCE=a, b")
}

func TestPlainHTTPAndUncheckedClaimsAreDoubted(t *testing.T) {
	_, warnings, err := load(t, "DEV_JWKS_ENABLED=true", "DEV_OAUTH2_JWKS_ENDPOINT=http://issuer.example.org/jwks")
	if err != nil || len(warnings) != 3 {
		t.Errorf("%v %v", warnings, err)
	}
	_, warnings, err = load(t, "DEV_JWKS_ENABLED=true", "DEV_OAUTH2_JWKS_ENDPOINT=http://127.0.0.1:1/jwks", "DEV_OAUTH2_EXPECTED_AUDIENCE=a", "DEV_OAUTH2_EXPECTED_ISSUER=b")
	if err != nil || len(warnings) != 0 {
		t.Errorf("%v %v", warnings, err)
	}
}

func TestOnePolicyDecides(t *testing.T) {
	oidc := []string{"DEV_OPA_ENABLED=true", "DEV_OIDC_WELL_KNOWN_ENDPOINT=https://issuer.example.org/.well-known/openid-configuration", "DEV_OIDC_CLIENT_ID=c"}
	_, _, err := load(t, append(oidc, "DEV_OPA_URL=http://localhost:8181", "DEV_POLICY_PATH="+t.TempDir())...)
	wantProblems(t, err, "DEV_POLICY_PATH: it is set together with OPA_URL")
	_, _, err = load(t, append(oidc, "DEV_POLICY_PATH="+filepath.Join(t.TempDir(), "none"))...)
	wantProblems(t, err, "none cannot be read: no such file")
	for _, name := range []string{"a..b", ".a", "a.", "a-b", "a/b", "1a"} {
		_, _, err = load(t, append(oidc, "DEV_POLICY_PACKAGE="+name)...)
		wantProblems(t, err, "DEV_POLICY_PACKAGE: it is not the name of a Rego package")
	}
}

func TestTheFixtureOfFastgeoapiLacksOneLine(t *testing.T) {
	_, _, err := loadSettings(nil, "testdata/fastgeoapi.env")
	wantProblems(t, err, "DEV_UPSTREAM_URL: where is the back end? This is the one line to add")
	content, err := os.ReadFile("testdata/fastgeoapi.env")
	if err != nil {
		t.Fatal(err)
	}
	s, _, err := loadSettings(nil, write(t, string(content)+"DEV_UPSTREAM_URL=http://localhost:5001\n"))
	if err != nil {
		t.Fatal(err)
	}
	if s.Mode() != ModeAPIKey || s.APIKeys["GLOBAL"].Value() != "an-invented-global-key" || s.RootPath != "" || s.LogFormat != "json" || s.LogFile() != "/tmp/geoapi-sample.log" {
		t.Errorf("%+v", s)
	}
}
