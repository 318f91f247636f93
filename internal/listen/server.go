package listen

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Config is what is served, to how many, and with how much patience. A limit
// that is zero is the default that is named with it; there is none without.
type Config struct {
	Handler      http.Handler
	Certificates *Certificates // nil listens in plain HTTP/1.1
	Log          *zap.Logger

	MaxHeaderBytes int           // of a request, its first line included: 64 KiB. net/http reads 4096 more before it answers 431
	HeaderTimeout  time.Duration // for a request's header, and for a TLS handshake: 10 s
	IdleTimeout    time.Duration // between two requests: 2 min
	StallTimeout   time.Duration // while nothing moves on a connection of HTTP/2: 30 s
	AnswerTimeout  time.Duration // from a request's header to the end of the answer, unless the handler sets a later deadline as it writes: 2 min
	MaxStreams     int           // requests under way on one connection of HTTP/2: 100

	MaxConnections           int            // open at once; more wait: 20,000
	MaxConnectionsPerAddress int            // of one IPv4 address or IPv6 network; more are closed: 1,000
	IPv6Prefix               int            // how long the prefix of such a network is: 64, in which one client may take any address
	Uncounted                []netip.Prefix // addresses that are not counted each for itself, such as proxies in front
	OnRefused                func()         // called for each connection that is closed because its address has too many
}

// Server serves one handler. Its methods may be called by many goroutines.
type Server struct {
	cfg         Config
	http        *http.Server
	connections atomic.Pointer[connections]
}

// New makes a server; Serve gives it a listener.
func New(cfg Config) *Server {
	cfg.HeaderTimeout = cmp.Or(cfg.HeaderTimeout, 10*time.Second)
	cfg.IdleTimeout = cmp.Or(cfg.IdleTimeout, 2*time.Minute)
	cfg.StallTimeout = cmp.Or(cfg.StallTimeout, 30*time.Second)
	cfg.AnswerTimeout = cmp.Or(cfg.AnswerTimeout, 2*time.Minute)
	cfg.MaxHeaderBytes = cmp.Or(cfg.MaxHeaderBytes, 64<<10)
	cfg.MaxStreams = cmp.Or(cfg.MaxStreams, 100)
	cfg.MaxConnections = cmp.Or(cfg.MaxConnections, 20_000)
	cfg.MaxConnectionsPerAddress = cmp.Or(cfg.MaxConnectionsPerAddress, 1000)
	cfg.IPv6Prefix = cmp.Or(cfg.IPv6Prefix, 64)
	if cfg.Log == nil {
		cfg.Log = zap.NewNop()
	}
	if cfg.OnRefused == nil {
		cfg.OnRefused = func() {}
	}
	s := &Server{cfg: cfg, http: &http.Server{
		Handler:           withoutPreface(cfg.Handler),
		ReadHeaderTimeout: cfg.HeaderTimeout,
		IdleTimeout:       cfg.IdleTimeout,
		WriteTimeout:      cfg.AnswerTimeout,
		MaxHeaderBytes:    cfg.MaxHeaderBytes,
		HTTP2:             http2Config(cfg),
		Protocols:         protocols(),
		ErrorLog:          newServerLog(cfg.Log),
	}}
	if cfg.Certificates != nil {
		s.http.TLSConfig = cfg.Certificates.config()
	}
	return s
}

// protocols are HTTP/1.1, and HTTP/2 where ALPN chose it within TLS: in the
// clear it is another way in that a proxy in front knows nothing of.
func protocols() *http.Protocols {
	p := &http.Protocols{}
	p.SetHTTP1(true)
	p.SetHTTP2(true)
	return p
}

// http2Config bounds what one connection of HTTP/2 can take: streams
// (CVE-2023-44487), frames that are gathered, and bodies that wait to be read.
// A client that answers no ping and takes no byte is gone.
func http2Config(cfg Config) *http.HTTP2Config {
	return &http.HTTP2Config{
		MaxConcurrentStreams:          cfg.MaxStreams,
		MaxReadFrameSize:              16 << 10, // the least that RFC 9113 section 4.2 allows; a connection keeps a buffer of this size
		MaxReceiveBufferPerStream:     512 << 10,
		MaxReceiveBufferPerConnection: 1 << 20,
		SendPingTimeout:               cfg.StallTimeout,
		PingTimeout:                   min(cfg.StallTimeout, 15*time.Second),
		WriteByteTimeout:              cfg.StallTimeout,
	}
}

// withoutPreface refuses the first line of HTTP/2 in the clear, which net/http
// hands to the handler as a request for the handler to speak HTTP/2 with.
func withoutPreface(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "PRI" {
			w.Header().Set("Connection", "close")
			http.Error(w, "HTTP/2 is spoken within TLS only", http.StatusBadRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Serve accepts connections of the listener until Shutdown or Close, and then
// returns http.ErrServerClosed. It closes the listener, and is called once.
func (s *Server) Serve(listener net.Listener) error {
	refusals, faults := newSparse(s.cfg.Log, zapcore.WarnLevel), newSparse(s.cfg.Log, zapcore.ErrorLevel)
	bounded := &connections{
		Listener:   listener,
		slots:      make(chan struct{}, s.cfg.MaxConnections),
		perAddress: s.cfg.MaxConnectionsPerAddress,
		ipv6Prefix: s.cfg.IPv6Prefix,
		uncounted:  s.cfg.Uncounted,
		refused: func(addr netip.Addr) {
			s.cfg.OnRefused()
			refusals.say("a connection was closed: its address has as many as are allowed", zap.Stringer("client_ip", addr))
		},
		failed: func(err error) { faults.say("no connection could be accepted; trying again", zap.Error(err)) },
		closed: make(chan struct{}),
		held:   map[netip.Prefix]int{},
	}
	s.connections.Store(bounded)
	if s.cfg.Certificates != nil {
		return s.http.ServeTLS(bounded, "", "")
	}
	return s.http.Serve(bounded)
}

// OpenConnections is how many connections are open.
func (s *Server) OpenConnections() int {
	if c := s.connections.Load(); c != nil {
		return int(c.open.Load())
	}
	return 0
}

// Shutdown stops accepting and waits until the requests under way are
// finished, or ctx ends.
func (s *Server) Shutdown(ctx context.Context) error { return s.http.Shutdown(ctx) }

// Close cuts every connection.
func (s *Server) Close() error { return s.http.Close() }
