package demo

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"
)

// grant is what somebody was given at the token endpoint: a token speaks for user, or for client where user is nil.
type grant struct {
	user   *User
	client Client
	scope  []string
}

// Claims returns the claims that an access token of name (a user's, or a service client's) carries now, for a test to
// change and Sign. It panics on a name that the issuer does not know.
func (i *Issuer) Claims(name string) map[string]any { return i.accessClaims(i.mustGrant(name)) }

// Token returns an access token of name, a user's or a service client's, as the token endpoint would issue it. It
// panics on a name that the issuer does not know.
func (i *Issuer) Token(name string) string { return i.Sign(i.Claims(name)) }

// IDToken returns an ID token of user: what a client must never send instead of an access token. It panics on a name
// that the issuer does not know.
func (i *Issuer) IDToken(user string) string {
	g := i.mustGrant(user)
	return i.Sign(i.idClaims(g, i.Sign(i.accessClaims(g))))
}

// mustGrant grants name the default scope, at the client that name would use.
func (i *Issuer) mustGrant(name string) grant {
	for _, user := range i.config.Users {
		if user.Name == name {
			return grant{user: &user, client: i.config.Clients[0], scope: defaultScope()}
		}
	}
	for _, client := range i.config.Clients {
		if client.ID == name && client.Subject != "" {
			return grant{client: client, scope: defaultScope()}
		}
	}
	panic("demo: nobody is called " + name)
}

// accessClaims has the shape of a Keycloak access token: the audience is not the client, whose id is in azp.
func (i *Issuer) accessClaims(g grant) map[string]any {
	claims := i.commonClaims(g)
	claims["typ"] = "Bearer"
	claims["aud"] = i.config.Audience
	claims["scope"] = strings.Join(g.scope, " ")
	if g.user == nil {
		claims["client_id"] = g.client.ID
	}
	return claims
}

// idClaims follows OpenID Connect Core 1.0, sections 2 and 3.1.3.6 (at_hash).
func (i *Issuer) idClaims(g grant, accessToken string) map[string]any {
	claims := i.commonClaims(g)
	claims["typ"] = "ID"
	claims["aud"] = g.client.ID
	claims["auth_time"] = claims["iat"]
	sum := sha256.Sum256([]byte(accessToken))
	claims["at_hash"] = base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
	return claims
}

func (i *Issuer) commonClaims(g grant) map[string]any {
	now := i.config.Now()
	claims := map[string]any{
		"iss": i.BaseURL(),
		"iat": now.Unix(),
		"exp": now.Add(i.config.TokenLifetime).Unix(),
		"jti": rand.Text(),
		"azp": g.client.ID,
	}
	if g.user == nil {
		claims["sub"] = g.client.Subject
		claims["preferred_username"] = "service-account-" + g.client.ID
		return claims
	}
	claims["sub"] = g.user.Subject
	claims["preferred_username"] = g.user.Name
	claims["company"] = g.user.Company
	claims["email"] = g.user.Email
	claims["email_verified"] = true
	return claims
}

// seconds is a lifetime as OAuth writes it (RFC 6749, section 5.1: expires_in).
func seconds(d time.Duration) int64 { return int64(d / time.Second) }
