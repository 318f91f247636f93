package upstream_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"golang.org/x/sync/errgroup"

	"github.com/geowarden/geowarden/internal/upstream"
)

// echo tells what arrived.
func echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("X-Path", r.URL.Path)
	_, _ = fmt.Fprintf(w, "%s %s agent=%q coding=%q %s", r.Method, r.RequestURI, r.UserAgent(), r.Header.Get("Accept-Encoding"), body)
}

// A reverse proxy serves the same over both, bodies and TLS included.
func TestReverseProxyServesTheSame(t *testing.T) {
	for name, start := range map[string]func(http.Handler) *httptest.Server{"plain": httptest.NewServer, "TLS": httptest.NewTLSServer} {
		t.Run(name, func(t *testing.T) {
			back := start(http.HandlerFunc(echo))
			defer back.Close()
			target, err := url.Parse(back.URL)
			if err != nil {
				t.Fatal(err)
			}
			fallback := plain()
			defer fallback.CloseIdleConnections()
			if name == "TLS" {
				fallback.TLSClientConfig = back.Client().Transport.(*http.Transport).TLSClientConfig
			}
			var got [2][]string
			for i, rt := range []http.RoundTripper{fallback, otelhttp.NewTransport(upstream.New(fallback))} {
				gate := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }, Transport: rt})
				defer gate.Close()
				for _, method := range []string{"GET", "HEAD", "OPTIONS", "POST", "DELETE", "PUT"} {
					body := ""
					if method == "POST" || method == "PUT" {
						body = strings.Repeat("body ", 10000)
					}
					// A body goes without a gate: net/http's server closes it when the
					// answer begins, and http.Transport, which looks once more
					// whether it has ended, now and then cuts the answer for it.
					at, way := gate.URL, http.DefaultTransport
					if body != "" {
						at, way = back.URL, rt
					}
					req, err := http.NewRequestWithContext(t.Context(), method, at+"/a%2Fb?c=d", strings.NewReader(body))
					if err != nil {
						t.Fatal(err)
					}
					req.Header.Set("User-Agent", "")
					res := send(way, req)
					if res.err != nil {
						t.Fatal(res.err)
					}
					got[i] = append(got[i], fmt.Sprint(res.StatusCode, res.Header.Get("X-Path"), res.Header["Content-Length"], res.body))
				}
			}
			for i := range got[0] {
				if got[0][i] != got[1][i] {
					t.Errorf("%.200s, not %.200s", got[1][i], got[0][i])
				}
			}
		})
	}
}

// HTTP_PROXY and its like hold for the direct way too.
func TestAProxyIsNotGoneAround(t *testing.T) {
	between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "by proxy to "+r.RequestURI) }))
	defer between.Close()
	rt := direct(t, func(p *http.Transport) {
		p.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse(between.URL) }
	})
	if got := ask(t, rt, http.MethodGet, "http://backend.test/a"); got.body != "by proxy to http://backend.test/a" {
		t.Errorf("got %q, %v", got.body, got.err)
	}
}

// A thousand requests at once each get their own answer, and leave neither a
// goroutine nor more connections than may be idle.
func TestManyAtOnceLeaveNothing(t *testing.T) {
	const many, idle = 1000, 8
	before := runtime.NumGoroutine()
	back := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("chunked") {
			_ = http.NewResponseController(w).Flush()
		}
		_, _ = io.WriteString(w, strings.Repeat(r.URL.Path, 300))
	}))
	rt := upstream.New(plain(func(p *http.Transport) { p.MaxIdleConns = idle }))
	var all errgroup.Group
	for i := range many {
		all.Go(func() error {
			path := fmt.Sprintf("/%d", i)
			query := []string{"", "?chunked"}[i%2]
			for range 3 {
				if got := ask(t, rt, http.MethodGet, back.URL+path+query); got.err != nil || got.body != strings.Repeat(path, 300) {
					return fmt.Errorf("%s got %.20q, %w", path, got.body, got.err)
				}
			}
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		t.Error(err)
	}
	rt.CloseIdleConnections()
	back.Close()
	eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= before })
}

// Idle connections are bounded, and closed when asked to be.
func TestIdleConnectionsAreBounded(t *testing.T) {
	const many, idle = 20, 4
	var arrived errgroup.Group
	answer := make(chan struct{})
	b := listen(t, func(l *line) {
		for {
			req, ok := l.hear()
			if !ok {
				return
			}
			<-answer
			l.say(own(req))
		}
	})
	rt := direct(t, func(p *http.Transport) { p.MaxIdleConns = idle })
	for range many {
		arrived.Go(func() error { return ask(t, rt, http.MethodGet, b.url+"/a").err })
	}
	eventually(t, "all are under way", func() bool { return b.conns.Load() == many })
	close(answer)
	if err := arrived.Wait(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the rest is closed", func() bool { return b.open.Load() == idle })
	rt.CloseIdleConnections()
	eventually(t, "all are closed", func() bool { return b.open.Load() == 0 })
}

func TestKeepAlivesCanBeDisabled(t *testing.T) {
	b := listen(t, polite)
	rt := direct(t, func(p *http.Transport) { p.DisableKeepAlives = true })
	mustOwn(t, rt, b, "/a")
	eventually(t, "the connection is closed", func() bool { return b.open.Load() == 0 })
}

// Carry a request to a back end.
func Example() {
	back := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "collections of "+r.URL.Path)
	}))
	defer back.Close()
	client := &http.Client{Transport: upstream.New(&http.Transport{DisableCompression: true})}
	defer client.CloseIdleConnections()
	res, err := client.Get(back.URL + "/geoapi")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	fmt.Println(string(body), err)
	// Output: collections of /geoapi <nil>
}
