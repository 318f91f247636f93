package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// gateway is the program under test in one mode.
type gateway struct {
	*process
	metrics string // host:port; of the bare proxy its own address
}

// mode is a way to run the gateway: its settings without their prefix, and a
// header that it lets in.
type mode struct {
	name       string
	settings   []string
	credential string
}

const apiKey = canary + "key-of-the-office"

func openMode() mode { return mode{"open", nil, "Accept: application/geo+json"} }

func keyMode() mode {
	return mode{"API key", []string{"API_KEY_ENABLED=true", "PYGEOAPI_KEY_GLOBAL=" + apiKey}, "X-API-KEY: " + apiKey}
}

// manyKeysMode has so many keys in a file beside the one that is used.
func (s *stack) manyKeysMode(many int) (mode, error) {
	var list strings.Builder
	for i := range many - 1 {
		fmt.Fprintf(&list, "- name: key-%d\n  digest: sha256:%s\n", i, digest(fmt.Sprintf("%sone-of-many-%d", canary, i)))
	}
	key := canary + "the-last-of-many"
	fmt.Fprintf(&list, "- name: last\n  digest: sha256:%s\n", digest(key))
	path, err := s.file(fmt.Sprintf("keys-%d/keys.yaml", many), list.String())
	name := fmt.Sprintf("API key, one of %d", many)
	return mode{name, []string{"API_KEY_ENABLED=true", "API_KEYS_FILE=" + path}, "X-API-KEY: " + key}, err
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func (s *stack) jwksMode() mode {
	return mode{"JWKS", []string{
		"JWKS_ENABLED=true", "OAUTH2_JWKS_ENDPOINT=" + s.issuer.JWKSURL(), "OAUTH2_TOKEN_ENDPOINT=" + s.issuer.TokenURL(),
		"OAUTH2_EXPECTED_ISSUER=" + s.issuer.BaseURL(), "OAUTH2_EXPECTED_AUDIENCE=account",
	}, s.bearer()}
}

// oidcMode decides with the Rego in a folder, or with the policy that ships.
func (s *stack) oidcMode(name, folder string) mode {
	settings := []string{"OPA_ENABLED=true", "OIDC_WELL_KNOWN_ENDPOINT=" + s.issuer.DiscoveryURL(), "OIDC_CLIENT_ID=pygeoapi-client"}
	if folder != "" {
		settings = append(settings, "POLICY_PATH="+folder)
	}
	return mode{"OIDC + OPA, " + name, settings, s.bearer()}
}

func (s *stack) bearer() string { return "Authorization: Bearer " + s.issuer.Token(osgeo) }

// osgeo and geobeyond are the users of the two companies.
const (
	osgeo     = "tomkralidis"
	geobeyond = "francbartoli"
)

// with is the mode with further settings.
func (m mode) with(name string, settings ...string) mode {
	m.name += name
	m.settings = append(append([]string{}, m.settings...), settings...)
	return m
}

// moved says whether the mode needs the back end that calls itself otherwise.
func (m mode) moved() bool { return slices.Contains(m.settings, movedSetting) }

// newGateway makes, but does not start, the program in a mode in front of a
// back end. Log lines go to the writer.
func (s *stack) newGateway(m mode, backend *process, log io.Writer) (*gateway, error) {
	address, err := freePort()
	if err != nil {
		return nil, err
	}
	metrics, err := freePort()
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	env := []string{"ENV_STATE=prod", "HOST=" + host, "PORT=" + port}
	settings := []string{"UPSTREAM_URL=http://" + backend.address, "PYGEOAPI_BASEURL=" + strings.TrimSuffix(publicName, contextPath), "LOG_LEVEL=info", "METRICS_ADDRESS=" + metrics}
	if !m.moved() {
		settings = append(settings, "UPSTREAM_SERVER_URL="+publicName)
	}
	for _, setting := range append(settings, m.settings...) {
		env = append(env, "PROD_"+setting)
	}
	p := &process{name: "geowarden, " + m.name, address: address, env: env, argv: []string{s.binary, "serve"}, output: log}
	s.add(p)
	return &gateway{p, metrics}, nil
}

// startGateway starts it and waits until it is ready.
func (s *stack) startGateway(ctx context.Context, m mode, backend *process, log io.Writer) (*gateway, error) {
	g, err := s.newGateway(m, backend, log)
	if err != nil {
		return nil, err
	}
	return g, g.startReady(ctx, "/readyz")
}

// logFile is where a gateway logs to in production: a file that grows.
func (s *stack) logFile(name string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(s.folder, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600) //nolint:gosec // in a folder of our own
	if err == nil {
		s.closers = append(s.closers, func() { _ = file.Close() })
	}
	return file, err
}
