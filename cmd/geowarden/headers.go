package main

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// foldHeader is a header's name as the servers behind see it: WSGI and CGI do
// not tell case, "-", "_" and "." apart.
func foldHeader(name string) string {
	return strings.NewReplacer("_", "-", ".", "-").Replace(strings.ToLower(name))
}

// HeaderNames is a list of header names in lower case, none of which carries a
// credential.
type HeaderNames []string

// Decode reads the names.
func (h *HeaderNames) Decode(value string) error {
	var words List
	if err := words.Decode(value); err != nil {
		return err
	}
	for _, word := range words {
		switch folded := foldHeader(word); {
		case folded == "authorization", folded == "proxy-authorization", folded == "cookie", folded == "x-api-key":
			return fmt.Errorf("it names %s, which carries a credential; take it out", folded)
		case strings.ContainsFunc(word, func(r rune) bool { return !isPlain(r) || strings.ContainsRune("._~", r) }):
			return errors.New("it has a part that is not a header name of letters, digits and hyphens")
		}
		*h = append(*h, strings.ToLower(word))
	}
	return nil
}

func (h HeaderNames) String() string { return strings.Join(h, ", ") }

// IdentityHeader tells the upstream one claim of the caller.
type IdentityHeader struct {
	Header string // canonical, begins with X-Auth-
	Claim  string
}

// IdentityHeaders is a list of them.
type IdentityHeaders []IdentityHeader

// Decode reads "X-Auth-Name=claim", separated by commas. Only names under
// X-Auth- are allowed: these are the ones that are taken from every client.
func (h *IdentityHeaders) Decode(value string) error {
	var words List
	if err := words.Decode(value); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, word := range words {
		name, claim, found := strings.Cut(word, "=")
		name, claim = strings.TrimSpace(name), strings.TrimSpace(claim)
		folded := foldHeader(name)
		switch {
		case !found || claim == "" || !httpguts.ValidHeaderFieldName(name) || !strings.HasPrefix(folded, "x-auth-") || strings.ContainsAny(name, "_."):
			return errors.New("it has a part that is not X-Auth-Name=claim")
		case seen[folded]:
			return errors.New("it sets one header twice; keep one of the two")
		}
		seen[folded] = true
		*h = append(*h, IdentityHeader{Header: http.CanonicalHeaderKey(name), Claim: claim})
	}
	return nil
}

func (h IdentityHeaders) String() string {
	words := make(List, len(h))
	for i, header := range h {
		words[i] = header.Header + "=" + header.Claim
	}
	return words.String()
}

// UpstreamHeader is a fixed header for the upstream.
type UpstreamHeader struct {
	Name  string // canonical
	Value Secret
}

// UpstreamHeaders is a list of them; their values are secrets.
type UpstreamHeaders []UpstreamHeader

// managedHeaders are those that the proxy or HTTP itself sets.
var managedHeaders = map[string]bool{
	"host": true, "connection": true, "content-length": true, "transfer-encoding": true, "te": true, "trailer": true,
	"upgrade": true, "keep-alive": true, "proxy-connection": true, "expect": true, "content-type": true, "content-encoding": true,
	"accept-encoding": true, "range": true, "forwarded": true, "x-request-id": true, "x-api-key": true, "cookie": true,
}

// Decode reads one "Name: value" a line. A semicolon does not separate: it is
// common inside values.
func (h *UpstreamHeaders) Decode(value string) error {
	seen := map[string]bool{}
	for line := range strings.Lines(value) {
		name, text, found := strings.Cut(strings.TrimSpace(line), ":")
		text = strings.TrimSpace(text)
		folded := foldHeader(name)
		switch {
		case strings.TrimSpace(line) == "":
			continue
		case !found || text == "" || !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(text):
			return errors.New("it has a line that is not 'Name: value'")
		case managedHeaders[folded] || strings.HasPrefix(folded, "x-forwarded-") || strings.HasPrefix(folded, "x-auth-"):
			return errors.New("it sets a header that the gateway itself manages; take it out")
		case seen[folded]:
			return errors.New("it sets one header twice; keep one of the two")
		}
		seen[folded] = true
		*h = append(*h, UpstreamHeader{Name: http.CanonicalHeaderKey(name), Value: NewSecret(text)})
	}
	return nil
}

// Header is the headers as net/http wants them, with the secrets in the clear.
func (h UpstreamHeaders) Header() http.Header {
	header := make(http.Header, len(h))
	for _, one := range h {
		header.Set(one.Name, one.Value.Value())
	}
	return header
}

// String shows the names and hides the values.
func (h UpstreamHeaders) String() string {
	words := make(List, len(h))
	for i, one := range h {
		words[i] = one.Name + ": " + one.Value.String()
	}
	return words.String()
}

func (*UpstreamHeaders) confidential() {}
