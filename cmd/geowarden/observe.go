package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime"
	"runtime/debug"

	"go.uber.org/zap"

	"github.com/geowarden/geowarden/internal/listen"
	"github.com/geowarden/geowarden/internal/metrics"
	"github.com/geowarden/geowarden/internal/traces"
	"github.com/geowarden/geowarden/ogcapi"
	"github.com/geowarden/geowarden/proxy"
)

// observed is how the gateway is seen from outside, beside its log. Figures are
// always kept of what is rare, and of requests only where somebody can read
// them.
type observed struct {
	*metrics.Metrics
	listener net.Listener   // of METRICS_ADDRESS; nil where it is not set
	traces   *traces.Traces // nil where no OTEL_ variable asks for them
}

func newObserved() *observed { return &observed{Metrics: metrics.New(built(buildInfo()))} }

// built says what runs; info may be nil.
func built(info *debug.BuildInfo) metrics.Build {
	b := metrics.Build{Go: runtime.Version()}
	if info == nil {
		return b
	}
	b.Version = info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			b.Commit = s.Value
		}
	}
	return b
}

// open listens where the figures are to be served, and starts the traces, each
// where it is asked for. The caller closes it.
func (o *observed) open(ctx context.Context, s *Settings, environ []string, log *zap.Logger) (err error) {
	if s.MetricsAddress != "" {
		if o.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", s.MetricsAddress); err != nil {
			return fmt.Errorf("%s: cannot listen on %s (does another program?): %w", s.full("METRICS_ADDRESS"), s.MetricsAddress, err)
		}
		log.Info("figures are served", zap.String("metrics", o.listener.Addr().String()))
	}
	wanted, err := traces.Wanted(environ)
	if err != nil || !wanted {
		return err
	}
	public, err := url.Parse(s.PublicURL())
	if err != nil {
		return err
	}
	o.traces, err = traces.New(ctx, traces.Config{
		Version: built(buildInfo()).Version, Server: public.Hostname(), Trusted: []netip.Prefix(s.TrustedProxies), Log: log.Named("traces"),
	})
	return err
}

func (o *observed) close() {
	if o.listener != nil {
		_ = o.listener.Close()
	}
}

// configure has the proxy tell of its requests.
func (o *observed) configure(cfg *proxy.Config) {
	if o.listener != nil {
		cfg.Observe = o.Observe
	}
	if o.traces != nil {
		cfg.Trace, cfg.Transport = traces.Describe, o.traces.Transport(cfg.Transport)
	}
}

// around makes a span of each request, where there are traces.
func (o *observed) around(handler http.Handler) http.Handler {
	if o.traces == nil {
		return handler
	}
	return o.traces.Handler(handler)
}

// tasks are what runs beside the gateway, until their context is done.
func (o *observed) tasks(health http.Handler, log *zap.Logger) (tasks []func(context.Context)) {
	if o.listener != nil {
		tasks = append(tasks, func(ctx context.Context) {
			if err := o.Serve(ctx, o.listener, health, log.Named("metrics")); err != nil {
				log.Error("the figures are no longer served", zap.Error(err))
			}
		})
	}
	if o.traces != nil {
		tasks = append(tasks, o.traces.Run)
	}
	return tasks
}

// askParts tells which parts to ask for their state at each scrape;
// certificates may be nil.
func (o *observed) askParts(ctx context.Context, f *front, p *proxy.Proxy, catalog *ogcapi.Catalog, server *listen.Server, certificates *listen.Certificates) {
	parts := metrics.Sources{
		Ready:           func() bool { return f.ready() == "" },
		Degraded:        func() []string { return p.Degraded(ctx) },
		InFlight:        p.InFlight,
		Connections:     server.OpenConnections,
		CollectionsRead: catalog.Read,
	}
	if certificates != nil {
		o.CertificateLoaded()
		parts.CertificateExpiry = certificates.CertificateExpiry
	}
	if f.keys != nil {
		parts.KeySetRead, parts.KeySetFailing, parts.KeySetCeiling = f.keys.Read, f.keys.Failing, f.keys.Ceiling
	}
	if f.tokens != nil {
		parts.TokenCache = f.tokens.CacheLookups
	}
	if f.apiKeys != nil {
		parts.APIKeys = f.apiKeys.Len
	}
	o.Ask(parts)
}
