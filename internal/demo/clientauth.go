package demo

import (
	"crypto/subtle"
	"net/http"
	"net/url"
)

// authenticateClient finds out which client asks, by Basic or by the form (RFC 6749, section 2.3.1), never by both.
func (i *Issuer) authenticateClient(r *http.Request, form url.Values) (Client, error) {
	id, secret := form.Get("client_id"), form.Get("client_secret")
	switch headers := r.Header.Values("Authorization"); len(headers) {
	case 0:
	case 1:
		if form.Has("client_secret") {
			return Client{}, oauthBadRequest("invalid_request", "the client authenticates in two ways")
		}
		named := id
		var ok bool
		if id, secret, ok = basicCredentials(r); !ok {
			return Client{}, errInvalidClient()
		}
		if form.Has("client_id") && named != id {
			return Client{}, oauthBadRequest("invalid_request", "two clients are named")
		}
	default:
		return Client{}, oauthBadRequest("invalid_request", "the client authenticates twice")
	}
	for _, client := range i.config.Clients {
		if client.ID == id && client.Secret != "" &&
			subtle.ConstantTimeCompare(digest(client.Secret), digest(secret)) == 1 {
			return client, nil
		}
	}
	return Client{}, errInvalidClient()
}

// basicCredentials undoes both encodings: base64, and that of a form underneath.
func basicCredentials(r *http.Request) (id, secret string, ok bool) {
	id, secret, ok = r.BasicAuth()
	if !ok {
		return "", "", false
	}
	id, errID := url.QueryUnescape(id)
	secret, errSecret := url.QueryUnescape(secret)
	return id, secret, errID == nil && errSecret == nil
}

func errInvalidClient() *oauthError {
	return &oauthError{
		status: http.StatusUnauthorized, Code: "invalid_client", Description: "the client is not known, or its secret is wrong",
	}
}
