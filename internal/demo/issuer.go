package demo

import (
	"errors"
	"strings"
	"sync/atomic"
	"time"
)

const defaultAlgorithm = "RS256"

// IssuerConfig says what a sample issuer is like. The zero value works, once SetBaseURL was told where it listens.
type IssuerConfig struct {
	BaseURL         string           // the issuer identifier; a path in it is the issuer's root
	Audience        string           // aud of access tokens; "account" by default, as at a Keycloak without a mapper
	TokenLifetime   time.Duration    // of access and ID tokens; 5 minutes by default
	TokensPerSecond int              // what the token endpoint answers before it says 429; 100 by default
	KeyID           string           // kid of the first key; by default its RFC 7638 thumbprint
	Users           []User           // Users() by default
	Clients         []Client         // Clients() by default; users sign in at the first
	Now             func() time.Time // time.Now by default
}

// Counts says how often each endpoint of an issuer was asked, answered or not.
type Counts struct {
	Discovery, JWKS, Token int
}

// Issuer is a sample OpenID Connect issuer: discovery, keys and a token endpoint, as an http.Handler. It is safe for
// concurrent use.
type Issuer struct {
	config  IssuerConfig
	keys    keyring
	refresh refreshTokens
	limit   limiter

	base                     atomic.Pointer[string]
	down                     atomic.Bool
	discoveries, sets, asked atomic.Int64
}

// NewIssuer makes an issuer with a fresh RS256 key.
func NewIssuer(config IssuerConfig) (*Issuer, error) {
	config = config.withDefaults()
	if len(config.Clients) == 0 {
		return nil, errors.New("an issuer needs a client")
	}
	i := &Issuer{config: config, limit: limiter{perSecond: config.TokensPerSecond, now: config.Now}}
	i.SetBaseURL(config.BaseURL)
	if _, err := i.keys.signer(defaultAlgorithm, config.KeyID); err != nil {
		return nil, err
	}
	return i, nil
}

func (c IssuerConfig) withDefaults() IssuerConfig {
	if c.Audience == "" {
		c.Audience = "account"
	}
	if c.TokenLifetime == 0 {
		c.TokenLifetime = 5 * time.Minute
	}
	if c.TokensPerSecond == 0 {
		c.TokensPerSecond = 100
	}
	if c.Users == nil {
		c.Users = Users()
	}
	if c.Clients == nil {
		c.Clients = Clients()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// SetBaseURL says what the issuer calls itself from now on: iss, and the start of its endpoints.
func (i *Issuer) SetBaseURL(base string) { i.base.Store(&base) }

// BaseURL returns the issuer identifier.
func (i *Issuer) BaseURL() string { return *i.base.Load() }

// DiscoveryURL returns where the discovery document is (OpenID Connect Discovery 1.0, section 4).
func (i *Issuer) DiscoveryURL() string { return i.endpoint("/.well-known/openid-configuration") }

// JWKSURL returns where the public keys are.
func (i *Issuer) JWKSURL() string { return i.endpoint("/jwks") }

// TokenURL returns where tokens are issued.
func (i *Issuer) TokenURL() string { return i.endpoint("/token") }

func (i *Issuer) endpoint(path string) string { return strings.TrimRight(i.BaseURL(), "/") + path }

// Rotate signs with a new key from now on. The old ones stay published until Retire.
func (i *Issuer) Rotate() error {
	i.keys.rotate()
	_, err := i.keys.signer(defaultAlgorithm, "")
	return err
}

// Retire withdraws from the JWK set every key that is no longer signed with.
func (i *Issuer) Retire() { i.keys.retire() }

// SetDown makes every endpoint answer 503, or work again.
func (i *Issuer) SetDown(down bool) { i.down.Store(down) }

// Counts returns how often each endpoint was asked so far.
func (i *Issuer) Counts() Counts {
	return Counts{
		Discovery: int(i.discoveries.Load()), JWKS: int(i.sets.Load()), Token: int(i.asked.Load()),
	}
}
