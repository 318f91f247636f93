package metrics

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/zap"

	"github.com/geowarden/geowarden/internal/listen"
)

// The listener serves a scraper or two and the kubelet's probes, and whoever
// else finds it is no danger to the gateway: a probe without an answer would end
// the pod.
const (
	maxScrapes     = 4  // at once; more are 503
	maxConnections = 64 // at once; more wait
	maxPerAddress  = 8  // of them; more are closed
	maxHeader      = 16 << 10
	scrapeTimeout  = 10 * time.Second
	drainTimeout   = 2 * time.Second
)

// Serve answers on the listener until ctx ends: /metrics, and /healthz and
// /readyz as the gateway's own handler answers them, for checks that have no
// client certificate. Anything else is 404. It closes the listener.
func (m *Metrics) Serve(ctx context.Context, listener net.Listener, gateway http.Handler, log *zap.Logger) error {
	server := listen.New(listen.Config{
		Handler:                  m.handler(gateway, log),
		Log:                      log,
		HeaderTimeout:            scrapeTimeout,
		AnswerTimeout:            2 * scrapeTimeout,
		MaxHeaderBytes:           maxHeader,
		MaxConnections:           maxConnections,
		MaxConnectionsPerAddress: maxPerAddress,
		IPv6Prefix:               128, // a kubelet has the network of the node's pods, and not their address
	})
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	patient, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	if server.Shutdown(patient) != nil {
		return server.Close()
	}
	return nil
}

// handler has no router: paths are compared as they came, so that none is
// cleaned into one of these.
func (m *Metrics) handler(gateway http.Handler, log *zap.Logger) http.Handler {
	scrape := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog:            zap.NewStdLog(log),
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: maxScrapes,
		Timeout:             scrapeTimeout,
		EnableOpenMetrics:   true,
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A body that nobody asked for is read to its end before the next request.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(scrapeTimeout))
		next := map[string]http.Handler{"/metrics": scrape, "/healthz": gateway, "/readyz": gateway}[r.URL.EscapedPath()]
		switch {
		case next == nil:
			http.NotFound(w, r)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		default:
			next.ServeHTTP(w, r)
		}
	})
}
