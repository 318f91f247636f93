package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"runtime"
	"runtime/debug"
)

// bareCommand is what every mode is compared with: httputil.ReverseProxy, and
// nothing else.
func bareCommand(ctx context.Context, args []string, _ io.Writer) error {
	flags := flag.NewFlagSet("bare", flag.ContinueOnError)
	address := flags.String("address", "", "where to listen")
	backend := flags.String("backend", "", "the back end's URL")
	garbage := flags.Int("gogc", 100, "how much garbage is left before it is collected, in percent")
	if err := flags.Parse(args); err != nil {
		return err
	}
	target, err := url.Parse(*backend)
	if err != nil {
		return err
	}
	debug.SetGCPercent(*garbage)
	transport := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // documented in net/http
	// Without these, 32 clients would open a connection for nearly every request.
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 256, 256
	bare := &httputil.ReverseProxy{Transport: transport, Rewrite: func(pr *httputil.ProxyRequest) { pr.SetURL(target) }}
	return serve(ctx, *address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/metrics" {
			memoryFigures(w, r)
			return
		}
		bare.ServeHTTP(w, r)
	}))
}

// memoryFigures tells what was allocated, under the names that a Prometheus
// client has for it.
func memoryFigures(w http.ResponseWriter, _ *http.Request) {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	_, _ = fmt.Fprintf(w, "%s %d\n%s %d\n", mallocsName, stats.Mallocs, allocatedName, stats.TotalAlloc)
}
