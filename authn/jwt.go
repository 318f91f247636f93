package authn

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// JWTConfig says which tokens are accepted. Only Keys must be set, but without
// Issuer and Audience any token that the keys signed is, whoever it was made
// for: say so loudly at start.
type JWTConfig struct {
	Keys *KeySet

	// Issuer is the iss that tokens must have; empty: that of the keys'
	// discovery document, and without one any.
	Issuer string

	// Audience: one of these must be in aud. Empty: aud or azp must be ClientID,
	// and where that is empty too anything goes.
	Audience []string
	ClientID string

	// ClientIDAsAudience lets client_id stand in for an aud that is not there,
	// as in Cognito's access tokens.
	ClientIDAsAudience bool

	// RejectIDTokens refuses ID tokens. ClientID implies it: an ID token always
	// has it as aud.
	RejectIDTokens bool

	// RequireType is the typ that the header must have, such as at+jwt (RFC
	// 9068); empty: none, JWT or at+jwt.
	RequireType string

	// AllowAnonymous makes a request without a credential Anonymous. One with a
	// bad credential stays refused.
	AllowAnonymous bool

	CacheSize int // verified tokens remembered, for at most a minute; 0: 10,000
	Now       func() time.Time
}

// JWT verifies bearer tokens that are signed JWTs (RFC 7519, RFC 8725). Nothing
// is asked of the issuer for a request: tokens are verified against its key set.
type JWT struct {
	cfg       JWTConfig
	audience  audienceRule
	kind      typeRule
	cache     *tokenCache
	anonymous *Principal
}

// NewJWT checks the configuration.
func NewJWT(cfg JWTConfig) (*JWT, error) {
	switch {
	case cfg.Keys == nil:
		return nil, errors.New("a token verifier needs a key set")
	case slices.Contains(cfg.Audience, ""):
		return nil, errors.New("an expected audience is empty: name it, or leave it out")
	case cfg.CacheSize < 0:
		return nil, errors.New("the size of the token cache must not be negative")
	}
	setDefault(&cfg.CacheSize, 10_000)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.RejectIDTokens = cfg.RejectIDTokens || cfg.ClientID != ""
	cache, err := newTokenCache(cfg.CacheSize, cfg.Keys.id(), cfg.Issuer, fmt.Sprintf("%q", cfg.Audience), cfg.ClientID,
		fmt.Sprint(cfg.ClientIDAsAudience, cfg.RejectIDTokens), cfg.RequireType)
	if err != nil {
		return nil, err
	}
	return &JWT{
		cfg:       cfg,
		audience:  audienceRule{anyOf: cfg.Audience, clientID: cfg.ClientID, cognito: cfg.ClientIDAsAudience},
		kind:      typeRule{require: cfg.RequireType, rejectIDTokens: cfg.RejectIDTokens},
		cache:     cache,
		anonymous: &Principal{Kind: Anonymous},
	}, nil
}

// Authenticate returns the principal of the request's bearer token. The same
// token gets the same principal for as long as it is cached. Every error is an *Error.
func (j *JWT) Authenticate(r *http.Request) (*Principal, error) {
	token, err := bearerToken(r.Header)
	if err != nil {
		if failed := (*Error)(nil); j.cfg.AllowAnonymous && errors.As(err, &failed) && failed.Failure == Missing {
			return j.anonymous, nil
		}
		return nil, err
	}
	if snap := j.cfg.Keys.usable(); snap != nil {
		if p := j.cache.get(j.cache.key(snap.generation, token), j.cfg.Now()); p != nil {
			return p, nil
		}
	}
	return j.verify(r.Context(), token)
}

// CacheLookups returns how many tokens were looked for among those verified
// before, and found there or not.
func (j *JWT) CacheLookups() (hits, misses uint64) {
	return j.cache.hits.Load(), j.cache.misses.Load()
}

// verify does what the cache did not spare. Everything that needs no key is
// checked first: a token that is refused anyway must cost no fetch. Until the
// signature holds, nothing that the token says is believed.
func (j *JWT) verify(ctx context.Context, token string) (*Principal, error) {
	m, err := parseToken(token)
	if err != nil {
		return nil, err
	}
	snap, err := j.cfg.Keys.load(ctx)
	if err != nil {
		return nil, err
	}
	valid, who, err := j.check(m)
	if err != nil {
		return nil, err
	}
	key, snap, err := j.cfg.Keys.find(ctx, snap, m.kid, m.alg)
	if err != nil {
		return nil, err
	}
	if err := key.verify(m); err != nil {
		return nil, err
	}
	j.cache.add(j.cache.key(snap.generation, token), who, valid, j.cfg.Now())
	return who, nil
}

// check looks at everything that the token says. What it returns is to be used
// only if the signature holds.
func (j *JWT) check(m *message) (valid validity, who *Principal, err error) {
	if err = j.kind.check(m); err != nil {
		return valid, nil, err
	}
	if valid, err = readValidity(m.claims); err != nil {
		return valid, nil, err
	}
	if err = valid.check(j.cfg.Now()); err != nil {
		return valid, nil, err
	}
	issuer := j.cfg.Issuer
	if d := j.cfg.Keys.cfg.Discovery; issuer == "" && d != nil {
		if issuer = d.Issuer(); issuer == "" { // cannot be while there are keys; an unknown issuer is not any issuer
			return valid, nil, j.cfg.Keys.unavailable(nil)
		}
	}
	if err = checkIssuer(m.claims, issuer); err != nil {
		return valid, nil, err
	}
	if err = j.audience.check(m.claims); err != nil {
		return valid, nil, err
	}
	who, err = newPrincipal(m.claims)
	return valid, who, err
}
