package main

import (
	"context"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/geowarden/geowarden/authn"
)

// shortKey is the length below which an API key can be guessed.
const shortKey = 16

var regoPackage = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$`)

func (s *Settings) checkKeys(r *report) {
	if s.APIKeyEnabled {
		if len(s.keyVariables) == 0 && s.APIKeysFile == "" {
			r.problem(s.full("PYGEOAPI_KEY_GLOBAL"), "the API-key mode is on without a key; set this one, another %s… or API_KEYS_FILE", s.full(keyPrefix))
		}
		s.checkKeyValues(r)
		s.checkKeysFile(r)
	}
	maps.DeleteFunc(s.APIKeys, func(_ string, key Secret) bool { return !key.IsSet() })
}

// checkKeyValues refuses keys that could never be sent, or that two names
// share; it tells them by the names of their variables.
func (s *Settings) checkKeyValues(r *report) {
	holders := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(s.APIKeys)) {
		variable, value := s.keyVariables[key], s.APIKeys[key].Value()
		switch other := holders[value]; {
		case value == "":
			r.problem(variable, "the key is empty; give it a value or take the line out")
		case strings.TrimSpace(value) != value || strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c > '~' }):
			r.problem(variable, "the key begins or ends with a space, or has a character that no header can carry")
		case other != "":
			r.problem(variable, "the key is the same as that of %s; give each its own", other)
		case len(value) < shortKey:
			r.warn(variable, "the key is shorter than %d characters and can be guessed", shortKey)
		}
		holders[value] = variable
	}
}

// checkKeysFile reads the file as the gateway will.
func (s *Settings) checkKeysFile(r *report) {
	if s.APIKeysFile == "" {
		return
	}
	static := map[string]string{}
	for name, key := range s.APIKeys {
		if !r.broken[s.keyVariables[name]] {
			static[name] = key.Value()
		}
	}
	if _, err := authn.NewKeys(authn.KeysConfig{Static: static, File: s.APIKeysFile}); err != nil {
		r.problem(s.full("API_KEYS_FILE"), "%s", err)
	}
}

func (s *Settings) checkTokens(r *report) {
	if !r.broken[s.full("JWKS_CEILING")] && (2*s.JWKSRefreshInterval > s.JWKSMaxAge || s.JWKSMaxAge > s.JWKSCeiling) {
		r.problem(s.full("JWKS_MAX_AGE"), "it is not between twice JWKS_REFRESH_INTERVAL and JWKS_CEILING")
	}
	if !s.JWKSEnabled {
		return
	}
	s.need("OAUTH2_JWKS_ENDPOINT", s.JWKSEndpoint.IsSet(), "the JWKS mode is on without it; set it to the address of the JWK set", r)
	s.warnExposed("OAUTH2_JWKS_ENDPOINT", s.JWKSEndpoint, r)
	if len(s.ExpectedAudience) == 0 {
		r.warn(s.full("OAUTH2_EXPECTED_AUDIENCE"), "not set: tokens made for any other service are accepted too")
	}
	if s.ExpectedIssuer == "" {
		r.warn(s.full("OAUTH2_EXPECTED_ISSUER"), "not set: tokens of any issuer in the JWK set are accepted")
	}
}

func (s *Settings) checkOIDC(r *report) {
	if !s.OPAEnabled {
		return
	}
	s.need("OIDC_WELL_KNOWN_ENDPOINT", s.OIDCWellKnownEndpoint.IsSet(), "the OIDC and OPA mode is on without it; set it to the address of the provider's discovery document", r)
	s.need("OIDC_CLIENT_ID", s.OIDCClientID != "" || len(s.OIDCExpectedAudience) > 0, "the OIDC and OPA mode is on without it; set it, or OIDC_EXPECTED_AUDIENCE", r)
	s.warnExposed("OIDC_WELL_KNOWN_ENDPOINT", s.OIDCWellKnownEndpoint, r)
	if s.OIDCWellKnownEndpoint.IsSet() {
		_, err := s.discovery()
		r.add(err)
	}
}

func (s *Settings) checkPolicy(r *report) {
	if !s.OPAEnabled {
		return
	}
	if !regoPackage.MatchString(s.PolicyPackage) {
		r.problem(s.full("POLICY_PACKAGE"), "it is not the name of a Rego package; write it as httpapi.authz")
	}
	if s.OPAURL.IsSet() {
		s.warnExposed("OPA_URL", s.OPAURL, r)
		_, err := s.remotePolicy()
		r.add(err)
	}
	if s.PolicyPath == "" {
		return
	}
	if s.OPAURL.IsSet() {
		r.problem(s.full("POLICY_PATH"), "it is set together with OPA_URL, and only one of them can decide; keep one of the two")
	}
	if _, err := os.Stat(s.PolicyPath); err != nil {
		r.problem(s.full("POLICY_PATH"), "%s cannot be read: %s", s.PolicyPath, pathless(err))
	}
	// A policy is loaded when the gateway is made. Where that will not come to
	// be, because something else is wrong, what is wrong with it is said now.
	if len(r.problems) > 0 && !s.OPAURL.IsSet() {
		_, err := s.embeddedPolicy(context.Background(), nil)
		r.add(err)
	}
}

// need reports a setting that the mode in force cannot do without.
func (s *Settings) need(name string, there bool, what string, r *report) {
	if !there {
		r.problem(s.full(name), "%s", what)
	}
}

func (s *Settings) warnExposed(name string, e Endpoint, r *report) {
	if e.Exposed() {
		r.warn(s.full(name), "plain http to another machine: whoever is on the way can change what comes back; use https")
	}
}
