package proxy_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
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

// benchConnections is how many clients ask at once, each over its own
// connection that is kept open.
const benchConnections = 32

// benchPublic is the public address, by which the back end calls itself where
// nothing is to be rewritten.
const benchPublic = "http://geo.example.org/geoapi"

// benchPath is what is asked for.
const benchPath = "/collections/obs/items?f=json&limit=10"

// BenchmarkGateway is the cost of a request in each mode beside that of a bare
// httputil.ReverseProxy, over real sockets. Clients and back end are in this
// process too, but cost little and allocate nothing: what they cost is direct,
// to be taken off the others.
//
//	go test ./proxy -run '^$' -bench Gateway/api-key -benchtime 5s -cpuprofile cpu.out
func BenchmarkGateway(b *testing.B) {
	backend := newBenchBackend(b, benchPublic)
	b.Run("direct", func(b *testing.B) { benchLoad(b, backend, benchPath) })
	b.Run("bare", func(b *testing.B) {
		target, err := url.Parse("http://" + backend)
		if err != nil {
			b.Fatal(err)
		}
		bare := &httputil.ReverseProxy{Transport: benchTransport(b), Rewrite: func(pr *httputil.ProxyRequest) { pr.SetURL(target) }}
		benchLoad(b, benchServer(b, bare), benchPath)
	})
	issuer := newBenchIssuer(b)
	token := "Authorization: Bearer " + issuer.Token(osgeo)
	for _, bench := range []struct{ name, mode, policy, credential string }{
		{"open", "open", "", "Accept: application/geo+json"},
		{"api-key", "api-key", "", key()},
		{"jwks", "jwks", "", token},
		{"oidc-default", "oidc", "default", token},
		{"oidc-company", "oidc", "examples/company", token},
	} {
		b.Run(bench.name, func(b *testing.B) {
			gateway := newBenchGateway(b, backend, benchPublic, benchMode(b, bench.mode, bench.policy, issuer))
			benchLoad(b, gateway, contexts+benchPath, bench.credential)
		})
	}
	b.Run("rewriting", func(b *testing.B) {
		const elsewhere = "http://pygeoapi.invalid:8080"
		gateway := newBenchGateway(b, newBenchBackend(b, elsewhere), elsewhere, benchMode(b, "api-key", "", issuer))
		benchLoad(b, gateway, contexts+benchPath, key())
	})
}

// benchMode sets up one mode as the program does.
func benchMode(b *testing.B, mode, policy string, issuer *demo.Issuer) func(*proxy.Config) {
	b.Helper()
	fatal := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	return func(cfg *proxy.Config) {
		cfg.Scheme, cfg.Authn, cfg.Authz = proxy.Scheme{Mode: mode}, authn.Open{}, authz.Flat{}
		verify := authn.JWTConfig{Issuer: issuer.BaseURL()}
		switch mode {
		case "open":
			return
		case "api-key":
			keys, err := authn.NewKeys(authn.KeysConfig{Static: map[string]string{"GLOBAL": goodKey}})
			fatal(err)
			cfg.Authn = keys
			return
		case "jwks":
			verify.Audience = []string{"account"}
		case "oidc":
			verify.ClientID, verify.RejectIDTokens = "pygeoapi-client", true
			sub, err := fs.Sub(policies.FS, policy)
			fatal(err)
			engine, err := authz.NewEmbedded(b.Context(), authz.EmbeddedConfig{Load: authz.PolicyFiles(sub), TopLevelClaims: true, Timeout: 5 * time.Second})
			fatal(err)
			cfg.Authz = engine
		}
		set, err := authn.NewKeySet(authn.KeySetConfig{URL: issuer.JWKSURL()})
		fatal(err)
		verify.Keys = set
		tokens, err := authn.NewJWT(verify)
		fatal(err)
		cfg.Authn = tokens
	}
}

func newBenchIssuer(b *testing.B) *demo.Issuer {
	b.Helper()
	issuer, err := demo.NewIssuer(demo.IssuerConfig{TokenLifetime: time.Hour})
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(issuer)
	b.Cleanup(server.Close)
	issuer.SetBaseURL(server.URL)
	return issuer
}

// newBenchGateway starts a gateway that logs every request to a file.
func newBenchGateway(b *testing.B, backend, server string, mode func(*proxy.Config)) string {
	b.Helper()
	file, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = file.Close() })
	target, err := url.Parse("http://" + backend)
	if err != nil {
		b.Fatal(err)
	}
	to := &zapcore.BufferedWriteSyncer{WS: zapcore.AddSync(file), FlushInterval: 200 * time.Millisecond}
	b.Cleanup(func() { _ = to.Stop() })
	cfg := proxy.Config{
		Context: contexts, Public: benchPublic, Upstream: target, UpstreamServer: server, Transport: upstream.New(benchTransport(b)),
		MaxInFlight: 1000, Stall: 30 * time.Second,
		Resolver: ogcapi.NewCatalog(ogcapi.CatalogConfig{URL: target.String() + "/collections"}),
		CORS:     proxy.CORS{Origins: []string{"*"}},
		Log:      zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), to, zapcore.InfoLevel)),
		Observe:  func(*proxy.Observation) {},
	}
	mode(&cfg)
	p, err := proxy.New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	return benchServer(b, p.Handler())
}

// benchTransport is the way to the back end: of the bare proxy as it is, and
// of the gateway as the program has it.
func benchTransport(b *testing.B) *http.Transport {
	b.Helper()
	transport := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 256}
	b.Cleanup(transport.CloseIdleConnections)
	return transport
}

func benchServer(b *testing.B, h http.Handler) string {
	b.Helper()
	server := httptest.NewServer(h)
	b.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// newBenchBackend answers the list of collections, and a page of features of
// about 3.5 kB whatever else is asked.
func newBenchBackend(b *testing.B, self string) string {
	b.Helper()
	list := benchAnswer("application/json", fmt.Sprintf(`{"collections":[{"id":"obs"},{"id":"lakes"}],"links":[{"rel":"self","href":"%s/collections"}]}`, self))
	page := benchAnswer("application/geo+json", benchPage(self))
	return benchListen(b, func(conn net.Conn) {
		reader := bufio.NewReader(conn)
		for {
			first, err := benchHead(reader)
			answer := page
			switch {
			case err != nil:
				return
			case strings.Contains(first, " /collections?"):
				answer = list
			}
			if _, err := conn.Write(answer); err != nil {
				return
			}
		}
	})
}

// benchHead reads a request's head to its end, and returns what tells the list
// of collections from the rest; it allocates for the list alone.
func benchHead(r *bufio.Reader) (first string, err error) {
	for n := 0; ; n++ {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return "", err
		}
		if n == 0 && bytes.Contains(line, []byte(" /collections?")) {
			first = string(line)
		}
		if len(line) <= 2 {
			return first, nil
		}
	}
}

func benchPage(self string) string {
	var features []string
	for i := range 10 {
		features = append(features, fmt.Sprintf(`{"type":"Feature","id":"%d","geometry":{"type":"Point","coordinates":[%d.25,45.75]},"properties":{"stn_id":%d,"datetime":"2001-10-30T14:24:55Z","value":89.9,"name":"station %d of the network","remark":"%s"},"links":[{"rel":"self","href":"%s/collections/obs/items/%d"}]}`,
			i, i, i, i, strings.Repeat("x", 24), self, i))
	}
	return fmt.Sprintf(`{"type":"FeatureCollection","features":[%s],"numberMatched":10,"numberReturned":10,"links":[{"rel":"self","type":"application/geo+json","href":"%s/collections/obs/items?f=json"},{"rel":"next","type":"application/geo+json","href":"%s/collections/obs/items?f=json&offset=10"}],"timeStamp":"2026-01-01T00:00:00Z"}`,
		strings.Join(features, ","), self, self)
}

func benchAnswer(media, body string) []byte {
	return fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nServer: bench\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Type: %s\r\nContent-Language: en-US\r\nContent-Length: %d\r\n\r\n%s", media, len(body), body)
}

func benchListen(b *testing.B, serve func(net.Conn)) string {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				serve(conn)
			}()
		}
	}()
	return listener.Addr().String()
}

// benchLoad asks b.N times over all connections, checks every answer's status
// and length, and reports the processor's time for each request.
func benchLoad(b *testing.B, address, target string, headers ...string) {
	b.Helper()
	head := append([]string{"GET " + target + " HTTP/1.1", "Host: geo.example.org"}, headers...)
	request := []byte(strings.Join(head, "\r\n") + "\r\n\r\n")
	clients := make([]*benchClient, benchConnections)
	for i := range clients {
		clients[i] = newBenchClient(b, address)
		if err := clients[i].ask(request); err != nil { // warms caches and connections
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	before := processTime(b)
	var left atomic.Int64
	left.Store(int64(b.N))
	var wait sync.WaitGroup
	for _, c := range clients {
		wait.Go(func() {
			for left.Add(-1) >= 0 {
				if err := c.ask(request); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	b.StopTimer()
	b.ReportMetric(float64((processTime(b)-before).Nanoseconds())/1e3/float64(b.N), "cpu-µs/op")
}

// benchClient is one connection and just enough of HTTP to check an answer.
type benchClient struct {
	conn   net.Conn
	reader *bufio.Reader
}

func newBenchClient(b *testing.B, address string) *benchClient {
	b.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close() })
	return &benchClient{conn, bufio.NewReaderSize(conn, 16<<10)}
}

func (c *benchClient) ask(request []byte) error {
	if _, err := c.conn.Write(request); err != nil {
		return err
	}
	length, chunked := -1, false
	for n := 0; ; n++ {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return err
		}
		line = bytes.TrimRight(line, "\r\n")
		if n == 0 && !bytes.HasPrefix(line, []byte("HTTP/1.1 200 ")) {
			return fmt.Errorf("the answer is %s", line)
		}
		if len(line) == 0 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return err
			}
		}
		chunked = chunked || bytes.Equal(line, []byte("Transfer-Encoding: chunked"))
	}
	var got int64
	var err error
	if chunked {
		got, err = io.Copy(io.Discard, httputil.NewChunkedReader(c.reader))
		if err == nil {
			_, err = c.reader.ReadSlice('\n') // the end of the trailers, of which there are none
		}
	} else {
		var n int
		n, err = c.reader.Discard(length)
		got = int64(n)
	}
	if err == nil && got < 3000 {
		err = fmt.Errorf("the answer has %d bytes", got)
	}
	return err
}

// processTime is what this process has used of the processors.
func processTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
