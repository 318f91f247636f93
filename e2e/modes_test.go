//go:build e2e

package e2e

// The settings of each mode, and the tokens of the two users.

func (s *stack) apiKeyMode() []string {
	return []string{"DEV_API_KEY_ENABLED=true", "DEV_PYGEOAPI_KEY_GLOBAL=" + s.key}
}

func (s *stack) jwksMode() []string {
	return []string{
		"DEV_JWKS_ENABLED=true",
		"DEV_OAUTH2_JWKS_ENDPOINT=" + s.issuer.JWKSURL(),
		"DEV_OAUTH2_TOKEN_ENDPOINT=" + s.issuer.TokenURL(),
		"DEV_OAUTH2_EXPECTED_ISSUER=" + s.issuer.BaseURL(),
		"DEV_OAUTH2_EXPECTED_AUDIENCE=account",
	}
}

func (s *stack) oidcMode() []string {
	return []string{
		"DEV_OPA_ENABLED=true",
		"DEV_OIDC_WELL_KNOWN_ENDPOINT=" + s.issuer.DiscoveryURL(),
		"DEV_OIDC_CLIENT_ID=pygeoapi-client",
	}
}

// osgeo returns a token of somebody who may read obs.
func (s *stack) osgeo() string { return s.handOut(s.issuer.Token("tomkralidis")) }

// geobeyond returns a token of somebody who may read lakes.
func (s *stack) geobeyond() string { return s.handOut(s.issuer.Token("francbartoli")) }

// expired returns a token of osgeo's that was good once.
func (s *stack) expired() string {
	claims := s.issuer.Claims("tomkralidis")
	claims["exp"] = 1700000000
	return s.handOut(s.issuer.Sign(claims))
}

// handOut remembers a token, to look for it in the logs.
func (s *stack) handOut(token string) string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.tokens = append(s.tokens, token)
	return token
}
