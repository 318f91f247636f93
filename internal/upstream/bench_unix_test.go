//go:build unix

package upstream_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/geowarden/geowarden/internal/upstream"
)

// The peers of the benchmark are processes of their own, so that the process's
// times are those of the proxy alone.
const peerVariable = "UPSTREAM_BENCHMARK_PEER"

func TestMain(m *testing.M) {
	switch os.Getenv(peerVariable) {
	case "":
		os.Exit(m.Run())
	case "backend":
		serveBackend()
	case "load":
		load()
	}
}

const (
	parallel = 32
	bodySize = 3500
)

// serveBackend says where it listens, and serves until its input ends.
func serveBackend() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr())
	body := []byte(strings.Repeat("x", bodySize))
	go func() {
		_ = http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/geo+json")
			w.Header().Set("Content-Language", "en-US")
			w.Header().Set("X-Powered-By", "pygeoapi 0.20.0")
			w.Header().Set("Content-Length", fmt.Sprint(len(body)))
			_, _ = w.Write(body)
		}))
	}()
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// load reads lines "address requests", sends as many to it over its
// connections, and says when it is done.
func load() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var address string
		var n int
		if _, err := fmt.Sscan(lines.Text(), &address, &n); err != nil {
			panic(err)
		}
		var all errgroup.Group
		for range parallel {
			all.Go(func() error { return client(address, n/parallel) })
		}
		fmt.Println(all.Wait())
	}
}

func client(address string, n int) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	reader := bufio.NewReader(conn)
	for range n {
		if _, err := io.WriteString(conn, "GET /collections/obs/items?f=json&limit=10 HTTP/1.1\r\nHost: gateway.test\r\nUser-Agent: benchmark\r\nAccept: application/geo+json\r\nAccept-Encoding: identity\r\nX-API-KEY: a-key-that-opens-the-door\r\n\r\n"); err != nil {
			return err
		}
		res, err := http.ReadResponse(reader, nil)
		if err != nil {
			return err
		}
		size, err := io.Copy(io.Discard, res.Body)
		if err = errors.Join(err, res.Body.Close()); err != nil || size != bodySize || res.StatusCode != http.StatusOK {
			return fmt.Errorf("status %d, %d bytes: %w", res.StatusCode, size, err)
		}
	}
	return nil
}

// peer is a process of the benchmark.
type peer struct {
	in  io.WriteCloser
	out *bufio.Scanner
}

func startPeer(b *testing.B, role string) peer {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), peerVariable+"="+role)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	return peer{in, bufio.NewScanner(out)}
}

func (p peer) line(b *testing.B) string {
	b.Helper()
	if !p.out.Scan() {
		b.Fatal("a process of the benchmark ended")
	}
	return p.out.Text()
}

// BenchmarkReverseProxy tells what a request through httputil.ReverseProxy
// costs over a Transport, as a ratio of the CPU time of one over
// http.Transport: rounds of both in turn, in one run, and the median.
func BenchmarkReverseProxy(b *testing.B) {
	address := startPeer(b, "backend").line(b)
	driver := startPeer(b, "load")
	through := func(rt http.RoundTripper) string {
		server := httptest.NewServer(&httputil.ReverseProxy{
			Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: address}); r.SetXForwarded() },
			Transport: rt,
		})
		b.Cleanup(server.Close)
		return server.Listener.Addr().String()
	}
	pooled := func() *http.Transport {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.DisableCompression, t.ResponseHeaderTimeout = true, 30*time.Second
		t.MaxIdleConns, t.MaxIdleConnsPerHost = 256, 256
		return t
	}
	bare, direct := through(pooled()), through(upstream.New(pooled()))
	n := max(b.N, 10*parallel)
	round := func(gateway string) float64 {
		before := cpuTime(b)
		if _, err := fmt.Fprintln(driver.in, gateway, n); err != nil {
			b.Fatal(err)
		}
		if said := driver.line(b); said != "<nil>" {
			b.Fatal(said)
		}
		return float64(cpuTime(b)-before) / float64(n/parallel*parallel) / 1e3
	}
	var bares, directs, ratios []float64
	for range 7 {
		x, y := round(bare), round(direct)
		bares, directs, ratios = append(bares, x), append(directs, y), append(ratios, y/x)
	}
	b.ReportMetric(median(bares), "bare-cpu-µs/req")
	b.ReportMetric(median(directs), "direct-cpu-µs/req")
	b.ReportMetric(median(ratios), "ratio")
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// cpuTime is what this process has used, in nanoseconds.
func cpuTime(b *testing.B) int64 {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return used.Utime.Nano() + used.Stime.Nano()
}
