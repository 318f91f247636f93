package demo

import "net/http"

// discovery answers with the issuer's metadata (OpenID Connect Discovery 1.0, section 3). There is neither an
// authorization nor a userinfo endpoint: nobody signs in with a browser here, and who has a token has all claims.
func (i *Issuer) discovery(w http.ResponseWriter, _ *http.Request) {
	writePublicJSON(w, map[string]any{
		"issuer":                                i.BaseURL(),
		"jwks_uri":                              i.JWKSURL(),
		"token_endpoint":                        i.TokenURL(),
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
		"grant_types_supported":                 supportedGrants(),
		"response_types_supported":              []string{},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{
			"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
		},
		"scopes_supported": supportedScopes(),
		"claims_supported": []string{
			"iss", "sub", "aud", "azp", "exp", "iat", "jti", "scope", "preferred_username", "company", "email",
		},
	})
}
