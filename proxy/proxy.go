// Package proxy is one request's way through the gateway, in reading order:
// admit.go asks what is asked, who asks and whether they may; outgoing.go makes
// the request that the back end gets; answer.go makes its answer fit for the
// caller; problem.go is the only place that turns an error into a response; and
// record.go writes the one line that is logged of it.
//
// It refuses to forward anything that was not admitted: there is one gate, in
// front of everything, and no list of paths that go around it. It keeps no
// state that a second replica would miss.
package proxy

import (
	"context"
	"errors"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"go.uber.org/zap"

	"github.com/geowarden/geowarden/authn"
	"github.com/geowarden/geowarden/authz"
	"github.com/geowarden/geowarden/internal/limits"
	"github.com/geowarden/geowarden/ogcapi"
)

// Authenticator tells who asks. Its errors are *authn.Error.
type Authenticator interface {
	Authenticate(r *http.Request) (*authn.Principal, error)
}

// Authorizer tells whether they may. An error means that there is no answer.
type Authorizer interface {
	Decide(ctx context.Context, in authz.Input) (authz.Decision, error)
}

// Resolver settles what a path is about where that depends on the collections
// that the back end has. Its errors are those of ogcapi.
type Resolver interface {
	Resolve(ctx context.Context, q *ogcapi.Request) error
}

// Config is what a Proxy is made of. Context, Public, Upstream, Transport,
// Authn, Authz, Resolver and Log are required.
type Config struct {
	Scheme Scheme // how the mode names itself to clients

	Context string // the path below which the back end is served, such as /geoapi
	Public  string // the public address of the context, such as https://example.org/geoapi

	Upstream         *url.URL          // where the back end is
	UpstreamServer   string            // what the back end calls itself in links; Upstream when empty
	UpstreamHeader   http.Header       // fixed headers that prove the gateway to the back end
	Transport        http.RoundTripper // how it is reached
	IdentityHeaders  map[string]string // X-Auth-* header to the claim that fills it
	ForwardBearer    bool              // pass the bearer token on
	ForwardedByProxy bool              // take the public address from X-Forwarded-* of a trusted peer
	TrustedPeers     []netip.Prefix    // whose X-Forwarded-* count; none by default

	Authn    Authenticator
	Authz    Authorizer
	Resolver Resolver

	PolicyHeaders []string // request headers, lower case, that a policy may see
	PublicOpenAPI bool     // GET and HEAD of {context}/openapi need no credential
	OpenAPI       ogcapi.Security
	CORS          CORS

	PerAddress  limits.Limiter // requests of one address, or one /64 of IPv6; nil is no limit, here and below
	PerIdentity limits.Limiter // requests of one identity
	Failures    limits.Limiter // bad credentials from one address
	MaxInFlight int            // requests between the gate and the end of their answer; zero is no limit
	MaxShare    int            // the same of one address, or one /64 of IPv6, so that none has all; a trusted peer has no share of its own
	Stall       time.Duration  // how long a client may pause while it sends or reads; zero is no limit
	MaxHeld     int64          // bytes of a document that is held whole to be changed; zero is 16 MiB

	Ready    func() (reason string) // what is missing before requests can be decided; empty when nothing is
	Degraded func() []string        // the parts, apart from the back end, that are down but not needed right now
	Log      *zap.Logger
	Observe  func(*Observation)                            // told of each request when it is done, beside the log; must not block or keep it
	Trace    func(*http.Request, *Observation) (id string) // told before, and gives the id of the request's trace for the log
	Now      func() time.Time                              // time.Now when nil
}

// Scheme is how a mode asks for its credential (RFC 9110 section 11.6.1) and
// what its 401 calls itself, in the word that clients of fastgeoapi know.
type Scheme struct {
	Mode      string // open, api-key, jwks or oidc; for the log
	Challenge string // the value of WWW-Authenticate; empty in the open mode
	Message   string // Unauthorized or Unauthenticated
}

// Proxy is the gateway's HTTP side.
type Proxy struct {
	Config
	peers    peers
	home     *address // as it is configured
	upstream *httputil.ReverseProxy
	openapi  *publicAnswers
	probe    *probe
	inFlight inFlight
	held     *held
}

// New returns a Proxy, or every reason why the configuration makes none.
func New(cfg Config) (*Proxy, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.UpstreamServer == "" && cfg.Upstream != nil {
		cfg.UpstreamServer = cfg.Upstream.String()
	}
	p := &Proxy{Config: cfg, peers: peers(cfg.TrustedPeers), held: newHeld(cfg.MaxHeld), inFlight: inFlight{most: cfg.MaxInFlight, share: cfg.MaxShare, each: map[limits.Key]int{}}}
	if err := p.check(); err != nil {
		return nil, err
	}
	var err error
	if p.home, err = p.newAddress(cfg.Public); err != nil {
		return nil, err
	}
	if p.openapi, err = newPublicAnswers(cfg.Now); err != nil {
		return nil, err
	}
	p.upstream = &httputil.ReverseProxy{
		Rewrite:        p.outgoing,
		Transport:      cfg.Transport,
		ModifyResponse: p.answer,
		ErrorHandler:   p.upstreamFailed,
		ErrorLog:       zap.NewStdLog(cfg.Log.Named("reverseproxy")),
		BufferPool:     newBufferPool(),
	}
	p.probe = newProbe(cfg.Upstream, cfg.Now)
	return p, nil
}

// check says everything that is wrong with the configuration at once.
func (p *Proxy) check() error {
	var errs []error
	need := func(ok bool, what string) {
		if !ok {
			errs = append(errs, errors.New("proxy: "+what))
		}
	}
	need(strings.HasPrefix(p.Context, "/") && len(p.Context) > 1 && !strings.HasSuffix(p.Context, "/"), "Context must begin with a slash and not end in one")
	need(p.Upstream != nil && p.Upstream.Host != "", "Upstream must be an absolute URL")
	need(p.Public != "", "Public must be set")
	need(p.Transport != nil, "Transport must be set")
	need(p.Authn != nil, "Authn must be set: nobody would be asked who they are")
	need(p.Authz != nil, "Authz must be set: nobody would be asked whether they may")
	need(p.Resolver != nil, "Resolver must be set")
	need(p.Log != nil, "Log must be set")
	for name := range p.IdentityHeaders {
		need(traitsOf(name)&identity != 0, "the identity header "+name+" must begin with X-Auth-")
	}
	for _, name := range p.PolicyHeaders {
		need(traitsOf(name)&(secret|managed) == 0, "the header "+name+" carries a credential, or is one that a client cannot set, and a policy never sees it")
	}
	return errors.Join(errs...)
}

// Handler returns the gateway: two health paths, and one gate in front of
// everything else. What is not below the context is refused inside the gate,
// not by the router, which reads escaped paths in its own way.
func (p *Proxy) Handler() http.Handler {
	r := p.health(p.bound)
	r.NotFound(p.gate)
	r.MethodNotAllowed(p.gate)
	return r
}

// Health returns the two health paths alone, for a listener that is not for
// everybody. A flood on the other listener takes no place here: it must not make
// an orchestrator end a gateway that holds its own.
func (p *Proxy) Health() http.Handler { return p.health() }

func (p *Proxy) health(first ...func(http.Handler) http.Handler) chi.Router {
	r := chi.NewRouter()
	r.Use(append(first, p.clientIP(), p.record, p.cors)...)
	for path, answer := range map[string]http.HandlerFunc{"/healthz": p.healthz, "/readyz": p.readyz} {
		r.Get(path, answer)
		r.Head(path, answer)
	}
	return r
}

// clientIP tells whose address a request comes from: that of the connection,
// unless the connection is a trusted proxy's.
func (p *Proxy) clientIP() func(http.Handler) http.Handler {
	if len(p.TrustedPeers) == 0 {
		return middleware.ClientIPFromRemoteAddr
	}
	var prefixes []string
	for _, peer := range p.TrustedPeers {
		prefixes = append(prefixes, peer.String())
	}
	return middleware.ClientIPFromXFF(prefixes...)
}
