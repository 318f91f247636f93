package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/geowarden/geowarden/internal/limits"
	"github.com/geowarden/geowarden/internal/listen"
	"github.com/geowarden/geowarden/ogcapi"
	"github.com/geowarden/geowarden/proxy"
)

func newServeCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run the gateway",
		Long: `Run the gateway in front of UPSTREAM_URL, until SIGTERM or an interrupt; then
requests under way are finished first, within SHUTDOWN_TIMEOUT.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, warnings, err := loadSettings(a.environ, a.envFile)
			if err != nil {
				return err
			}
			return a.serve(cmd.Context(), s, warnings, nil)
		},
	}
}

// serve runs the gateway until the context is done. It calls started, where
// there is one, as soon as connections are accepted.
func (a *app) serve(ctx context.Context, s *Settings, warnings []Warning, started func(address string)) error {
	seen := newObserved()
	log, closeLog, err := newLogger(s, a.stderr, seen.LogLost)
	if err != nil {
		return err
	}
	defer closeLog()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.Address())
	if err != nil {
		return fmt.Errorf("HOST, PORT: cannot listen on %s (does another program?): %w", s.Address(), err)
	}
	defer func() { _ = listener.Close() }()
	if s.Port == 0 {
		s.Port = listener.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // it listens on tcp
	}
	defer seen.close()
	if err := seen.open(ctx, s, a.environ, log); err != nil {
		return err
	}
	g, err := newGateway(ctx, s, seen, log)
	if err != nil {
		return err
	}
	announce(s, slices.Concat(warnings, g.warnings, s.openFilesWarnings()), log)
	if started != nil {
		started(s.PublicURL())
	}
	return g.run(ctx, listener, s.ShutdownTimeout, log)
}

// collectionsAge is how long the back end's list of collections serves while no
// newer one can be had, and how long what leaves it is read as before. It is
// long, because a stale list does little harm: a collection that is missing in it
// cannot be reached by an id with slashes.
const collectionsAge = 24 * time.Hour

// gateway is the program's parts, put together.
type gateway struct {
	server     *listen.Server
	background []func(context.Context)
	warnings   []Warning
}

// newGateway puts the parts together. Nothing here waits for a network.
func newGateway(ctx context.Context, s *Settings, seen *observed, log *zap.Logger) (*gateway, error) {
	transport, err := newTransport(s)
	if err != nil {
		return nil, err
	}
	f, err := newFront(ctx, s, seen, log)
	if err != nil {
		return nil, err
	}
	list := &watchedList{settings: s, log: log}
	catalog := ogcapi.NewCatalog(ogcapi.CatalogConfig{
		URL:    strings.TrimSuffix(s.UpstreamURL.String(), "/") + "/collections",
		Server: strings.TrimSuffix(s.ServerURL(), "/"),
		Client: client(s, transport),
		MaxAge: collectionsAge,
		OnRefresh: func(n int, self string, err error) {
			seen.CollectionsFetched(err)
			list.refreshed(n, self, err)
		},
	})
	cfg := proxyConfig(s, f, log)
	cfg.Transport, cfg.Resolver = transport, catalog
	cfg.Ready, cfg.Degraded = f.ready, f.degraded
	seen.configure(&cfg)
	p, err := proxy.New(cfg)
	if err != nil {
		return nil, err
	}
	certificates, err := newCertificates(s, seen.CertificateReloaded, log)
	if err != nil {
		return nil, err
	}
	g := &gateway{server: newServer(s, certificates, seen.around(p.Handler()), seen.ConnectionRefused, log), warnings: f.warnings}
	g.background = slices.Concat(f.background, []func(context.Context){catalog.Run}, seen.tasks(p.Health(), log))
	seen.askParts(ctx, f, p, catalog, g.server, certificates)
	if certificates != nil {
		g.background = append(g.background, watching(log, "certificate", certificates.Watch))
	}
	return g, nil
}

func proxyConfig(s *Settings, f *front, log *zap.Logger) proxy.Config {
	identity := make(map[string]string, len(s.IdentityHeaders))
	for _, h := range s.IdentityHeaders {
		identity[h.Header] = h.Claim
	}
	return proxy.Config{
		Scheme:           f.scheme,
		Context:          s.Context,
		Public:           s.PublicURL(),
		Upstream:         withoutSlash(s.UpstreamURL.URL),
		UpstreamServer:   strings.TrimSuffix(s.ServerURL(), "/"),
		UpstreamHeader:   s.UpstreamHeaders.Header(),
		IdentityHeaders:  identity,
		ForwardBearer:    s.ForwardAuthorization,
		ForwardedByProxy: s.ReverseProxy,
		TrustedPeers:     []netip.Prefix(s.TrustedProxies),
		Authn:            f.authn,
		Authz:            f.authz,
		PolicyHeaders:    s.PolicyHeaders,
		PublicOpenAPI:    s.PublicOpenAPI && (s.Mode() == ModeAPIKey || s.Mode() == ModeJWKS),
		OpenAPI:          f.security,
		CORS:             proxy.CORS{Origins: s.CORSOrigins, Credentials: s.CORSCredentials},
		PerAddress:       limits.New(s.RatePerAddress.Rate, time.Now),
		PerIdentity:      limits.New(s.RatePerIdentity.Rate, time.Now),
		Failures:         limits.New(s.RateOfFailures.Rate, time.Now),
		MaxInFlight:      s.MaxInFlight,
		MaxShare:         s.MaxInFlightPerAddress,
		Stall:            s.StallTimeout,
		MaxHeld:          int64(s.MaxHeldBytes),
		Log:              log,
	}
}

func withoutSlash(u *url.URL) *url.URL {
	c := *u
	c.Path = strings.TrimSuffix(c.Path, "/")
	return &c
}

// announce says at start what is on, and everything that is doubtful about it.
func announce(s *Settings, warnings []Warning, log *zap.Logger) {
	log.Info("geowarden", zap.String("version", versionLine(buildInfo())), zap.String("mode", string(s.Mode())), zap.String("address", s.Address()),
		zap.String("public", s.PublicURL()), zap.String("upstream", s.UpstreamURL.String()))
	logWarnings(log, warnings)
	if s.Mode() == ModeOpen {
		log.Warn("NOBODY IS ASKED WHO THEY ARE: switch on one of API_KEY_ENABLED, JWKS_ENABLED and OPA_ENABLED")
	}
}

// run serves until the context is done, and then lets requests under way
// finish.
func (g *gateway) run(ctx context.Context, listener net.Listener, patience time.Duration, log *zap.Logger) error {
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	var tasks sync.WaitGroup
	for _, task := range g.background {
		tasks.Go(func() { task(working) })
	}
	defer tasks.Wait()
	defer stop()

	failed := make(chan error, 1)
	go func() { failed <- g.server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("cannot serve: %w", err)
	case <-ctx.Done():
	}
	log.Info("stopping: requests under way are finished first", zap.Duration("at_most", patience))
	patient, cancel := context.WithTimeout(working, patience)
	defer cancel()
	if err := g.server.Shutdown(patient); err != nil {
		_ = g.server.Close()
		log.Warn("requests were cut: they took longer than SHUTDOWN_TIMEOUT", zap.Error(err))
		return nil
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	log.Info("stopped")
	return nil
}
