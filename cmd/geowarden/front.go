package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/geowarden/geowarden/authn"
	"github.com/geowarden/geowarden/authz"
	"github.com/geowarden/geowarden/ogcapi"
	"github.com/geowarden/geowarden/proxy"
)

// front is what one mode puts in front of the back end: who asks, may they,
// and how the mode is told to clients. Exactly one is made.
type front struct {
	scheme   proxy.Scheme
	authn    proxy.Authenticator
	authz    proxy.Authorizer
	security ogcapi.Security
	apiKeys  *authn.Keys   // nil in the other modes
	keys     *authn.KeySet // nil where no token is verified
	tokens   *authn.JWT    // nil where no token is verified
	remote   *authz.Remote // nil where no OPA server is asked
	warnings []Warning     // what is doubtful about the policy

	background []func(context.Context) // each runs until its context is done
}

// bearerChallenge asks for a token. As at fastgeoapi, the realm is the audience
// that a token must be for, where one is expected: what a client asks its
// authorization server for, and could learn nowhere else.
func bearerChallenge(audience List) string {
	realm := "geowarden"
	if len(audience) > 0 {
		realm = strings.Map(func(c rune) rune {
			if c < ' ' || c > '~' || c == '"' || c == '\\' {
				return -1 // it cannot stand in a quoted string as it is
			}
			return c
		}, audience[0])
	}
	return `Bearer realm="` + realm + `"`
}

// newFront makes the front of the mode that is on.
func newFront(ctx context.Context, s *Settings, seen *observed, log *zap.Logger) (*front, error) {
	switch s.Mode() {
	case ModeAPIKey:
		return apiKeyFront(s, seen, log)
	case ModeJWKS:
		return jwksFront(s, seen, log)
	case ModeOIDC:
		return oidcFront(ctx, s, seen, log)
	default:
		return &front{
			scheme: proxy.Scheme{Mode: string(ModeOpen), Message: "Unauthorized"},
			authn:  authn.Open{},
			authz:  authz.Flat{AdminOpen: s.AdminOpen},
		}, nil
	}
}

func apiKeyFront(s *Settings, seen *observed, log *zap.Logger) (*front, error) {
	static := make(map[string]string, len(s.APIKeys))
	for name, secret := range s.APIKeys {
		static[name] = secret.Value()
	}
	keys, err := authn.NewKeys(authn.KeysConfig{Static: static, File: s.APIKeysFile, OnReload: func(n int, err error) {
		seen.KeysFileReloaded(err)
		logReload(log, "keys file", zap.Int("keys", n), err)
	}})
	if err != nil {
		return nil, err
	}
	f := &front{
		scheme:   proxy.Scheme{Mode: string(ModeAPIKey), Challenge: "ApiKey", Message: "Unauthorized"},
		authn:    keys,
		apiKeys:  keys,
		authz:    authz.Flat{AdminOpen: s.AdminOpen},
		security: ogcapi.Security{Scheme: ogcapi.SchemeAPIKey, SchemeName: schemeName(s)},
	}
	if s.APIKeysFile != "" {
		seen.KeysFileLoaded()
		f.background = append(f.background, watching(log, "keys file", keys.Watch))
	}
	return f, nil
}

func jwksFront(s *Settings, seen *observed, log *zap.Logger) (*front, error) {
	set, err := authn.NewKeySet(keySetConfig(s, seen, log, authn.KeySetConfig{URL: s.JWKSEndpoint.String()}))
	if err != nil {
		return nil, err
	}
	tokens, err := authn.NewJWT(authn.JWTConfig{
		Keys: set, Issuer: s.ExpectedIssuer, Audience: s.ExpectedAudience, ClientIDAsAudience: true,
	})
	if err != nil {
		return nil, err
	}
	seen.Unchecked(len(s.ExpectedAudience) == 0, s.ExpectedIssuer == "")
	return &front{
		scheme:     proxy.Scheme{Mode: string(ModeJWKS), Challenge: bearerChallenge(s.ExpectedAudience), Message: "Unauthenticated"},
		authn:      tokens,
		authz:      authz.Flat{Scopes: s.RequiredScopes, AdminOpen: s.AdminOpen},
		security:   ogcapi.Security{Scheme: ogcapi.SchemeBearer, SchemeName: schemeName(s), TokenURL: s.TokenEndpoint.String()},
		keys:       set,
		tokens:     tokens,
		background: []func(context.Context){set.Run},
	}, nil
}

func oidcFront(ctx context.Context, s *Settings, seen *observed, log *zap.Logger) (*front, error) {
	discovery, err := s.discovery()
	if err != nil {
		return nil, err
	}
	set, err := authn.NewKeySet(keySetConfig(s, seen, log, authn.KeySetConfig{Discovery: discovery}))
	if err != nil {
		return nil, err
	}
	tokens, err := authn.NewJWT(authn.JWTConfig{
		Keys: set, Issuer: s.OIDCExpectedIssuer, Audience: s.OIDCExpectedAudience, ClientID: s.OIDCClientID,
		RejectIDTokens: true, AllowAnonymous: s.AllowAnonymous,
	})
	if err != nil {
		return nil, err
	}
	f := &front{
		scheme:     proxy.Scheme{Mode: string(ModeOIDC), Challenge: bearerChallenge(s.OIDCExpectedAudience), Message: "Unauthorized"},
		authn:      tokens,
		security:   ogcapi.Security{Scheme: ogcapi.SchemeOpenID, SchemeName: schemeName(s), DiscoveryURL: s.publicDiscovery()},
		keys:       set,
		tokens:     tokens,
		background: []func(context.Context){set.Run},
	}
	return f, f.addPolicy(ctx, s, seen, log)
}

// addPolicy makes the engine that decides: an OPA server, or Rego in this
// process.
func (f *front) addPolicy(ctx context.Context, s *Settings, seen *observed, log *zap.Logger) (err error) {
	if s.OPAURL.IsSet() {
		f.remote, err = s.remotePolicy()
		f.authz = f.remote
		if err == nil {
			f.background = append(f.background, f.remote.Run)
		}
		return err
	}
	engine, err := s.embeddedPolicy(ctx, func(revision string, warnings []string, err error) {
		seen.PolicyReloaded(revision, err)
		logReload(log, "policy", zap.String("policy", revision), err)
		if err == nil {
			logWarnings(log, s.policyWarnings(warnings))
		}
	})
	if err != nil {
		return err
	}
	f.authz, f.warnings = engine, s.policyWarnings(engine.Warnings())
	seen.PolicyLoaded(engine.Revision())
	log.Info("policy loaded", zap.String("policy", engine.Revision()))
	if s.PolicyPath != "" {
		f.background = append(f.background, watching(log, "policy", func(ctx context.Context) error { return engine.Watch(ctx, s.PolicyPath) }))
	}
	return nil
}

func keySetConfig(s *Settings, seen *observed, log *zap.Logger, cfg authn.KeySetConfig) authn.KeySetConfig {
	cfg.Interval, cfg.MaxAge, cfg.Ceiling = s.JWKSRefreshInterval, s.JWKSMaxAge, s.JWKSCeiling
	cfg.OnFetch = func(err error) {
		seen.KeySetFetched(err)
		if err != nil {
			log.Warn("the key set could not be fetched", zap.Error(err))
			return
		}
		log.Debug("key set fetched")
	}
	return cfg
}

func logReload(log *zap.Logger, what string, state zap.Field, err error) {
	if err != nil {
		log.Error(what+" not reloaded: what was in force stays", state, zap.Error(err))
		return
	}
	log.Info(what+" reloaded", state)
}

func logWarnings(log *zap.Logger, warnings []Warning) {
	for _, w := range warnings {
		log.Warn(w.String())
	}
}

// watching runs a watcher until the context is done. One that cannot watch is
// said so, and tried again: what is in force stays in force.
func watching(log *zap.Logger, what string, watch func(context.Context) error) func(context.Context) {
	return func(ctx context.Context) {
		for ctx.Err() == nil {
			err := watch(ctx)
			if err == nil || errors.Is(err, context.Canceled) {
				return
			}
			log.Error("changes of the "+what+" are not seen; trying again", zap.Error(err))
			select {
			case <-ctx.Done():
			case <-time.After(10 * time.Second):
			}
		}
	}
}

// ready says what is missing before a request can be decided.
func (f *front) ready() string {
	if f.keys != nil && f.keys.Ready() != nil {
		return "keys"
	}
	return ""
}

// degraded names what is down, although the gateway can still answer.
func (f *front) degraded() (parts []string) {
	if f.keys != nil && f.keys.Failing() {
		parts = append(parts, "provider")
	}
	if f.remote != nil && f.remote.Failing() {
		parts = append(parts, "policy")
	}
	return parts
}

// client reaches the back end on the gateway's own account.
func client(s *Settings, transport http.RoundTripper) *http.Client {
	return &http.Client{Transport: withHeader{s.UpstreamHeaders.Header(), transport}}
}

// schemeName is the security scheme's name in the OpenAPI document, as
// fastgeoapi's clients know it.
func schemeName(s *Settings) string { return "pygeoapi " + s.SecurityScheme }
