package demo

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
)

// maxForm is far more than any form of the token endpoint needs.
const maxForm = 16 << 10

// tokenAnswer is a successful answer of the token endpoint (RFC 6749, section 5.1; OpenID Connect Core, 3.1.3.3).
type tokenAnswer struct {
	AccessToken      string `json:"access_token"`
	TokenType        string `json:"token_type"`
	ExpiresIn        int64  `json:"expires_in"`
	RefreshToken     string `json:"refresh_token,omitempty"`
	RefreshExpiresIn int64  `json:"refresh_expires_in,omitempty"`
	IDToken          string `json:"id_token,omitempty"`
	Scope            string `json:"scope"`
}

// token is the token endpoint (RFC 6749, section 3.2).
func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	answer, err := i.exchange(w, r)
	if err == nil {
		writeTokenJSON(w, http.StatusOK, answer)
		return
	}
	var refusal *oauthError
	if !errors.As(err, &refusal) {
		refusal = &oauthError{status: http.StatusInternalServerError, Code: "server_error"}
	}
	refusal.write(w)
}

func (i *Issuer) exchange(w http.ResponseWriter, r *http.Request) (tokenAnswer, error) {
	if !i.limit.allow() {
		return tokenAnswer{}, &oauthError{
			status: http.StatusTooManyRequests, Code: "temporarily_unavailable", Description: "too many requests",
		}
	}
	form, err := readForm(w, r)
	if err != nil {
		return tokenAnswer{}, err
	}
	client, err := i.authenticateClient(r, form)
	if err != nil {
		return tokenAnswer{}, err
	}
	g, err := i.granted(client, form)
	if err != nil {
		return tokenAnswer{}, err
	}
	return i.issue(g)
}

// readForm reads the body alone: parameters in the URL end up in logs (RFC 6749, section 2.3.1), and one that is there
// twice could be read in two ways (section 3.2).
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	if r.Method != http.MethodPost {
		return nil, &oauthError{status: http.StatusMethodNotAllowed, Code: "invalid_request", Description: "only POST"}
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, oauthBadRequest("invalid_request", "the body must be application/x-www-form-urlencoded")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, &oauthError{
				status: http.StatusRequestEntityTooLarge, Code: "invalid_request", Description: "the form is too large",
			}
		}
		return nil, oauthBadRequest("invalid_request", "the form cannot be read")
	}
	for _, values := range r.PostForm {
		if len(values) > 1 {
			return nil, oauthBadRequest("invalid_request", "a parameter is there twice")
		}
	}
	return r.PostForm, nil
}
