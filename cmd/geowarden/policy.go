package main

import (
	"context"
	"fmt"
	"io/fs"
	"strings"

	"github.com/geowarden/geowarden/authn"
	"github.com/geowarden/geowarden/authz"
	"github.com/geowarden/geowarden/policies"
)

// What follows makes the parts that can say no to a setting that looks well
// formed. Each error begins with the setting's full name.

// discovery is the provider that the settings name. It fetches nothing.
func (s *Settings) discovery() (*authn.Discovery, error) {
	d, err := authn.NewDiscovery(s.OIDCWellKnownEndpoint.String(), s.OIDCExpectedIssuer, nil)
	if err != nil {
		return nil, &Problem{Name: s.full("OIDC_WELL_KNOWN_ENDPOINT"), What: err.Error()}
	}
	return d, nil
}

// publicDiscovery is where clients find the provider: below its own name, where
// that is set apart from the address at which the gateway reaches it (OpenID
// Connect Discovery 1.0 section 4.1).
func (s *Settings) publicDiscovery() string {
	if issuer := s.OIDCExpectedIssuer; strings.HasPrefix(issuer, "https://") || strings.HasPrefix(issuer, "http://") {
		return strings.TrimSuffix(issuer, "/") + "/.well-known/openid-configuration"
	}
	return s.OIDCWellKnownEndpoint.String()
}

// remotePolicy is the OPA server that the settings name. It asks nothing.
func (s *Settings) remotePolicy() (*authz.Remote, error) {
	name := s.PolicyPackage
	if s.origins[s.full("POLICY_PACKAGE")] == "default" {
		name = "" // then the address may name another
	}
	r, err := authz.NewRemote(authz.RemoteConfig{
		URL: s.OPAURL.String(), Package: name, Timeout: s.PolicyTimeout, PathPrefix: s.pathPrefix(), TopLevelClaims: true,
	})
	if err != nil {
		return nil, &Problem{Name: s.full("OPA_URL"), What: err.Error()}
	}
	return r, nil
}

// embeddedPolicy loads the policy that the settings name, or the one that ships.
func (s *Settings) embeddedPolicy(ctx context.Context, onReload func(string, []string, error)) (*authz.Embedded, error) {
	load := authz.OpenPolicy(s.PolicyPath)
	if s.PolicyPath == "" {
		load = func() (fs.FS, error) { return fs.Sub(policies.FS, "default") }
	}
	engine, err := authz.NewEmbedded(ctx, authz.EmbeddedConfig{
		Load: load, Package: s.PolicyPackage, Timeout: s.PolicyTimeout, PathPrefix: s.pathPrefix(), TopLevelClaims: true,
		AllowNetwork: s.PolicyAllowNetwork, OnReload: onReload,
	})
	if err != nil {
		return nil, &Problem{Name: s.full("POLICY_PATH"), What: fmt.Sprintf("the policy in %s does not load: %s", s.PolicyPath, err)}
	}
	return engine, nil
}

// pathPrefix stands before request_path, for policies that want the full path.
func (s *Settings) pathPrefix() []string {
	if !s.PolicyFullPath {
		return nil
	}
	return strings.Split(strings.Trim(s.Context, "/"), "/")
}

// policyWarnings are a policy's warnings, under the name of its setting.
func (s *Settings) policyWarnings(texts []string) []Warning {
	warnings := make([]Warning, 0, len(texts))
	for _, text := range texts {
		warnings = append(warnings, Warning{Name: s.full("POLICY_PATH"), What: text})
	}
	return warnings
}
