package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/geowarden/geowarden/internal/demo"
)

// output is what a program that is still running wrote so far.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// program is the program, running in this process.
type program struct {
	t              *testing.T
	url            string // with the context
	stdout, stderr *output
	stop           context.CancelFunc
	ended          chan error
}

var announced = regexp.MustCompile(`"public": ?"([^"]+)"`)

// start runs the program with exactly these settings on a free port, and waits
// until it says where it listens.
func start(t *testing.T, args []string, environ ...string) *program {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	p := &program{t: t, stdout: &output{}, stderr: &output{}, stop: stop, ended: make(chan error, 1)}
	go func() { p.ended <- run(ctx, args, environ, p.stdout, p.stderr) }()
	p.wait("the address", func() bool {
		select {
		case err := <-p.ended:
			t.Fatalf("the program ended: %v\n%s", err, p.stderr)
		default:
		}
		m := announced.FindStringSubmatch(p.stderr.String())
		if m != nil {
			p.url = m[1]
		}
		return m != nil
	})
	t.Cleanup(func() { stop() })
	return p
}

// wait waits for something to be so.
func (p *program) wait(what string, so func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if so() {
			return
		}
	}
	p.t.Fatalf("waited in vain for %s\n%s", what, p.stderr)
}

// end stops the program and returns how it ended.
func (p *program) end() error {
	p.t.Helper()
	p.stop()
	select {
	case err := <-p.ended:
		return err
	case <-time.After(20 * time.Second):
		p.t.Fatal("the program does not stop")
		return nil
	}
}

// get returns the status and the body of a path below the context.
func (p *program) get(path string, headers ...string) (int, string) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.url+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// backend serves the sample API and returns the setting that names it.
func backend(t *testing.T) (*demo.Upstream, string) {
	t.Helper()
	upstream := demo.NewUpstream(demo.UpstreamConfig{})
	server := httptest.NewServer(upstream)
	t.Cleanup(server.Close)
	upstream.SetServerURL(server.URL)
	return upstream, "DEV_UPSTREAM_URL=" + server.URL
}

// provider serves the sample issuer and returns the settings of the OIDC mode.
func provider(t *testing.T) (*demo.Issuer, []string) {
	t.Helper()
	issuer, err := demo.NewIssuer(demo.IssuerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(issuer)
	t.Cleanup(server.Close)
	issuer.SetBaseURL(server.URL)
	return issuer, []string{"DEV_OPA_ENABLED=true", "DEV_OIDC_WELL_KNOWN_ENDPOINT=" + issuer.DiscoveryURL(), "DEV_OIDC_CLIENT_ID=pygeoapi-client", "DEV_POLICY_TIMEOUT=5s"}
}

func serveEnv(t *testing.T, more ...string) []string {
	t.Helper()
	return append([]string{"PORT=0", "HOME=" + t.TempDir()}, more...)
}

// A .env file as fastgeoapi's users have it serves after one added line.
func TestServesAFileOfFastgeoapi(t *testing.T) {
	_, upstream := backend(t)
	p := start(t, []string{"serve", "--env-file", "testdata/fastgeoapi.env"}, serveEnv(t, upstream, "DEV_LOG_PATH="+t.TempDir(),
		"DEV_API_KEY_ENABLED=true", "DEV_OPA_ENABLED=false", "DEV_JWKS_ENABLED=false", "DEV_PYGEOAPI_KEY_GLOBAL=a-key-for-this-test", "HOST=127.0.0.1")...)
	p.url = regexp.MustCompile(`"address":"([^"]+)"`).FindStringSubmatch(p.stderr.String())[1]
	p.url = "http://" + p.url + "/geoapi"
	if status, _ := p.get("/collections"); status != http.StatusUnauthorized {
		t.Errorf("without the key: %d", status)
	}
	if status, body := p.get("/collections", "X-API-KEY: a-key-for-this-test"); status != http.StatusOK {
		t.Errorf("with the key: %d %s", status, body)
	}
	if !strings.Contains(p.stderr.String(), "LOG_ROTATION") {
		t.Error("settings that make no sense here are not named")
	}
	if err := p.end(); err != nil {
		t.Error(err)
	}
}

// Keys are made, used, disabled, and the file is reread; no key is in the log.
func TestKeysFileIsReread(t *testing.T) {
	_, upstream := backend(t)
	file := filepath.Join(t.TempDir(), "keys.yaml")
	var stdout output
	if err := run(t.Context(), []string{"keys", "new", "office", "--file", file}, nil, &stdout, io.Discard); err != nil {
		t.Fatal(err)
	}
	key := regexp.MustCompile(`gw_[\w-]+`).FindString(stdout.String())
	p := start(t, []string{"serve"}, serveEnv(t, upstream, "DEV_API_KEY_ENABLED=true", "DEV_API_KEYS_FILE="+file)...)
	if status, body := p.get("/collections", "X-API-KEY: "+key); status != http.StatusOK {
		t.Fatalf("the new key: %d %s", status, body)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(content, []byte("  disabled: true\n")...), 0o600); err != nil {
		t.Fatal(err)
	}
	p.wait("the key to be disabled", func() bool {
		status, _ := p.get("/collections", "X-API-KEY: "+key)
		return status == http.StatusUnauthorized
	})
	if err := p.end(); err != nil {
		t.Error(err)
	}
	if log := p.stderr.String(); strings.Contains(log, key) || !strings.Contains(log, `"subject":"office"`) {
		t.Errorf("the log must hold the key's name and not the key:\n%s", log)
	}
}

const companyPolicy = "../../policies/examples/company"

// A policy is exchanged while the gateway runs; a broken one leaves the last
// good one in force.
func TestPolicyIsExchangedWhileItRuns(t *testing.T) {
	_, upstream := backend(t)
	issuer, settings := provider(t)
	folder := filepath.Join(t.TempDir(), "policy")
	if err := os.CopyFS(folder, os.DirFS(companyPolicy)); err != nil {
		t.Fatal(err)
	}
	p := start(t, []string{"serve"}, serveEnv(t, append(settings, upstream, "DEV_POLICY_PATH="+folder)...)...)
	token := "Authorization: Bearer " + issuer.Token("tomkralidis")
	lakes := func() int {
		status, _ := p.get("/collections/lakes", token)
		return status
	}
	if got := lakes(); got != http.StatusForbidden {
		t.Fatalf("before: %d", got)
	}
	write := func(rego string) {
		for _, name := range []string{"authz.rego", "authz_test.rego"} {
			if err := os.Remove(filepath.Join(folder, name)); err != nil && name == "authz.rego" {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(folder, "authz.rego"), []byte(rego), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("package httpapi.authz\n\nallow if {")
	p.wait("the broken policy to be told", func() bool { return strings.Contains(p.stderr.String(), "policy not reloaded") })
	if got := lakes(); got != http.StatusForbidden {
		t.Errorf("with a broken policy: %d, want what the last good one says", got)
	}
	write("package httpapi.authz\n\nallow if input.resource.collection == \"lakes\"\n")
	p.wait("the new policy", func() bool { return lakes() == http.StatusOK })
	if err := p.end(); err != nil {
		t.Error(err)
	}
}

// The policy that ships: signed-in people read, nothing writes.
func TestTheDefaultPolicyIsSafe(t *testing.T) {
	seen, upstream := backend(t)
	issuer, settings := provider(t)
	p := start(t, []string{"serve"}, serveEnv(t, append(settings, upstream)...)...)
	token := issuer.Token("tomkralidis")
	for _, tt := range []struct {
		method, path, token string
		want                int
	}{
		{"GET", "/collections/lakes/items", token, 200},
		{"GET", "/collections/lakes/items", "", 401},
		{"POST", "/collections/lakes/items", token, 403},
		{"DELETE", "/collections/lakes/items/1", token, 403},
		{"POST", "/processes/hello-world/execution", token, 403},
		{"GET", "/admin/config", token, 403},
		{"GET", "/openapi", "", 401},
	} {
		seen.Reset()
		req, err := http.NewRequestWithContext(t.Context(), tt.method, p.url+tt.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if tt.token != "" {
			req.Header.Set("Authorization", "Bearer "+tt.token)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != tt.want {
			t.Errorf("%s %s: %d, want %d", tt.method, tt.path, res.StatusCode, tt.want)
		}
		for _, q := range seen.Requests() {
			if tt.want != 200 && q.Method == tt.method && q.RequestURI == tt.path {
				t.Errorf("%s %s arrived", tt.method, tt.path)
			}
		}
	}
}

// Requests under way are finished before the program ends, and new ones are
// refused.
func TestStoppingFinishesWhatIsUnderWay(t *testing.T) {
	entered, finish := make(chan struct{}), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/processes" {
			close(entered)
			<-finish
		}
		_, _ = io.WriteString(w, `{"collections":[]}`)
	}))
	t.Cleanup(slow.Close)
	p := start(t, []string{"serve"}, serveEnv(t, "DEV_UPSTREAM_URL="+slow.URL)...)
	answered := make(chan string, 1)
	go func() {
		status, body := p.get("/processes")
		answered <- fmt.Sprint(status, body)
	}()
	<-entered
	p.stop()
	p.wait("the listener to close", func() bool {
		res, err := http.Get(p.url + "/")
		if err == nil {
			_ = res.Body.Close()
		}
		return err != nil
	})
	close(finish)
	if got := <-answered; got != `200{"collections":[]}` {
		t.Errorf("the request under way got %s", got)
	}
	if err := p.end(); err != nil {
		t.Error(err)
	}
	if log := p.stderr.String(); !strings.Contains(log, `"stopped"`) {
		t.Errorf("the log does not say how it ended:\n%s", log)
	}
}

// Without keys no token can be verified: 503 and not ready, never a yes, and
// the gateway starts all the same.
func TestAProviderThatIsDownIsNoYes(t *testing.T) {
	_, upstream := backend(t)
	issuer, settings := provider(t)
	issuer.SetDown(true)
	p := start(t, []string{"serve"}, serveEnv(t, append(settings, upstream, "DEV_JWKS_REFRESH_INTERVAL=100ms", "DEV_JWKS_MAX_AGE=1m")...)...)
	token := "Authorization: Bearer " + issuer.Token("tomkralidis")
	if status, body := p.get("/collections", token); status != http.StatusServiceUnavailable {
		t.Errorf("with the provider down: %d %s", status, body)
	}
	root := strings.TrimSuffix(p.url, "/geoapi")
	ready := func() string {
		res, err := http.Get(root + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		var body struct {
			Status, Reason string
			Degraded       []string
		}
		if err := json.NewDecoder(res.Body).Decode(&body); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(res.StatusCode, body.Status, body.Reason, body.Degraded)
	}
	if got := ready(); got != "503not-readykeys[]" {
		t.Errorf("readyz: %s", got)
	}
	issuer.SetDown(false)
	p.wait("the keys", func() bool { return ready() == "200ready[]" })
	if status, body := p.get("/collections", token); status != http.StatusOK {
		t.Errorf("with the provider back: %d %s", status, body)
	}
	// An outage later keeps nobody out and drains no replica.
	issuer.SetDown(true)
	p.wait("the outage to be noticed", func() bool {
		p.get("/collections", "Authorization: Bearer "+issuer.Sign(issuer.Claims("tomkralidis"), demo.WithHeader("kid", "unknown")))
		return ready() == "200ready[provider]"
	})
	if status, body := p.get("/collections", token); status != http.StatusOK {
		t.Errorf("in an outage: %d %s", status, body)
	}
}

// Row 22: CVE-2026-27586, CVE-2021-21411, CVE-2026-85595. What would leave a
// door open refuses to start.
func TestMistakesAtStart(t *testing.T) {
	_, upstream := backend(t)
	_, oidc := provider(t)
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "a.rego"), []byte("package httpapi.authz\nallow if { x }"), 0o600); err != nil {
		t.Fatal(err)
	}
	masked := t.TempDir()
	if err := os.WriteFile(filepath.Join(masked, "a.rego"), []byte("package httpapi.authz\nallow if input.sub == \"a\"\nmasked_properties contains \"name\""), 0o600); err != nil {
		t.Fatal(err)
	}
	busy := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(busy.Close)
	port := busy.URL[strings.LastIndexByte(busy.URL, ':')+1:]
	for name, tt := range map[string]struct {
		environ []string
		want    string
	}{
		"a port that is taken":            {[]string{upstream, "PORT=" + port}, "HOST, PORT: cannot listen on 127.0.0.1:" + port},
		"a policy that does not compile":  {append(oidc, upstream, "PORT=0", "DEV_POLICY_PATH="+broken), "a.rego:2"},
		"a folder without a policy":       {append(oidc, upstream, "PORT=0", "DEV_POLICY_PATH="+t.TempDir()), ".rego"},
		"a rule that would not be heeded": {append(oidc, upstream, "PORT=0", "DEV_POLICY_PATH="+masked), "masked_properties"},
		"a log that cannot be written":    {[]string{upstream, "PORT=0", "DEV_LOG_PATH=/nowhere", "DEV_LOG_FILENAME=x.log"}, "/nowhere"},
		"the other environment":           {[]string{"ENV_STATE=prod", upstream}, "DEV_UPSTREAM_URL is there, but ENV_STATE is prod"},
		"an open gateway beyond loopback": {[]string{upstream, "PORT=0", "HOST=0.0.0.0"}, "DEV_ALLOW_ANONYMOUS"},
		"a mode without its prefix":       {[]string{upstream, "API_KEY_ENABLED=true", "DEV_PYGEOAPI_KEY_GLOBAL=a-key-for-this-test"}, "DEV_API_KEY_ENABLED"},
		"two modes":                       {append(oidc, upstream, "DEV_JWKS_ENABLED=true"), "OPA_ENABLED, JWKS_ENABLED and API_KEY_ENABLED are mutually exclusive"},
	} {
		t.Run(name, func(t *testing.T) {
			var stderr output
			err := run(t.Context(), []string{"serve"}, append([]string{"HOME=" + t.TempDir()}, tt.environ...), io.Discard, &stderr)
			if err == nil || !strings.Contains(stderr.String(), tt.want) {
				t.Errorf("%v\n%s", err, &stderr)
			}
		})
	}
}

// The demo runs in each mode without any setting of the machine's, and prints
// where it is.
func TestDemoRunsInEachMode(t *testing.T) {
	for _, mode := range []Mode{ModeOpen, ModeAPIKey, ModeJWKS, ModeOIDC} {
		p := start(t, []string{"demo", "--mode", string(mode), "--port", "0"}, "DEV_API_KEY_ENABLED=maybe", "PORT=x")
		p.wait("the lines to try", func() bool { return strings.Contains(p.stdout.String(), "export G="+p.url) })
		want := http.StatusUnauthorized
		if mode == ModeOpen {
			want = http.StatusOK
		}
		if status, body := p.get("/collections/obs"); status != want || strings.Contains(body, "[redacted]") {
			t.Errorf("%s: %d", mode, status)
		}
		if err := p.end(); err != nil {
			t.Errorf("%s: %v", mode, err)
		}
	}
	var stderr output
	if err := run(t.Context(), []string{"demo", "--mode", "both"}, nil, io.Discard, &stderr); err == nil || !strings.Contains(stderr.String(), "--mode is api-key, jwks, oidc or open") {
		t.Errorf("a mode that is none: %v %s", err, &stderr)
	}
}

// What the settings say reaches the parts: each of these opens or closes
// something that nothing else would.
func TestSettingsReachTheirParts(t *testing.T) {
	seen, upstream := backend(t)
	issuer, oidc := provider(t)
	jwks := []string{upstream, "DEV_JWKS_ENABLED=true", "DEV_OAUTH2_JWKS_ENDPOINT=" + issuer.JWKSURL()}
	token, id := "Authorization: Bearer "+issuer.Token("tomkralidis"), "Authorization: Bearer "+issuer.IDToken("tomkralidis")
	network := t.TempDir()
	if err := os.WriteFile(filepath.Join(network, "a.rego"), []byte("package httpapi.authz\nallow if http.send({\"method\": \"GET\", \"url\": \"http://127.0.0.1:1/\", \"raise_error\": false}).status_code == 0"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		environ []string
		header  string
		path    string
		want    int
	}{
		"scopes that are there":    {append(jwks, "DEV_OAUTH2_REQUIRED_SCOPES=profile"), token, "/collections", 200},
		"scopes that are missing":  {append(jwks, "DEV_OAUTH2_REQUIRED_SCOPES=profile geo.read"), token, "/collections", 403},
		"the audience":             {append(jwks, "DEV_OAUTH2_EXPECTED_AUDIENCE=another"), token, "/collections", 401},
		"the issuer":               {append(jwks, "DEV_OAUTH2_EXPECTED_ISSUER=https://another.test"), token, "/collections", 401},
		"an ID token":              {append(oidc, upstream), id, "/collections", 401},
		"another audience":         {append(oidc, upstream, "DEV_OIDC_EXPECTED_AUDIENCE=another"), token, "/collections", 401},
		"the admin resources":      {append(jwks, "DEV_ADMIN_OPEN=false"), token, "/admin/config", 403},
		"the admin resources open": {append(jwks, "DEV_ADMIN_OPEN=true"), token, "/admin/config", 200},
		"a public document":        {jwks, "", "/openapi", 200},
		"a document that is not":   {append(jwks, "DEV_PUBLIC_OPENAPI=false"), "", "/openapi", 401},
		"no public one with OPA":   {append(oidc, upstream), "", "/openapi", 401},
		"a stranger":               {append(oidc, upstream, "DEV_ALLOW_ANONYMOUS=true", "DEV_POLICY_PATH=../../policies/examples/roles"), "", "/collections", 200},
		"no stranger":              {append(oidc, upstream, "DEV_POLICY_PATH=../../policies/examples/roles"), "", "/collections", 401},
		"a policy on the network":  {append(oidc, upstream, "DEV_POLICY_ALLOW_NETWORK=true", "DEV_POLICY_PATH="+network), token, "/collections", 200},
		"the context":              {append(jwks, "DEV_FASTGEOAPI_CONTEXT=/maps"), token, "/collections", 200},
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, []string{"serve"}, serveEnv(t, tt.environ...)...)
			header := tt.header
			if header == "" {
				header = "Accept: application/json"
			}
			if status, body := p.get(tt.path, header); status != tt.want {
				t.Errorf("status %d, want %d: %.300s", status, tt.want, body)
			}
		})
	}
	seen.Reset()
	p := start(t, []string{"serve"}, serveEnv(t, append(jwks, "DEV_TRUSTED_PROXIES=127.0.0.0/8", "DEV_FASTGEOAPI_REVERSE_PROXY=true", "DEV_FORWARD_AUTHORIZATION=true",
		"DEV_IDENTITY_HEADERS=X-Auth-Company=company", "DEV_UPSTREAM_HEADERS=X-Gateway-Secret: proof")...)...)
	_, body := p.get("/collections/obs?f=json", token, "X-Forwarded-Host: maps.example.org", "X-Forwarded-Proto: https", "X-Forwarded-For: 198.51.100.7")
	if !strings.Contains(body, "https://maps.example.org/geoapi/collections/obs") {
		t.Errorf("links do not follow the trusted proxy: %.300s", body)
	}
	last, _ := seen.Last()
	for name, want := range map[string]string{"X-Auth-Company": "osgeo", "X-Gateway-Secret": "proof", "X-Forwarded-For": "198.51.100.7, 127.0.0.1", "Authorization": strings.TrimPrefix(token, "Authorization: ")} {
		if got := last.Header.Get(name); got != want {
			t.Errorf("%s arrived as %q", name, got)
		}
	}
	p.wait("the client's address in the log", func() bool { return strings.Contains(p.stderr.String(), `"client_ip":"198.51.100.7"`) })
	if strings.Contains(p.stderr.String(), "proof") {
		t.Error("the log tells a secret")
	}
}

// A back end that calls itself by a name that no setting knows sends every
// link past the gateway: it is said once, with what to do.
func TestABackEndWithAnotherNameIsNoticed(t *testing.T) {
	seen, upstream := backend(t)
	seen.SetServerURL("http://pygeoapi.test:8080/api")
	p := start(t, []string{"serve"}, serveEnv(t, upstream)...)
	p.wait("the warning", func() bool { return strings.Contains(p.stderr.String(), "links lead past the gateway") })
	if log := p.stderr.String(); !strings.Contains(log, "calls itself http://pygeoapi.test:8080/api; set DEV_UPSTREAM_SERVER_URL to that") {
		t.Errorf("the log: %s", log)
	}
	quiet := start(t, []string{"serve"}, serveEnv(t, upstream, "DEV_UPSTREAM_SERVER_URL=http://pygeoapi.test:8080/api")...)
	quiet.wait("the list", func() bool {
		status, _ := quiet.get("/collections/obs/items")
		return status == http.StatusOK
	})
	if strings.Contains(quiet.stderr.String(), "past the gateway") {
		t.Error("warned without need")
	}
}

// A back end that knows the public address, in front of which nobody said so,
// is rewritten for nothing: that costs ranges and conditional requests.
func TestRewritingWithoutNeedIsNoticed(t *testing.T) {
	const public, hint = "https://maps.test/geoapi", "set DEV_UPSTREAM_SERVER_URL to https://maps.test/geoapi too"
	for setting, want := range map[string]bool{"DEV_UPSTREAM_SERVER_URL=": true, "DEV_UPSTREAM_SERVER_URL=" + public: false} {
		seen, upstream := backend(t)
		seen.SetServerURL(public)
		p := start(t, []string{"serve"}, serveEnv(t, upstream, setting, "DEV_PYGEOAPI_BASEURL=https://maps.test")...)
		address := regexp.MustCompile(`"address":"([^"]+)"`).FindStringSubmatch(p.stderr.String())[1]
		p.url = "http://" + address + "/geoapi"
		p.wait("the list", func() bool { status, _ := p.get("/collections/obs/items"); return status == http.StatusOK })
		if want {
			p.wait("the hint", func() bool { return strings.Contains(p.stderr.String(), hint) })
		}
		if log := p.stderr.String(); strings.Contains(log, hint) != want || strings.Contains(log, "past the gateway") {
			t.Errorf("%q: %s", setting, log)
		}
	}
}

// Whatever is wrong with the policy, the provider or the OPA server is said
// with the rest, under the name of its setting.
func TestEverythingIsSaidAtOnce(t *testing.T) {
	_, upstream := backend(t)
	masked, open := t.TempDir(), t.TempDir()
	for folder, rego := range map[string]string{masked: "package httpapi.authz\nallow if input.sub == \"a\"\nmasked_properties contains \"name\"", open: "package httpapi.authz\nallow := true"} {
		if err := os.WriteFile(filepath.Join(folder, "a.rego"), []byte(rego), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	check := func(environ ...string) string {
		var out output
		_ = run(t.Context(), []string{"config", "check", "--env-file", os.DevNull}, append(environ, upstream, "DEV_OPA_ENABLED=true", "DEV_OIDC_CLIENT_ID=c"), &out, &out)
		return out.String()
	}
	got := check("PORT=abc", "DEV_POLICY_PATH="+masked, "DEV_OIDC_WELL_KNOWN_ENDPOINT=https://issuer.test/wrong")
	for _, want := range []string{"PORT: ", "DEV_POLICY_PATH: the policy in " + masked, "masked_properties", "DEV_OIDC_WELL_KNOWN_ENDPOINT: the discovery URL does not end in"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %s", want, got)
		}
	}
	const provider = "DEV_OIDC_WELL_KNOWN_ENDPOINT=https://issuer.test/.well-known/openid-configuration"
	if got := check(provider, "DEV_POLICY_PATH="+open); !strings.Contains(got, "warning: DEV_POLICY_PATH: a.rego:2: allow is true whatever is asked") || !strings.Contains(got, "the settings are good") {
		t.Errorf("a policy that allows everything: %s", got)
	}
	if got := check(provider, "DEV_OPA_URL=https://opa.test/v1/data/geo/rules"); !strings.Contains(got, "the settings are good") {
		t.Errorf("a package named in the address alone: %s", got)
	}
	if got := check(provider, "DEV_OPA_URL=https://opa.test/v1/data/geo/rules", "DEV_POLICY_PACKAGE=a.b"); !strings.Contains(got, "DEV_OPA_URL: ") {
		t.Errorf("two packages: %s", got)
	}
}

// An OPA server that is down is said so before a request meets it.
func TestAnOPAServerThatIsDownIsDegraded(t *testing.T) {
	_, upstream := backend(t)
	_, oidc := provider(t)
	p := start(t, []string{"serve"}, serveEnv(t, append(oidc, upstream, "DEV_OPA_URL=http://127.0.0.1:1")...)...)
	p.wait("degraded", func() bool {
		res, err := http.Get(strings.TrimSuffix(p.url, "/geoapi") + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		body, err := io.ReadAll(res.Body)
		return err == nil && strings.Contains(string(body), `"degraded":["policy"]`)
	})
}
