package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// shortKey is the length below which an API key can be guessed.
const shortKey = 16

// check asks of the settings together what no single one shows: what a mode
// needs, and what contradicts what.
func (s *Settings) check(r *report) {
	s.checkListen(r)
	s.checkModes(r)
	s.checkKeys(r)
	s.checkTokens(r)
	s.checkOIDC(r)
	s.checkPolicy(r)
	s.checkPublic(r)
	s.checkUpstream(r)
	s.checkBrowsers(r)
	s.checkLogging(r)
}

// full is the name of a setting as the reader wrote it.
func (s *Settings) full(name string) string { return s.prefix + name }

func (s *Settings) checkListen(r *report) {
	if !isHost(s.Host) {
		r.problem("HOST", "it is neither an address nor a host name")
	}
	if s.Port < 0 || s.Port > 65535 {
		r.problem("PORT", "it is not between 0 and 65535")
	}
	for f := range s.fields() {
		if d, is := f.value.Interface().(time.Duration); is && d <= 0 {
			r.problem(f.full(s.prefix), "it is not longer than nothing; write a duration such as 30s")
		}
	}
}

func (s *Settings) checkModes(r *report) {
	on, broken := []string{}, false
	for _, mode := range []struct {
		name string
		on   bool
	}{{"OPA_ENABLED", s.OPAEnabled}, {"JWKS_ENABLED", s.JWKSEnabled}, {"API_KEY_ENABLED", s.APIKeyEnabled}} {
		if mode.on {
			on = append(on, s.full(mode.name))
		}
		broken = broken || r.broken[s.full(mode.name)]
	}
	switch {
	case len(on) > 1:
		r.problem(strings.Join(on, ", "), "OPA_ENABLED, JWKS_ENABLED and API_KEY_ENABLED are mutually exclusive; keep one of them true")
	case len(on) == 1 || broken:
	case !s.Loopback() && !s.AllowAnonymous:
		r.problem(s.full("ALLOW_ANONYMOUS"), "no mode is on and HOST is not this machine alone, so anybody could do anything; switch on API_KEY_ENABLED, JWKS_ENABLED or OPA_ENABLED, or set this to true if it is meant")
	default:
		r.warn(s.full("API_KEY_ENABLED"), "no mode is on: whoever reaches %s may do anything", s.Address())
	}
}

func (s *Settings) checkKeys(r *report) {
	if s.APIKeyEnabled {
		if len(s.APIKeys) == 0 && s.APIKeysFile == "" {
			r.problem(s.full("PYGEOAPI_KEY_GLOBAL"), "the API-key mode is on without a key; set this one, another %s… or API_KEYS_FILE", s.full(keyPrefix))
		}
		s.checkKeyValues(r)
		if s.APIKeysFile != "" {
			s.checkReadable("API_KEYS_FILE", s.APIKeysFile, r)
		}
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

func (s *Settings) checkTokens(r *report) {
	if s.JWKSRefreshInterval > s.JWKSMaxAge || s.JWKSMaxAge > s.JWKSCeiling {
		r.problem(s.full("JWKS_MAX_AGE"), "it is not between JWKS_REFRESH_INTERVAL and JWKS_CEILING")
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
}

func (s *Settings) checkPolicy(r *report) {
	if !s.OPAEnabled {
		return
	}
	if strings.ContainsFunc(s.PolicyPackage, func(c rune) bool { return c != '.' && c != '_' && !isPlain(c) }) || strings.Contains("."+s.PolicyPackage+".", "..") {
		r.problem(s.full("POLICY_PACKAGE"), "it is not the name of a Rego package; write it as httpapi.authz")
	}
	if s.PolicyPath == "" {
		s.warnExposed("OPA_URL", s.OPAURL, r)
		return
	}
	if s.OPAURL.IsSet() {
		r.problem(s.full("POLICY_PATH"), "it is set together with OPA_URL, and only one of them can decide; keep one of the two")
	}
	if _, err := os.Stat(s.PolicyPath); err != nil {
		r.problem(s.full("POLICY_PATH"), "%s cannot be read: %s", s.PolicyPath, pathless(err))
	}
}

func (s *Settings) checkPublic(r *report) {
	if s.RootPath == "/" {
		s.RootPath = "" // fastgeoapi's word for none
	}
	s.checkPath("FASTGEOAPI_CONTEXT", s.Context, r)
	if s.RootPath != "" {
		s.checkPath("ROOT_PATH", s.RootPath, r)
	}
	if public := strings.Trim(s.Context, "/"); public == "healthz" || public == "readyz" || public == "metrics" {
		r.problem(s.full("FASTGEOAPI_CONTEXT"), "it is a path of the gateway's own; choose another")
	}
	if !s.BaseURL.IsSet() && !s.Loopback() {
		r.warn(s.full("PYGEOAPI_BASEURL"), "not set: links in answers lead to %s", s.PublicURL())
	}
	switch {
	case s.ReverseProxy && len(s.TrustedProxies) == 0:
		r.warn(s.full("TRUSTED_PROXIES"), "not set although FASTGEOAPI_REVERSE_PROXY is true: the X-Forwarded-* headers of every peer are ignored")
	case !s.ReverseProxy && len(s.TrustedProxies) > 0:
		r.warn(s.full("TRUSTED_PROXIES"), "not used while FASTGEOAPI_REVERSE_PROXY is false")
	}
}

// checkPath refuses the root as a context: the gateway's own paths are there.
func (s *Settings) checkPath(name, path string, r *report) {
	if !strings.HasPrefix(path, "/") || strings.HasSuffix(path, "/") || !plainPath(path) {
		r.problem(s.full(name), "it is not a plain path; begin it with a slash, do not end it with one, as in /geoapi")
	}
}

func (s *Settings) checkUpstream(r *report) {
	s.need("UPSTREAM_URL", s.UpstreamURL.IsSet(), "where is the back end? This is the one line to add to a .env file of fastgeoapi, as in "+s.full("UPSTREAM_URL")+"=http://localhost:5001", r)
	if s.UpstreamURL.IsSet() && s.UpstreamURL.Port() == strconv.Itoa(s.Port) && isLoopback(s.UpstreamURL.Hostname()) && (s.Loopback() || net.ParseIP(s.Host).IsUnspecified()) {
		r.problem(s.full("UPSTREAM_URL"), "it leads back to the gateway itself; run the back end on another port")
	}
	if _, err := s.UpstreamCAs(); err != nil {
		r.problem(s.full("UPSTREAM_CA_FILE"), "%s %s", s.UpstreamCAFile, err)
	}
	if s.ForwardAuthorization && s.UpstreamHeaders.Header()[http.CanonicalHeaderKey("Authorization")] != nil {
		r.problem(s.full("FORWARD_AUTHORIZATION"), "it is true although UPSTREAM_HEADERS sets Authorization; keep one of the two")
	}
}

// UpstreamCAs are the authorities that the upstream's certificate is checked
// against; nil stands for the system's.
func (s *Settings) UpstreamCAs() (*x509.CertPool, error) {
	if s.UpstreamCAFile == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(s.UpstreamCAFile)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", pathless(err))
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("holds no certificate in PEM")
	}
	return pool, nil
}

func (s *Settings) checkBrowsers(r *report) {
	if s.CORSCredentials && s.CORSOrigins.Any() {
		r.problem(s.full("CORS_CREDENTIALS"), "it is true although CORS_ORIGINS is *, so any page could act for whoever visits it; list the origins")
	}
}

func (s *Settings) checkLogging(r *report) {
	if s.LogFormat.replaceTemplate() {
		r.warn(s.full("LOG_FORMAT"), "it is a template of loguru; the log is json instead")
	}
	if strings.ContainsAny(s.LogFilename, `/\`) || s.LogFilename == "." || s.LogFilename == ".." {
		r.problem(s.full("LOG_FILENAME"), "it is not a file's name; put the folder into LOG_PATH")
	}
	if (s.LogPath == "") != (s.LogFilename == "") {
		r.warn(s.full("LOG_PATH"), "LOG_PATH and LOG_FILENAME go together: only one is set, and no file is written")
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

func (s *Settings) checkReadable(name, file string, r *report) {
	f, err := os.Open(filepath.Clean(file))
	if err != nil {
		r.problem(s.full(name), "%s cannot be read: %s", file, pathless(err))
		return
	}
	_ = f.Close()
}
