package demo

import (
	"crypto/subtle"
	"net/url"
	"slices"
	"strings"
)

// granted decides on what the form asks for.
func (i *Issuer) granted(client Client, form url.Values) (grant, error) {
	kind := form.Get("grant_type")
	switch {
	case kind == "":
		return grant{}, oauthBadRequest("invalid_request", "grant_type is missing")
	case !slices.Contains(supportedGrants(), kind):
		return grant{}, oauthBadRequest("unsupported_grant_type", "that grant type is not known")
	case !slices.Contains(client.Grants, kind):
		return grant{}, oauthBadRequest("unauthorized_client", "the client may not use that grant type")
	}
	if kind == grantRefreshToken {
		g, ok := i.refresh.redeem(form.Get("refresh_token"), client, i.config.Now())
		if !ok {
			return grant{}, oauthBadRequest("invalid_grant", "the refresh token is not valid")
		}
		return g, nil
	}
	scope, err := grantedScope(form.Get("scope"))
	if err != nil {
		return grant{}, err
	}
	if kind == grantClientCredentials {
		return grant{client: client, scope: scope}, nil
	}
	user, ok := i.signIn(form.Get("username"), form.Get("password"))
	if !ok {
		return grant{}, oauthBadRequest("invalid_grant", "the user is not known, or the password is wrong")
	}
	return grant{user: user, client: client, scope: scope}, nil
}

func (i *Issuer) signIn(name, password string) (*User, bool) {
	for _, user := range i.config.Users {
		if user.Name == name && user.Password != "" &&
			subtle.ConstantTimeCompare(digest(user.Password), digest(password)) == 1 {
			return &user, true
		}
	}
	return nil, false
}

// issue makes the tokens of g. Only somebody who signed in gets an ID token, and a refresh token (RFC 6749, 4.4.3).
func (i *Issuer) issue(g grant) (tokenAnswer, error) {
	access, err := i.sign(i.accessClaims(g))
	if err != nil {
		return tokenAnswer{}, err
	}
	answer := tokenAnswer{
		AccessToken: access, TokenType: "Bearer", ExpiresIn: seconds(i.config.TokenLifetime),
		Scope: strings.Join(g.scope, " "),
	}
	if g.user == nil {
		return answer, nil
	}
	if slices.Contains(g.scope, scopeOpenID) {
		if answer.IDToken, err = i.sign(i.idClaims(g, access)); err != nil {
			return tokenAnswer{}, err
		}
	}
	answer.RefreshToken = i.refresh.issue(g, i.config.Now())
	answer.RefreshExpiresIn = seconds(refreshLifetime)
	return answer, nil
}

func supportedGrants() []string {
	return []string{grantPassword, grantClientCredentials, grantRefreshToken}
}
