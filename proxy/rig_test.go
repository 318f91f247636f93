package proxy_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/geowarden/geowarden/authn"
	"github.com/geowarden/geowarden/authz"
	"github.com/geowarden/geowarden/internal/demo"
	"github.com/geowarden/geowarden/internal/upstream"
	"github.com/geowarden/geowarden/ogcapi"
	"github.com/geowarden/geowarden/policies"
	"github.com/geowarden/geowarden/proxy"
)

// rig is a gateway between the sample issuer and the sample upstream, all on
// loopback, put together from the real parts.
type rig struct {
	t        *testing.T
	upstream *demo.Upstream
	backend  *httptest.Server
	issuer   *demo.Issuer
	gateway  *httptest.Server
	proxy    *proxy.Proxy
	log      *logBuffer
	asked    *spy
}

const (
	goodKey  = "a-key-that-opens-the-door"
	contexts = "/geoapi"
)

// spy passes questions on to the authorizer and remembers them.
type spy struct {
	next proxy.Authorizer
	mu   sync.Mutex
	in   []authz.Input
}

func (s *spy) Decide(ctx context.Context, in authz.Input) (authz.Decision, error) {
	s.mu.Lock()
	s.in = append(s.in, in)
	s.mu.Unlock()
	return s.next.Decide(ctx, in)
}

func (s *spy) last() (authz.Input, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.in) == 0 {
		return authz.Input{}, false
	}
	return s.in[len(s.in)-1], true
}

// deciding is an authorizer made of a function.
type deciding func(authz.Input) (authz.Decision, error)

func (d deciding) Decide(_ context.Context, in authz.Input) (authz.Decision, error) { return d(in) }

// logBuffer is a log that can be read while it is written.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// line returns the one line about a request, by its id. The line is written
// after the answer was sent, so it is waited for.
func (b *logBuffer) line(t *testing.T, id string) map[string]any {
	t.Helper()
	for range 400 {
		for l := range strings.Lines(b.String()) {
			var fields map[string]any
			if json.Unmarshal([]byte(l), &fields) == nil && fields["request_id"] == id {
				return fields
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("no line in the log about %s:\n%s", id, b.String())
	return nil
}

// newRig starts a rig in a mode: open, api-key, jwks or oidc. change may alter
// the configuration before the gateway is made.
func newRig(t *testing.T, mode string, change ...func(*rig, *proxy.Config)) *rig {
	t.Helper()
	r := &rig{t: t, log: &logBuffer{}, asked: &spy{}}
	r.upstream = demo.NewUpstream(demo.UpstreamConfig{Collections: []demo.Collection{{ID: "pub"}, {ID: "pub/secret"}}})
	r.backend = httptest.NewServer(r.upstream)
	t.Cleanup(r.backend.Close)
	r.upstream.SetServerURL(r.backend.URL)

	var err error
	if r.issuer, err = demo.NewIssuer(demo.IssuerConfig{}); err != nil {
		t.Fatal(err)
	}
	issuer := httptest.NewServer(r.issuer)
	t.Cleanup(issuer.Close)
	r.issuer.SetBaseURL(issuer.URL)

	r.gateway = httptest.NewUnstartedServer(nil)
	at, err := url.Parse(r.backend.URL)
	if err != nil {
		t.Fatal(err)
	}
	transport := upstream.New(&http.Transport{DisableCompression: true, ResponseHeaderTimeout: 5 * time.Second})
	t.Cleanup(transport.CloseIdleConnections)
	cfg := proxy.Config{
		Context: contexts, Public: "http://" + r.gateway.Listener.Addr().String() + contexts, Upstream: at, Transport: transport,
		Resolver: ogcapi.NewCatalog(ogcapi.CatalogConfig{URL: r.backend.URL + "/collections"}),
		CORS:     proxy.CORS{Origins: []string{"*"}},
		Log:      zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(r.log), zapcore.DebugLevel)),
	}
	r.configure(mode, &cfg)
	for _, c := range change {
		c(r, &cfg)
	}
	r.asked.next = cfg.Authz
	cfg.Authz = r.asked
	p, err := proxy.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r.proxy, r.gateway.Config.Handler = p, p.Handler()
	if r.gateway.EnableHTTP2 {
		r.gateway.StartTLS()
	} else {
		r.gateway.Start()
	}
	t.Cleanup(r.gateway.Close)
	return r
}

func (r *rig) configure(mode string, cfg *proxy.Config) {
	r.t.Helper()
	fatal := func(err error) {
		if err != nil {
			r.t.Fatal(err)
		}
	}
	bearer := `Bearer realm="geowarden"`
	switch mode {
	case "open":
		cfg.Scheme = proxy.Scheme{Mode: mode}
		cfg.Authn, cfg.Authz = authn.Open{}, authz.Flat{}
	case "api-key":
		cfg.Scheme = proxy.Scheme{Mode: mode, Challenge: "ApiKey", Message: "Unauthorized"}
		keys, err := authn.NewKeys(authn.KeysConfig{Static: map[string]string{"GLOBAL": goodKey}})
		fatal(err)
		cfg.Authn, cfg.Authz, cfg.PublicOpenAPI = keys, authz.Flat{}, true
		cfg.OpenAPI = ogcapi.Security{Scheme: ogcapi.SchemeAPIKey, SchemeName: "pygeoapi http"}
	case "jwks":
		cfg.Scheme = proxy.Scheme{Mode: mode, Challenge: bearer, Message: "Unauthenticated"}
		set, err := authn.NewKeySet(authn.KeySetConfig{URL: r.issuer.JWKSURL(), Interval: 100 * time.Millisecond, Wait: time.Second})
		fatal(err)
		tokens, err := authn.NewJWT(authn.JWTConfig{Keys: set, Issuer: r.issuer.BaseURL(), Audience: []string{"account"}})
		fatal(err)
		cfg.Authn, cfg.Authz, cfg.PublicOpenAPI = tokens, authz.Flat{}, true
		cfg.OpenAPI = ogcapi.Security{Scheme: ogcapi.SchemeBearer, SchemeName: "pygeoapi http", TokenURL: r.issuer.TokenURL()}
	case "oidc":
		cfg.Scheme = proxy.Scheme{Mode: mode, Challenge: bearer, Message: "Unauthorized"}
		discovery, err := authn.NewDiscovery(r.issuer.DiscoveryURL(), "", nil)
		fatal(err)
		set, err := authn.NewKeySet(authn.KeySetConfig{Discovery: discovery, Interval: 100 * time.Millisecond, Wait: time.Second})
		fatal(err)
		tokens, err := authn.NewJWT(authn.JWTConfig{Keys: set, ClientID: "pygeoapi-client", RejectIDTokens: true})
		fatal(err)
		cfg.Authn = tokens
		cfg.Authz = r.policy("examples/company")
		cfg.OpenAPI = ogcapi.Security{Scheme: ogcapi.SchemeOpenID, SchemeName: "pygeoapi http", DiscoveryURL: r.issuer.DiscoveryURL()}
	default:
		r.t.Fatalf("no mode %q", mode)
	}
}

// policy loads one of the policies that ship.
func (r *rig) policy(folder string) proxy.Authorizer {
	r.t.Helper()
	sub, err := fs.Sub(policies.FS, folder)
	if err != nil {
		r.t.Fatal(err)
	}
	engine, err := authz.NewEmbedded(context.Background(), authz.EmbeddedConfig{Load: authz.PolicyFiles(sub), TopLevelClaims: true, Timeout: 5 * time.Second})
	if err != nil {
		r.t.Fatal(err)
	}
	return engine
}

// answer is what a client got.
type answer struct {
	*http.Response
	body string
}

func (a answer) problem(t *testing.T) map[string]any {
	t.Helper()
	var p map[string]any
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		t.Fatalf("no problem document: %v\n%s", err, a.body)
	}
	return p
}

// do sends a request below the context; headers are "Name: value".
func (r *rig) do(method, path string, headers ...string) answer {
	r.t.Helper()
	return r.send(method, path, "", headers...)
}

func (r *rig) send(method, path, body string, headers ...string) answer {
	r.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.gateway.URL+contexts+path, reader)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Add(name, value)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Transport: r.gateway.Client().Transport}
	res, err := client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return answer{res, string(got)}
}

// begin sends a GET and leaves the body to be read, and closed.
func (r *rig) begin(path string) *http.Response {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, r.gateway.URL+contexts+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	return res
}

// raw writes bytes to the gateway and reads one answer. It returns the reader,
// for what comes after it, and fails the test where no answer comes.
func (r *rig) raw(request string) (answer, *bufio.Reader, net.Conn) {
	r.t.Helper()
	conn, err := (&net.Dialer{}).DialContext(r.t.Context(), "tcp", r.gateway.Listener.Addr().String())
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	go func() { _, _ = io.WriteString(conn, request) }() // one that is refused early is cut; the answer tells
	reader := bufio.NewReader(conn)
	method, _, _ := strings.Cut(request, " ")
	res, err := http.ReadResponse(reader, &http.Request{Method: method})
	if err != nil {
		r.t.Fatalf("no answer to %q: %v", request, err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatalf("answer to %q: %v", request, err)
	}
	_ = res.Body.Close()
	return answer{res, string(body)}, reader, conn
}

// arrived is what the back end got of the clients' requests; what the gateway
// asked for itself, the list of collections, is left out.
func (r *rig) arrived() []demo.Received {
	var out []demo.Received
	for _, q := range r.upstream.Requests() {
		if q.Header.Get("X-Forwarded-Prefix") != "" {
			out = append(out, q)
		}
	}
	return out
}

// lastArrived is the newest of them; the test fails where there is none.
func (r *rig) lastArrived() demo.Received {
	r.t.Helper()
	all := r.arrived()
	if len(all) == 0 {
		r.t.Fatal("nothing arrived at the back end")
	}
	return all[len(all)-1]
}

// key is the header of the API-key mode.
func key() string { return "X-API-KEY: " + goodKey }

// token is the header of the token modes.
func (r *rig) token(user string) string { return "Authorization: Bearer " + r.issuer.Token(user) }

const (
	osgeo     = "tomkralidis"
	geobeyond = "francbartoli"
)
