package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// load reads the settings of lines alone, with the back end set.
func load(t *testing.T, lines ...string) (*Settings, []Warning, error) {
	t.Helper()
	return loadSettings(append([]string{"DEV_UPSTREAM_URL=http://localhost:5001"}, lines...), os.DevNull)
}

// mustLoad is load for settings that are good.
func mustLoad(t *testing.T, lines ...string) *Settings {
	t.Helper()
	s, _, err := load(t, lines...)
	if err != nil {
		t.Fatalf("%q: %v", lines, err)
	}
	return s
}

// wantProblems checks that err is made of problems, and of those alone.
func wantProblems(t *testing.T, err error, want ...string) {
	t.Helper()
	var got []string
	if err != nil {
		got = strings.Split(err.Error(), "\n")
	}
	if len(got) != len(want) {
		t.Fatalf("%d problems, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
	}
	for i, text := range want {
		if !strings.Contains(got[i], text) {
			t.Errorf("problem %d is %q, want %q", i, got[i], text)
		}
	}
}

func TestDefaultsListenOnThisMachineAlone(t *testing.T) {
	s, warnings, err := load(t)
	if err != nil {
		t.Fatal(err)
	}
	if s.Address() != "127.0.0.1:5000" || !s.Loopback() || s.Mode() != ModeOpen || s.PublicURL() != "http://localhost:5000/geoapi" {
		t.Errorf("%s, mode %s, %s", s.Address(), s.Mode(), s.PublicURL())
	}
	if s.ServerURL() != "http://localhost:5001" || s.PolicyPackage != "httpapi.authz" || s.PolicyTimeout != 100*time.Millisecond {
		t.Errorf("%+v", s)
	}
	if s.AllowAnonymous || s.AdminOpen || s.ForwardAuthorization || s.CORSCredentials || s.PolicyAllowNetwork || s.ReverseProxy {
		t.Errorf("something is open by default: %+v", s)
	}
	if len(warnings) != 1 || warnings[0].Name != "DEV_API_KEY_ENABLED" {
		t.Errorf("the open mode is not said: %v", warnings)
	}
}

func TestProblemsAreTypedAndNameTheVariable(t *testing.T) {
	_, _, err := load(t, "PORT=many")
	var p *Problem
	if !errors.As(err, &p) || p.Name != "PORT" || p.What != "it is not a whole number" {
		t.Errorf("%#v", err)
	}
}

func TestEnvironmentBeatsTheFileAndEmptyIsNone(t *testing.T) {
	file := write(t, "DEV_UPSTREAM_URL=http://file:1\nDEV_LOG_LEVEL=debug\nPORT=6000\n")
	s, _, err := loadSettings([]string{"DEV_UPSTREAM_URL=http://process:2", "PORT=", "DEV_LOG_FORMAT="}, file)
	if err != nil {
		t.Fatal(err)
	}
	if s.UpstreamURL.String() != "http://process:2" || s.LogLevel != "debug" || s.Port != 6000 || s.LogFormat != "json" {
		t.Errorf("%s %s %d %s", s.UpstreamURL, s.LogLevel, s.Port, s.LogFormat)
	}
}

func TestStatePicksThePrefix(t *testing.T) {
	file := write(t, "ENV_STATE=prod\nPROD_UPSTREAM_URL=http://prod:1\nDEV_UPSTREAM_URL=http://dev:1\n")
	s, _, err := loadSettings(nil, file)
	if err != nil || s.UpstreamURL.String() != "http://prod:1" {
		t.Errorf("%v %v", s, err)
	}
	s, _, err = loadSettings([]string{"ENV_STATE=dev"}, file)
	if err != nil || s.UpstreamURL.String() != "http://dev:1" {
		t.Errorf("%v %v", s, err)
	}
	_, _, err = load(t, "ENV_STATE=production")
	wantProblems(t, err, "ENV_STATE: it is neither dev nor prod")
}

func TestSwitchesTakeTheWordsOfPydantic(t *testing.T) {
	for _, word := range []string{"true", "True", "TRUE", "1", "yes", "on", "y", "t"} {
		if !mustLoad(t, "DEV_ADMIN_OPEN="+word).AdminOpen {
			t.Errorf("%s is not true", word)
		}
	}
	for _, word := range []string{"false", "False", "0", "no", "OFF", "n", "f"} {
		if mustLoad(t, "DEV_PUBLIC_OPENAPI="+word).PublicOpenAPI {
			t.Errorf("%s is not false", word)
		}
	}
	for _, word := range []string{"ture", "enabled", "2", "true;", "tru e"} {
		_, _, err := load(t, "DEV_OPA_ENABLED="+word)
		wantProblems(t, err, "DEV_OPA_ENABLED: it is neither true nor false")
	}
}

func TestValuesWithTwoReadingsAreRefused(t *testing.T) {
	for line, want := range map[string]string{
		"PORT=0x1388":                              "PORT: it is not a whole number", // octal and hexadecimal to some readers
		"PORT=05000":                               "PORT: it is not a whole number",
		"PORT=70000":                               "PORT: it is not between",
		"PORT=-1":                                  "PORT: it is not a whole number",
		"DEV_POLICY_TIMEOUT=100":                   "DEV_POLICY_TIMEOUT: it is not a duration",
		"DEV_POLICY_TIMEOUT=-1s":                   "DEV_POLICY_TIMEOUT: it is not longer than nothing",
		"DEV_SHUTDOWN_TIMEOUT=0s":                  "DEV_SHUTDOWN_TIMEOUT: it is not longer than nothing",
		"DEV_HEADER_TIMEOUT=1ns":                   "DEV_HEADER_TIMEOUT: it is too small; write 100ms to 1h",
		"DEV_STALL_TIMEOUT=99ms":                   "DEV_STALL_TIMEOUT: it is too small; write 100ms to 1h",
		"DEV_IDLE_TIMEOUT=9999h":                   "DEV_IDLE_TIMEOUT: it is too large; write 100ms to 1h",
		"DEV_MAX_STREAMS=0":                        "DEV_MAX_STREAMS: it is too small; write 1 to 10000",
		"DEV_MAX_HELD_BYTES=1KiB":                  "DEV_MAX_HELD_BYTES: it is too small; write 64KiB to 1GiB",
		"DEV_LOG_LEVEL=loud":                       "DEV_LOG_LEVEL: it is none of debug, info",
		"DEV_LOG_FORMAT=xml":                       "DEV_LOG_FORMAT: it is neither json nor console",
		"DEV_LOG_FILENAME=../x":                    "DEV_LOG_FILENAME: it is not a file's name",
		"DEV_JWKS_MAX_AGE=1s":                      "DEV_JWKS_MAX_AGE: it is not between",
		"DEV_UPSTREAM_URL=":                        "DEV_UPSTREAM_URL: where is the back end?",
		"DEV_MAX_HELD_BYTES=9999GiB":               "DEV_MAX_HELD_BYTES: it is too large; write 64KiB to 1GiB",
		"DEV_MAX_HEADER_BYTES=1000000000000000GiB": "DEV_MAX_HEADER_BYTES: it is too large; write 4KiB to 1MiB",
		"HOST=not a host":                          "HOST: it is neither an address nor a host name",
		"DEV_FASTGEOAPI_CONTEXT=/":                 "DEV_FASTGEOAPI_CONTEXT: it is not a plain path",
	} {
		// The line stands first: of two values for a name, the first counts.
		_, _, err := loadSettings([]string{line, "DEV_UPSTREAM_URL=http://localhost:5001"}, os.DevNull)
		wantProblems(t, err, want)
	}
}

func TestContextIsAPlainPathBelowTheRoot(t *testing.T) {
	for _, path := range []string{"geoapi", "/geoapi/", "/", "//geoapi", "/a/../b", "/./a", "/a//b", "/%61", "/a b", `/a\b`, "/a;b", "/a?b", "/é", "/*", "/{x}"} {
		_, _, err := load(t, "DEV_FASTGEOAPI_CONTEXT="+path)
		wantProblems(t, err, "DEV_FASTGEOAPI_CONTEXT: it is not a plain path")
	}
	_, _, err := load(t, "DEV_FASTGEOAPI_CONTEXT=/readyz")
	wantProblems(t, err, "DEV_FASTGEOAPI_CONTEXT: it is a path of the gateway's own")
	if s := mustLoad(t, "DEV_FASTGEOAPI_CONTEXT=/maps/v1.0"); s.Context != "/maps/v1.0" {
		t.Error(s.Context)
	}
}

func TestPublicURLHasNoPartTwice(t *testing.T) {
	for _, c := range []struct{ base, root, context, want string }{
		{"", "", "/geoapi", "http://localhost:5000/geoapi"},
		{"https://geo.example.org", "", "/geoapi", "https://geo.example.org/geoapi"},
		{"https://geo.example.org/", "/", "/geoapi", "https://geo.example.org/geoapi"},
		{"https://geo.example.org/geoapi", "", "/geoapi", "https://geo.example.org/geoapi"},
		{"https://geo.example.org/geoapi/", "", "/geoapi", "https://geo.example.org/geoapi"},
		{"https://geo.example.org", "/maps", "/geoapi", "https://geo.example.org/maps/geoapi"},
		{"https://geo.example.org/maps", "/maps", "/geoapi", "https://geo.example.org/maps/geoapi"},
		{"https://geo.example.org/maps/geoapi", "/maps", "/geoapi", "https://geo.example.org/maps/geoapi"},
		{"https://geo.example.org/mygeoapi", "", "/geoapi", "https://geo.example.org/mygeoapi/geoapi"},
		{"http://[::1]:8080", "", "/geoapi", "http://[::1]:8080/geoapi"},
	} {
		s := mustLoad(t, "DEV_PYGEOAPI_BASEURL="+c.base, "DEV_ROOT_PATH="+c.root, "DEV_FASTGEOAPI_CONTEXT="+c.context)
		if got := s.PublicURL(); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestUpstreamIsNotTheGatewayItself(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "localhost", "::1"} {
		_, _, err := loadSettings([]string{"HOST=" + host, "DEV_UPSTREAM_URL=http://localhost:5000/x"}, os.DevNull)
		wantProblems(t, err, "DEV_UPSTREAM_URL: it leads back to the gateway itself")
	}
	_, _, err := loadSettings([]string{"HOST=0.0.0.0", "DEV_ALLOW_ANONYMOUS=1", "DEV_UPSTREAM_URL=http://127.0.0.1:5000"}, os.DevNull)
	wantProblems(t, err, "DEV_UPSTREAM_URL: it leads back to the gateway itself")
}

func TestUpstreamAuthorityMustBeReadable(t *testing.T) {
	_, _, err := load(t, "DEV_UPSTREAM_CA_FILE="+filepath.Join(t.TempDir(), "none.pem"))
	wantProblems(t, err, "none.pem cannot be read: no such file or directory")
	_, _, err = load(t, "DEV_UPSTREAM_CA_FILE="+write(t, "no certificate"))
	wantProblems(t, err, "holds no certificate in PEM")
}

// What 'serve' would refuse only when it listens is refused before.
func TestMetricsHaveAnAddressOfTheirOwn(t *testing.T) {
	const own, number, form = "it is the address that the gateway itself listens on", "its port is not a number between 0 and 65535", "it is not a host and a port"
	for address, want := range map[string]string{
		"127.0.0.1:5000": own, "localhost:5000": own, ":5000": own, "0.0.0.0:5000": own, "[::]:5000": own, "[::ffff:127.0.0.1]:5000": own,
		"127.0.0.1:65536": number, "127.0.0.1:-1": number, "127.0.0.1:http": number,
		"127.0.0.1": form, "127.0.0.1:": form, "not a host:9464": form,
	} {
		_, _, err := load(t, "DEV_METRICS_ADDRESS="+address)
		wantProblems(t, err, "DEV_METRICS_ADDRESS: "+want)
	}
	for _, address := range []string{"127.0.0.1:9464", "127.0.0.1:0", ":9464", "[::1]:5000", "127.0.0.2:5000", "127.0.0.1:65535"} {
		mustLoad(t, "DEV_METRICS_ADDRESS="+address)
	}
	mustLoad(t, "PORT=0", "DEV_METRICS_ADDRESS=127.0.0.1:0")
}

func TestMistakesOfTracesAreProblems(t *testing.T) {
	_, _, err := load(t, "OTEL_TRACES_EXPORTER=zipkin", "OTEL_EXPORTER_OTLP_ENDPOINT=127.0.0.1:4317")
	wantProblems(t, err, "OTEL_TRACES_EXPORTER: it is none of otlp", "OTEL_EXPORTER_OTLP_ENDPOINT: it is not an http or https address; write")
	mustLoad(t, "OTEL_EXPORTER_OTLP_PROTOCOL=foo") // asks for nothing
}

func TestContradictionsAreRefused(t *testing.T) {
	_, _, err := load(t, "DEV_CORS_CREDENTIALS=true")
	wantProblems(t, err, "DEV_CORS_CREDENTIALS: it is true although CORS_ORIGINS is *")
	mustLoad(t, "DEV_CORS_CREDENTIALS=true", "DEV_CORS_ORIGINS=https://geo.example.org")
	_, _, err = load(t, "DEV_FORWARD_AUTHORIZATION=true", "DEV_UPSTREAM_HEADERS=Authorization: Basic Z3c6Z3c=")
	wantProblems(t, err, "DEV_FORWARD_AUTHORIZATION: it is true although UPSTREAM_HEADERS sets Authorization")
}

func TestDoubtsAreWarnings(t *testing.T) {
	for lines, want := range map[string]string{
		"DEV_FASTGEOAPI_REVERSE_PROXY=true":                     "DEV_TRUSTED_PROXIES: not set although",
		"DEV_LOG_PATH=/var/log":                                 "DEV_LOG_PATH: LOG_PATH and LOG_FILENAME go together",
		"DEV_LOG_FORMAT={time} {message}":                       "DEV_LOG_FORMAT: it is a template of loguru",
		"DEV_MAX_CONNECTIONS=999":                               "DEV_MAX_CONNECTIONS_PER_ADDRESS: it is more than MAX_CONNECTIONS",
		"HOST=0.0.0.0 DEV_ALLOW_ANONYMOUS=true":                 "DEV_PYGEOAPI_BASEURL: not set: links in answers lead to http://localhost:5000/geoapi",
		"LOG_LEVEL=debug ROOT_PATH=/x":                          "LOG_LEVEL, ROOT_PATH: not read without the prefix DEV_",
		"DEV_LOG_ROTATION=1 PROD_LOG_ROTATION=1 LOG_ROTATION=1": "DEV_LOG_ROTATION: known from fastgeoapi",
	} {
		split := strings.Split(lines, " ")
		if strings.HasPrefix(lines, "DEV_LOG_FORMAT") {
			split = []string{lines}
		}
		_, warnings, err := load(t, split...)
		if err != nil || !slices.ContainsFunc(warnings, func(w Warning) bool { return strings.HasPrefix(w.String(), want) }) {
			t.Errorf("%s: %v %v", lines, warnings, err)
		}
	}
}

// A secret for the back end that crosses a network in the clear is a doubt too.
func TestSecretsInTheClearAreDoubts(t *testing.T) {
	for _, secret := range []string{"DEV_FORWARD_AUTHORIZATION=true", "DEV_UPSTREAM_HEADERS=X-Proof: secret"} {
		for url, want := range map[string]bool{"http://back.example": true, "https://back.example": false, "http://127.0.0.1:5001": false} {
			_, warnings, err := loadSettings([]string{"DEV_UPSTREAM_URL=" + url, secret}, os.DevNull)
			got := slices.ContainsFunc(warnings, func(w Warning) bool { return w.Name == "DEV_UPSTREAM_URL" && strings.HasPrefix(w.What, "plain http") })
			if err != nil || got != want {
				t.Errorf("%s, %s: %v %v", url, secret, warnings, err)
			}
		}
	}
}

func TestLogFileNeedsBothNames(t *testing.T) {
	if got := mustLoad(t, "DEV_LOG_PATH=/var/log", "DEV_LOG_FILENAME=gw.log").LogFile(); got != "/var/log/gw.log" {
		t.Error(got)
	}
	if got := mustLoad(t, "DEV_LOG_FILENAME=gw.log").LogFile(); got != "" {
		t.Error(got)
	}
}

func TestLevelsOfLoguruAreKnown(t *testing.T) {
	for word, want := range map[string]Level{"TRACE": "debug", "Success": "info", "warning": "warn", "critical": "error", "ERROR": "error"} {
		if got := mustLoad(t, "DEV_LOG_LEVEL="+word).LogLevel; got != want {
			t.Errorf("%s: %s", word, got)
		}
	}
}

// write makes a file of content and returns its name.
func write(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func Example() {
	_, _, err := loadSettings([]string{"DEV_OPA_ENABLED=true", "DEV_JWKS_ENABLED=yes", "DEV_OPA_URI=http://localhost:8181"}, os.DevNull)
	fmt.Println(strings.Split(err.Error(), "\n")[0])
	// Output:
	// DEV_OPA_URI: nothing reads this name; did you mean DEV_OPA_URL?
}
