package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

func TestTypoInTheFileIsRefusedWithTheNearestName(t *testing.T) {
	for line, want := range map[string]string{
		"DEV_API_KEY_ENABLE=true":          "did you mean DEV_API_KEY_ENABLED?",
		"PROD_JKWS_ENABLED=true":           "did you mean PROD_JWKS_ENABLED?",
		"UPSTREAM_URL=http://x":            "did you mean DEV_UPSTREAM_URL?",
		"DEV_HOST=0.0.0.0":                 "did you mean HOST, without a prefix?",
		"DEV_OIDC_CLIENT_SECRETS_FILE=x":   "did you mean DEV_OIDC_CLIENT_SECRET_FILE?",
		"DEV_LOG_LEVEL_FILE=x":             "nothing reads this name",
		"COMPOSE_PROJECT_NAME=x":           "take it out",
		"DEV_PYGEOAPI_KEY=x":               "nothing reads this name",
		"DEV_PYGEOAPI_KEY_=x":              "nothing reads this name",
		"HTTPS_PROXY=http://proxy":         "read from the process environment only",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http": "read from the process environment only",
		"LOG_ROTATION=1":                   "nothing reads this name",
	} {
		_, _, err := loadSettings([]string{"DEV_UPSTREAM_URL=http://localhost:5001"}, write(t, line))
		wantProblems(t, err, want)
	}
}

func TestOnlyNearMissesOfTheProcessEnvironmentAreRefused(t *testing.T) {
	for line, want := range map[string]string{
		"DEV_API_KEY_ENABLE=true":     "did you mean DEV_API_KEY_ENABLED?",
		"DEV_UPSTREAM_ULR=http://x":   "did you mean DEV_UPSTREAM_URL?",
		"dev_api_key_enabled=true":    "did you mean DEV_API_KEY_ENABLED?", // pydantic takes any case
		"Dev_Opa_Enabled=true":        "did you mean DEV_OPA_ENABLED?",
		"DEV_PYGEOAPI_KEYGLOBAL=x":    "did you mean DEV_PYGEOAPI_KEY_GLOBAL?",
		"DEV_UPSTREAM_HEADER_FILE=/x": "did you mean DEV_UPSTREAM_HEADERS_FILE?",
	} {
		_, _, err := load(t, line)
		wantProblems(t, err, want)
	}
	for _, line := range []string{"PATH=/bin", "HOSTNAME=x", "DEV_CONTAINER=1", "PROD_API_KEY_ENABLE=true", "DEV_REDIS_SERVICE_HOST=x", "PORTS=1", "OTEL_SERVICE_NAME=x", "HTTPS_PROXY=http://proxy", "DEV_=", "="} {
		mustLoad(t, line)
	}
}

func TestRetiredNamesAreOneWarningWhereverTheyStand(t *testing.T) {
	file := write(t, "DEV_PYGEOAPI_CONFIG=a\nDEV_FASTGEOAPI_MCP_SERVER_NAME=b\nPROD_LOG_ENQUEUE=1\nDEV_FASTGEOAPI_RANGE_CACHE=off\nDEV_FASTGEOAPI_RANGE_CACHE_MAX_MB=1\n")
	_, warnings, err := loadSettings([]string{"DEV_UPSTREAM_URL=http://localhost:5001", "DEV_AWS_LAMBDA_DEPLOY=false"}, file)
	if err != nil || len(warnings) != 2 || warnings[0].Name != "DEV_AWS_LAMBDA_DEPLOY, DEV_FASTGEOAPI_MCP_SERVER_NAME, DEV_FASTGEOAPI_RANGE_CACHE, DEV_FASTGEOAPI_RANGE_CACHE_MAX_MB, DEV_PYGEOAPI_CONFIG" {
		t.Errorf("%v %v", warnings, err)
	}
}

// Whoever is told that a name has no meaning here can read what to do instead.
func TestWhatBecomesOfARetiredNameIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/migration.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range retired {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("docs/migration.md has no word on %s", name)
		}
	}
}

// Who comes from fastgeoapi with a policy is asked which paths it was written
// for; nobody else is.
func TestAPolicyOfFastgeoapiIsAskedForItsPaths(t *testing.T) {
	base := []string{"DEV_UPSTREAM_URL=http://localhost:5001", "DEV_OPA_ENABLED=true", "DEV_OIDC_CLIENT_ID=c", "DEV_OIDC_WELL_KNOWN_ENDPOINT=https://issuer.example/.well-known/openid-configuration"}
	for lines, want := range map[string]bool{
		"DEV_PYGEOAPI_CONFIG=a DEV_OPA_URL=http://localhost:8181":                            true,
		"DEV_PYGEOAPI_CONFIG=a DEV_POLICY_PATH=testdata":                                     true,
		"DEV_PYGEOAPI_CONFIG=a":                                                              false, // the policy that ships
		"DEV_OPA_URL=http://localhost:8181":                                                  false, // not from fastgeoapi
		"DEV_PYGEOAPI_CONFIG=a DEV_OPA_URL=http://localhost:8181 DEV_POLICY_FULL_PATH=true":  false,
		"DEV_PYGEOAPI_CONFIG=a DEV_OPA_URL=http://localhost:8181 DEV_POLICY_FULL_PATH=false": false,
	} {
		_, warnings, err := loadSettings(append(strings.Split(lines, " "), base...), os.DevNull)
		got := slices.ContainsFunc(warnings, func(w Warning) bool { return w.Name == "DEV_POLICY_FULL_PATH" })
		if err != nil || got != want {
			t.Errorf("%s: %v %v", lines, warnings, err)
		}
	}
}

func TestEverySettingIsDocumentedOnceAndHasOneName(t *testing.T) {
	seen := map[string]bool{}
	for f := range new(Settings).fields() {
		if f.name == "" || f.desc == "" || f.group == "" || seen[f.name] {
			t.Errorf("%+v", f)
		}
		seen[f.name] = true
	}
	if len(seen) < 50 {
		t.Errorf("only %d settings", len(seen))
	}
}

func TestDocumentsAreFresh(t *testing.T) {
	for name, want := range map[string]string{"../../docs/configuration.md": referencePage(), "../../.env.example": exampleFile()} {
		got, err := os.ReadFile(name)
		if err != nil || string(got) != want {
			t.Errorf("%s is stale (%v): run go generate ./cmd/geowarden", name, err)
		}
	}
}
