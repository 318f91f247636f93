package main

import "time"

// Settings is the whole configuration, grouped as docs/configuration.md shows
// it. The tags are the one source of names, defaults and documentation:
// envconfig is the name without its prefix, bare marks a name that takes none,
// mode says where the setting matters, and example fills .env.example.
type Settings struct {
	Listen   `group:"Where it listens"`
	TLS      `group:"TLS"`
	Modes    `group:"Who is let in"`
	Keys     `group:"API-key mode"`
	Tokens   `group:"JWKS mode"`
	OIDC     `group:"OIDC and OPA mode"`
	Policy   `group:"Policy"`
	Public   `group:"Public address"`
	Upstream `group:"Upstream"`
	Browsers `group:"Browsers"`
	Limits   `group:"Limits"`
	Rates    `group:"Rates"`
	Logging  `group:"Log and metrics"`

	prefix       string            // DEV_ or PROD_
	origins      map[string]string // full name -> where its value came from
	keyVariables map[string]string // name of an API key -> the variable that holds it
	elsewhere    string            // UPSTREAM_URL under the prefix that is not in force, if it is there
}

// Listen is where the program listens and which prefix its settings take.
type Listen struct {
	EnvState        string        `envconfig:"ENV_STATE" bare:"true" default:"dev" desc:"Which settings are read: 'dev' reads the names that begin with DEV_, 'prod' those that begin with PROD_."`
	Host            string        `envconfig:"HOST" bare:"true" default:"127.0.0.1" desc:"The address or host name to listen on."`
	Port            int           `envconfig:"PORT" bare:"true" default:"5000" desc:"The port to listen on; 0 takes a free one."`
	ShutdownTimeout time.Duration `envconfig:"SHUTDOWN_TIMEOUT" default:"20s" desc:"How long requests in flight may take after the signal to stop."`
}

// TLS is the gateway's own certificate. Without one it listens in plain HTTP,
// for a proxy in front that has one.
type TLS struct {
	TLSCertFile     string `envconfig:"TLS_CERT_FILE" example:"/etc/geowarden/tls/tls.crt" desc:"The certificate, in PEM, with its chain: listen with TLS 1.2 or newer, and HTTP/2. It is read again when it changes."`
	TLSKeyFile      string `envconfig:"TLS_KEY_FILE" example:"/etc/geowarden/tls/tls.key" desc:"The certificate's private key, in PEM."`
	TLSClientCAFile string `envconfig:"TLS_CLIENT_CA_FILE" example:"/etc/geowarden/tls/clients.crt" desc:"Only clients with a certificate that one of these authorities signed may connect. It opens the door and says nothing about who asks: the mode's credential is needed as well."`
}

// Modes says which credential is read. At most one of the three is on.
type Modes struct {
	APIKeyEnabled  bool `envconfig:"API_KEY_ENABLED" default:"false" desc:"API-key mode: the header X-API-KEY opens the door."`
	JWKSEnabled    bool `envconfig:"JWKS_ENABLED" default:"false" desc:"JWKS mode: a bearer token, verified against a JWK set, opens the door."`
	OPAEnabled     bool `envconfig:"OPA_ENABLED" default:"false" desc:"OIDC and OPA mode: a bearer token says who asks, and a policy decides."`
	AllowAnonymous bool `envconfig:"ALLOW_ANONYMOUS" default:"false" desc:"Without a mode: listen beyond this machine although nobody is asked who they are. In the OIDC and OPA mode: a request without a credential reaches the policy as 'anonymous' instead of being refused."`
	AdminOpen      bool `envconfig:"ADMIN_OPEN" default:"false" mode:"open, API-key, JWKS" desc:"Let everybody who is let in use /admin too, which writes the back end's configuration."`
	PublicOpenAPI  bool `envconfig:"PUBLIC_OPENAPI" default:"true" mode:"API-key, JWKS" desc:"Serve {context}/openapi without a credential."`
}

// Keys holds the API keys.
type Keys struct {
	APIKeys     map[string]Secret `envconfig:"PYGEOAPI_KEY_*" mode:"API-key" example:"PYGEOAPI_KEY_GLOBAL" desc:"One API key in each such variable, PYGEOAPI_KEY_GLOBAL or any other; what follows PYGEOAPI_KEY_ is the key's name in the log. The name is also read without the prefix DEV_ or PROD_."`
	APIKeysFile string            `envconfig:"API_KEYS_FILE" mode:"API-key" example:"/etc/geowarden/keys.yaml" desc:"A file of named, hashed, expiring keys; 'geowarden keys new' adds to it."`
}

// Tokens says how bearer tokens are verified in the JWKS mode. The three
// durations serve the OIDC and OPA mode too.
type Tokens struct {
	JWKSEndpoint        Endpoint      `envconfig:"OAUTH2_JWKS_ENDPOINT" mode:"JWKS" example:"https://issuer.example.org/jwks" desc:"Where the JWK set is. Needed in this mode."`
	TokenEndpoint       Endpoint      `envconfig:"OAUTH2_TOKEN_ENDPOINT" mode:"JWKS" example:"https://issuer.example.org/token" desc:"Where clients get their tokens; shown in the OpenAPI document."`
	ExpectedAudience    List          `envconfig:"OAUTH2_EXPECTED_AUDIENCE" mode:"JWKS" example:"geoapi" desc:"The audiences of which a token must name one, separated by commas; empty checks none, with a warning."`
	ExpectedIssuer      string        `envconfig:"OAUTH2_EXPECTED_ISSUER" mode:"JWKS" example:"https://issuer.example.org" desc:"The issuer that a token must name, compared exactly; empty checks none, with a warning."`
	RequiredScopes      Words         `envconfig:"OAUTH2_REQUIRED_SCOPES" mode:"JWKS" example:"geoapi.read" desc:"The scopes that a token must have, all of them, separated by spaces or commas."`
	JWKSRefreshInterval time.Duration `envconfig:"JWKS_REFRESH_INTERVAL" default:"5s" mode:"JWKS, OIDC and OPA" desc:"The JWK set is fetched at most once in this time, whatever arrives."`
	JWKSMaxAge          time.Duration `envconfig:"JWKS_MAX_AGE" default:"10m" mode:"JWKS, OIDC and OPA" desc:"A key that the issuer removed is accepted no longer than this."`
	JWKSCeiling         time.Duration `envconfig:"JWKS_CEILING" default:"6h" mode:"JWKS, OIDC and OPA" desc:"While the issuer is out of reach, the last good JWK set is used no longer than this."`
}

// OIDC says which provider and which client the OIDC and OPA mode trusts.
type OIDC struct {
	OIDCWellKnownEndpoint Endpoint `envconfig:"OIDC_WELL_KNOWN_ENDPOINT" mode:"OIDC and OPA" example:"https://issuer.example.org/.well-known/openid-configuration" desc:"The provider's discovery document. Needed in this mode."`
	OIDCClientID          string   `envconfig:"OIDC_CLIENT_ID" mode:"OIDC and OPA" example:"geoapi-client" desc:"The client whose tokens are accepted. This or OIDC_EXPECTED_AUDIENCE is needed in this mode."`
	OIDCClientSecret      Secret   `envconfig:"OIDC_CLIENT_SECRET" mode:"OIDC and OPA" desc:"The client's secret. Bearer tokens are verified without it; it is accepted so that an existing file works."`
	OIDCExpectedIssuer    string   `envconfig:"OIDC_EXPECTED_ISSUER" mode:"OIDC and OPA" example:"https://issuer.example.org" desc:"The issuer that a token must name, where it differs from the address of the discovery document, as between containers."`
	OIDCExpectedAudience  List     `envconfig:"OIDC_EXPECTED_AUDIENCE" mode:"OIDC and OPA" example:"geoapi" desc:"The audiences of which a token must name one, separated by commas; without one, 'aud' or 'azp' must be the client."`
	AppURI                Endpoint `envconfig:"APP_URI" mode:"OIDC and OPA" example:"https://geo.example.org" desc:"The address of this application as the provider knows it. Bearer tokens are verified without it."`
}

// Policy says which policy decides in the OIDC and OPA mode.
type Policy struct {
	OPAURL             Endpoint      `envconfig:"OPA_URL" mode:"OIDC and OPA" example:"http://localhost:8181" desc:"An OPA server that decides, with or without /v1/data/… at its end; empty decides in this process."`
	PolicyPath         string        `envconfig:"POLICY_PATH" mode:"OIDC and OPA" example:"/etc/geowarden/policy" desc:"A folder of Rego or a bundle file; empty takes the policy that ships: whoever is signed in may read."`
	PolicyPackage      string        `envconfig:"POLICY_PACKAGE" default:"httpapi.authz" mode:"OIDC and OPA" desc:"The Rego package that is asked."`
	PolicyTimeout      time.Duration `envconfig:"POLICY_TIMEOUT" default:"100ms" mode:"OIDC and OPA" desc:"How long one decision may take; beyond it the answer is 503."`
	PolicyFullPath     bool          `envconfig:"POLICY_FULL_PATH" default:"false" mode:"OIDC and OPA" desc:"Give the policy the path with the context in front (geoapi, collections, …) instead of the path below it."`
	PolicyHeaders      HeaderNames   `envconfig:"POLICY_HEADERS" mode:"OIDC and OPA" example:"x-purpose" desc:"The request headers that the policy may see, separated by commas; never one that carries a credential."`
	PolicyAllowNetwork bool          `envconfig:"POLICY_ALLOW_NETWORK" default:"false" mode:"OIDC and OPA" desc:"Let the policy call http.send, net.lookup_ip_addr and opa.runtime."`
}

// Public is how the gateway is reached from outside.
type Public struct {
	BaseURL        Endpoint `envconfig:"PYGEOAPI_BASEURL" example:"https://geo.example.org" desc:"The public address, without the context; empty is http://localhost and the port."`
	Context        string   `envconfig:"FASTGEOAPI_CONTEXT" default:"/geoapi" desc:"The path under which the upstream is served: it begins with a slash and does not end with one."`
	RootPath       string   `envconfig:"ROOT_PATH" example:"/maps" desc:"A path that another proxy puts before the context and strips again; part of the public address only."`
	ReverseProxy   bool     `envconfig:"FASTGEOAPI_REVERSE_PROXY" default:"false" desc:"Another proxy stands in front: where it is in TRUSTED_PROXIES, its X-Forwarded-Host, -Proto and -Prefix are the public address."`
	TrustedProxies Prefixes `envconfig:"TRUSTED_PROXIES" example:"10.0.0.0/8" desc:"The proxies in front whose X-Forwarded-* headers are believed, as addresses or CIDR ranges separated by commas; without one, a client is known by its connection."`
	SecurityScheme string   `envconfig:"PYGEOAPI_SECURITY_SCHEME" default:"http" desc:"The end of the security scheme's name in the OpenAPI document: 'pygeoapi-http'."`
}

// Upstream is the back end.
type Upstream struct {
	UpstreamURL          Endpoint        `envconfig:"UPSTREAM_URL" example:"http://localhost:5001" desc:"Where the back end is. Needed; the one line to add to a .env file of fastgeoapi."`
	UpstreamServerURL    Endpoint        `envconfig:"UPSTREAM_SERVER_URL" example:"http://localhost:5001" desc:"What the back end calls itself in its links (pygeoapi's server.url); empty is UPSTREAM_URL. Where it is the public address already, nothing is rewritten."`
	UpstreamCAFile       string          `envconfig:"UPSTREAM_CA_FILE" example:"/etc/geowarden/ca.pem" desc:"The certificates, in PEM, of the authority that signed the back end's own; empty trusts the system's."`
	UpstreamHeaders      UpstreamHeaders `envconfig:"UPSTREAM_HEADERS" desc:"Fixed headers for the back end, one 'Name: value' a line, such as a shared secret that proves the gateway to it; UPSTREAM_HEADERS_FILE holds several best."`
	UpstreamTimeout      time.Duration   `envconfig:"UPSTREAM_TIMEOUT" default:"30s" desc:"How long the back end may take to begin its answer; beyond it the answer is 504."`
	ForwardAuthorization bool            `envconfig:"FORWARD_AUTHORIZATION" default:"false" mode:"JWKS, OIDC and OPA" desc:"Pass the bearer token on to the back end."`
	IdentityHeaders      IdentityHeaders `envconfig:"IDENTITY_HEADERS" mode:"JWKS, OIDC and OPA" example:"X-Auth-User=sub,X-Auth-Company=company" desc:"Headers that tell the back end who asks, as 'X-Auth-Name=claim' separated by commas."`
}

// Browsers says which pages of other origins may call (CORS).
type Browsers struct {
	CORSOrigins     Origins `envconfig:"CORS_ORIGINS" default:"*" desc:"The origins whose pages may call, separated by commas; * is any."`
	CORSCredentials bool    `envconfig:"CORS_CREDENTIALS" default:"false" desc:"Let those pages send cookies; never together with *."`
}

// Limits bound what any number of clients can take, however slow they are.
type Limits struct {
	MaxHeaderBytes           Size          `envconfig:"MAX_HEADER_BYTES" default:"64KiB" desc:"The size of a request's header, its first line included; a larger one is 431."`
	HeaderTimeout            time.Duration `envconfig:"HEADER_TIMEOUT" default:"10s" desc:"How long a client may take to send the header of a request."`
	IdleTimeout              time.Duration `envconfig:"IDLE_TIMEOUT" default:"2m" desc:"How long a connection may stay open between two requests."`
	StallTimeout             time.Duration `envconfig:"STALL_TIMEOUT" default:"30s" desc:"How long a client may pause while it sends a body or reads an answer."`
	MaxStreams               int           `envconfig:"MAX_STREAMS" default:"100" desc:"Requests under way at once on one HTTP/2 connection."`
	MaxConnections           int           `envconfig:"MAX_CONNECTIONS" default:"20000" desc:"Open connections; more wait until one is closed."`
	MaxConnectionsPerAddress int           `envconfig:"MAX_CONNECTIONS_PER_ADDRESS" default:"1000" desc:"Open connections of one address, or one /64 of IPv6; more are closed at once. TRUSTED_PROXIES are not counted."`
	MaxInFlight              int           `envconfig:"MAX_IN_FLIGHT" default:"1000" desc:"Requests under way at once; one more is 503 with Retry-After."`
	MaxInFlightPerAddress    int           `envconfig:"MAX_IN_FLIGHT_PER_ADDRESS" default:"250" desc:"The same of one address, or one /64 of IPv6, so that none takes all places; one more is 429. A proxy in front that is not in TRUSTED_PROXIES is one address."`
	MaxHeldBytes             Size          `envconfig:"MAX_HELD_BYTES" default:"16MiB" desc:"The size of a document that must be held whole to be changed, such as the API definition; a larger one is 502."`
}

// Rates bound how often somebody may ask. None is on by default, and each
// replica counts for itself.
type Rates struct {
	RatePerIdentity Rate `envconfig:"RATE_PER_IDENTITY" example:"600/m" desc:"Requests of one identity, as a number for a second, minute or hour, such as 600/m; more are 429 with Retry-After. Empty is no limit."`
	RatePerAddress  Rate `envconfig:"RATE_PER_ADDRESS" example:"1200/m" desc:"Requests from one address, or one /64 of IPv6, whoever asks."`
	RateOfFailures  Rate `envconfig:"RATE_OF_FAILURES" example:"10/m" desc:"Bad credentials from one address; after so many, every credential from there is refused with 429 for a while, unread."`
}

// Logging is what is logged and measured, and where.
type Logging struct {
	LogLevel       Level  `envconfig:"LOG_LEVEL" default:"info" desc:"debug, info, warning or error."`
	LogFormat      Format `envconfig:"LOG_FORMAT" default:"json" desc:"json, one object a line, or console, for people."`
	LogPath        string `envconfig:"LOG_PATH" example:"/var/log/geowarden" desc:"A folder: with LOG_FILENAME, the log goes to that file as well as to standard error."`
	LogFilename    string `envconfig:"LOG_FILENAME" example:"geowarden.log" desc:"The file's name in LOG_PATH."`
	LogDelay       Delay  `envconfig:"LOG_DELAY" default:"200ms" desc:"How long lines may be gathered before they are written together; 0 writes each at once. Errors never wait."`
	MetricsAddress string `envconfig:"METRICS_ADDRESS" example:"127.0.0.1:9464" desc:"Where /metrics is served for Prometheus, as host:port, without a credential: on a network that only the monitoring reaches. Empty is nowhere."`
}
