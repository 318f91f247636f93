package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

var figuresAt = regexp.MustCompile(`"metrics": ?"([^"]+)"`)

// figures is what /metrics says of a program.
func (p *program) figures() string {
	p.t.Helper()
	at := figuresAt.FindStringSubmatch(p.stderr.String())
	if at == nil {
		p.t.Fatalf("the log does not say where the figures are\n%s", p.stderr)
	}
	status, body := p.fetch("http://" + at[1] + "/metrics")
	if status != http.StatusOK {
		p.t.Fatalf("/metrics: %d", status)
	}
	return body
}

func (p *program) fetch(url string) (int, string) {
	p.t.Helper()
	res, err := http.Get(url)
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

// has says which of these lines the figures do not have.
func (p *program) has(lines ...string) {
	p.t.Helper()
	body := p.figures()
	for _, line := range lines {
		if !strings.Contains(body, "\n"+line+"\n") {
			p.t.Errorf("the figures do not say %q", line)
		}
	}
}

func TestFiguresOfAProgramThatRuns(t *testing.T) {
	_, upstream := backend(t)
	issuer, _ := provider(t)
	const canary = "c4n4ry"
	p := start(t, []string{"serve"}, serveEnv(t, upstream, "DEV_METRICS_ADDRESS=127.0.0.1:0", "DEV_JWKS_ENABLED=true", "DEV_OAUTH2_JWKS_ENDPOINT="+issuer.BaseURL()+"/jwks")...)
	token := "Authorization: Bearer " + issuer.Token("francbartoli")
	for range 2 {
		if status, body := p.get("/collections/obs?secret="+canary, token); status != http.StatusOK {
			t.Fatalf("%d %s", status, body)
		}
	}
	p.get("/collections/"+canary, "Authorization: Bearer "+canary+"."+canary+"."+canary, "User-Agent: "+canary)
	p.wait("the list of collections", func() bool {
		return !strings.Contains(p.figures(), "\n"+`geowarden_collections_fetches_total{result="ok"} 0`+"\n")
	})
	p.has(
		`geowarden_requests_total{decision="allow",mode="jwks",status="200",type="collection"} 2`,
		`geowarden_requests_total{decision="none",mode="jwks",status="401",type="collection"} 1`,
		`geowarden_denials_total{class="authn-malformed"} 1`,
		`geowarden_unchecked_claim{claim="audience"} 1`, `geowarden_unchecked_claim{claim="issuer"} 1`,
		`geowarden_key_set_failing 0`, `geowarden_key_set_fetches_total{result="ok"} 1`,
		`geowarden_key_set_ceiling_seconds 21600`,
		`geowarden_ready 1`, `geowarden_degraded{part="provider"} 0`, `geowarden_degraded{part="upstream"} 0`, `geowarden_requests_in_flight 0`,
	)
	body := p.figures()
	for _, series := range []string{"geowarden_key_set_age_seconds ", "geowarden_collections_age_seconds ", "geowarden_token_cache_lookups_total{", "geowarden_connections_open ", `geowarden_stage_duration_seconds_count{stage="upstream"} 2`, "geowarden_build_info{", "process_open_fds ", "go_memstats_mallocs_total "} {
		if !strings.Contains(body, "\n"+series) {
			t.Errorf("the figures have no %s", series)
		}
	}
	if strings.Contains(body, canary) {
		t.Error("what a client sent is among the figures")
	}
	address := strings.TrimSuffix(p.url, "/geoapi")
	if status, _ := p.fetch(address + "/metrics"); status != http.StatusNotFound {
		t.Errorf("/metrics on the gateway's own listener: %d, want 404", status)
	}
	at := figuresAt.FindStringSubmatch(p.stderr.String())[1]
	if status, body := p.fetch("http://" + at + "/readyz"); status != http.StatusOK || !strings.Contains(body, `"ready"`) {
		t.Errorf("/readyz beside the figures: %d %s", status, body)
	}
	if status, _ := p.fetch("http://" + at + "/geoapi/collections"); status != http.StatusNotFound {
		t.Errorf("the API beside the figures: %d, want 404", status)
	}
	if err := p.end(); err != nil {
		t.Error(err)
	}
}

func TestFiguresTellOfAPolicyThatDoesNotLoad(t *testing.T) {
	_, upstream := backend(t)
	_, environ := provider(t)
	folder := t.TempDir()
	put := func(rego string) {
		t.Helper()
		// Written beside and moved: half a policy would be one more that does not load.
		beside := filepath.Join(t.TempDir(), "authz.rego")
		if err := os.WriteFile(beside, []byte(rego), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(beside, filepath.Join(folder, "authz.rego")); err != nil {
			t.Fatal(err)
		}
	}
	put("package httpapi.authz\n\nallow if input.sub\n")
	p := start(t, []string{"serve"}, serveEnv(t, append(environ, upstream, "DEV_METRICS_ADDRESS=127.0.0.1:0", "DEV_POLICY_PATH="+folder)...)...)
	p.has("geowarden_policy_stale 0", `geowarden_policy_reloads_total{result="failed"} 0`)
	put("package httpapi.authz\n\nallow if\n")
	p.wait("a stale policy", func() bool { return strings.Contains(p.figures(), "\ngeowarden_policy_stale 1\n") })
	put("package httpapi.authz\n\nallow if input.sub == \"a\"\n")
	p.wait("a policy that is not stale", func() bool { return strings.Contains(p.figures(), "\ngeowarden_policy_stale 0\n") })
	if n := strings.Count(p.figures(), "\ngeowarden_policy_info{"); n != 1 {
		t.Errorf("%d revisions are in force", n)
	}
}

func TestFiguresTellOfFilesThatDoNotLoad(t *testing.T) {
	_, upstream := backend(t)
	folder := t.TempDir()
	if err := writeCertificates(folder); err != nil {
		t.Fatal(err)
	}
	file := func(name string) string { return filepath.Join(folder, name) }
	move := func(from, to string) {
		t.Helper()
		if err := os.Rename(file(from), file(to)); err != nil {
			t.Fatal(err)
		}
	}
	put := func(keys string) {
		t.Helper()
		if err := os.WriteFile(file("new"), []byte(keys), 0o600); err != nil {
			t.Fatal(err)
		}
		move("new", "keys.yaml")
	}
	keys := "- name: office\n  digest: sha256:" + strings.Repeat("a1", 32) + "\n"
	put(keys)
	p := start(t, []string{"serve"}, serveEnv(t, upstream, "DEV_METRICS_ADDRESS=127.0.0.1:0", "DEV_API_KEY_ENABLED=true", "DEV_API_KEYS_FILE="+file("keys.yaml"),
		"DEV_TLS_CERT_FILE="+file("tls.crt"), "DEV_TLS_KEY_FILE="+file("tls.key"))...)
	say := func(line string) {
		t.Helper()
		p.wait(line, func() bool { return strings.Contains(p.figures(), "\n"+line+"\n") })
	}
	p.has("geowarden_keys_file_stale 0", "geowarden_certificate_stale 0")
	put("- name: office\n")
	say("geowarden_keys_file_stale 1")
	p.has("geowarden_certificate_stale 0")
	put(keys)
	say("geowarden_keys_file_stale 0")

	move("tls.key", "right.key")
	move("other.key", "tls.key")
	say("geowarden_certificate_stale 1")
	p.has("geowarden_keys_file_stale 0")
	move("right.key", "tls.key")
	say("geowarden_certificate_stale 0")
}

var degradedPart = regexp.MustCompile(`(?m)^geowarden_degraded\{part="([^"]+)"\} 1$`)

// What wakes somebody by the figures must be what /readyz says, or one of the
// two is not believed.
func TestReadyzAndTheFiguresNameTheSameParts(t *testing.T) {
	_, oidc := provider(t)
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	p := start(t, []string{"serve"}, serveEnv(t, append(oidc, "DEV_UPSTREAM_URL="+server.URL, "DEV_METRICS_ADDRESS=127.0.0.1:0", "DEV_OPA_URL=http://127.0.0.1:1")...)...)
	both := func(want ...string) {
		t.Helper()
		list := `"degraded":["` + strings.Join(want, `","`) + `"]`
		p.wait("both to say "+list, func() bool {
			_, ready := p.fetch(strings.TrimSuffix(p.url, "/geoapi") + "/readyz")
			var parts []string
			for _, found := range degradedPart.FindAllStringSubmatch(p.figures(), -1) {
				parts = append(parts, found[1])
			}
			return strings.Contains(ready, list) && slices.Equal(parts, want)
		})
	}
	both("policy")
	server.Close()
	both("policy", "upstream")
}

func TestFiguresThatCannotBeServedAreAnErrorAtStart(t *testing.T) {
	_, upstream := backend(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	err = run(t.Context(), []string{"serve"}, serveEnv(t, upstream, "DEV_METRICS_ADDRESS="+taken.Addr().String()), io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "DEV_METRICS_ADDRESS") {
		t.Errorf("an address that is taken: %v", err)
	}
}

// The collector's address is read from the process's own environment by
// OpenTelemetry's library.
func TestTracesAndTheLogNameTheSameTrace(t *testing.T) {
	_, upstream := backend(t)
	var mu sync.Mutex
	var sent strings.Builder
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		_, _ = io.Copy(&sent, r.Body)
	}))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	p := start(t, []string{"serve"}, serveEnv(t, upstream, "OTEL_EXPORTER_OTLP_ENDPOINT="+collector.URL)...)
	if status, body := p.get("/collections/obs/items?filter=c4n4ry", "Authorization: Bearer c4n4ry"); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	if err := p.end(); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if got := sent.String(); !strings.Contains(got, "GET items") || strings.Contains(got, "c4n4ry") {
		t.Errorf("the collector got %q", got)
	}
	if !regexp.MustCompile(`"trace_id":"[0-9a-f]{32}"`).MatchString(p.stderr.String()) {
		t.Errorf("no line names a trace\n%s", p.stderr)
	}
}
