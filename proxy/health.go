package proxy

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// isHealth reports whether a request asks for the gateway's own state.
func isHealth(r *http.Request) bool { return r.URL.Path == "/healthz" || r.URL.Path == "/readyz" }

// healthz says that the process runs. It asks nobody.
func (p *Proxy) healthz(w http.ResponseWriter, r *http.Request) {
	writeHealth(w, r, http.StatusOK, health{Status: "ok"})
}

// readyz says whether requests can be decided. A back end or provider that is
// down leaves it ready: one outage must not drain every replica. It names
// parts, never addresses.
func (p *Proxy) readyz(w http.ResponseWriter, r *http.Request) {
	if p.Ready != nil {
		if reason := p.Ready(); reason != "" {
			writeHealth(w, r, http.StatusServiceUnavailable, health{Status: "not-ready", Reason: reason})
			return
		}
	}
	writeHealth(w, r, http.StatusOK, health{Status: "ready", Degraded: p.Degraded(r.Context())})
}

// Degraded names the parts that are down although the gateway answers, the
// back end among them. It may take as long as a look at the back end does, a
// second at most.
func (p *Proxy) Degraded(ctx context.Context) (parts []string) {
	if p.Config.Degraded != nil {
		parts = p.Config.Degraded()
	}
	if !p.probe.reachable(ctx) {
		parts = append(parts, "upstream")
	}
	return parts
}

type health struct {
	Status   string   `json:"status"`
	Reason   string   `json:"reason,omitempty"`
	Degraded []string `json:"degraded,omitempty"`
}

func writeHealth(w http.ResponseWriter, r *http.Request, status int, h health) {
	body, err := json.Marshal(h)
	if err != nil {
		status = http.StatusInternalServerError
	}
	refuseBody(w, r)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Request-Id", eventOf(r).id)
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// probe tells whether the back end accepts connections. It looks at most once
// in probeEvery, however often it is asked: /readyz is public.
type probe struct {
	addr string
	now  func() time.Time

	mu   sync.Mutex
	last time.Time
	up   bool
}

const (
	probeEvery   = 2 * time.Second
	probeTimeout = time.Second
)

func newProbe(upstream *url.URL, now func() time.Time) *probe {
	port := upstream.Port()
	if port == "" {
		port = map[string]string{"https": "443"}[upstream.Scheme]
		if port == "" {
			port = "80"
		}
	}
	return &probe{addr: net.JoinHostPort(upstream.Hostname(), port), now: now}
}

func (b *probe) reachable(ctx context.Context) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.last.IsZero() && b.now().Sub(b.last) < probeEvery {
		return b.up
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeTimeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", b.addr)
	if err == nil {
		_ = conn.Close()
	}
	b.last, b.up = b.now(), err == nil
	return b.up
}
