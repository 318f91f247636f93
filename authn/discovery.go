package authn

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-json-experiment/json"
)

const wellKnownSuffix = "/.well-known/openid-configuration"

// discoveryAge is how long a discovery document is used before it is read
// again; a provider may move its key set.
const discoveryAge = time.Hour

// Discovery reads a provider's metadata (OpenID Connect Discovery 1.0 section
// 4). It is read when a KeySet that was made with it fetches its keys, so it is
// retried as they are, and never before.
type Discovery struct {
	url      string
	expected string
	client   *http.Client
	current  atomic.Pointer[discovered]
}

type discovered struct {
	oidc.ProviderConfig
	at time.Time
}

// NewDiscovery makes a Discovery of the document at wellKnownURL; it fetches
// nothing. With expectedIssuer tokens must carry that issuer, whatever the
// document says: in containers the address that fetches is often not the
// address that the provider calls itself. Without it the document's issuer must
// be wellKnownURL without /.well-known/openid-configuration (section 4.3), and
// tokens must carry it. Only client's transport and timeout are used; nil means
// the default ones.
func NewDiscovery(wellKnownURL, expectedIssuer string, client *http.Client) (*Discovery, error) {
	if err := checkURL(wellKnownURL); err != nil {
		return nil, fmt.Errorf("the discovery URL %w", err)
	}
	if expectedIssuer == "" && !strings.HasSuffix(wellKnownURL, wellKnownSuffix) {
		return nil, errors.New("the discovery URL does not end in " + wellKnownSuffix + ": correct it, or set the expected issuer")
	}
	return &Discovery{url: wellKnownURL, expected: expectedIssuer, client: limitedClient(client)}, nil
}

// Issuer returns the issuer that tokens must carry; empty while it is not known.
func (d *Discovery) Issuer() string {
	if d.expected != "" {
		return d.expected
	}
	if doc := d.current.Load(); doc != nil {
		return doc.IssuerURL
	}
	return ""
}

// TokenEndpoint returns where clients get tokens; empty while it is not known.
func (d *Discovery) TokenEndpoint() string {
	if doc := d.current.Load(); doc != nil {
		return doc.TokenURL
	}
	return ""
}

// AuthorizationEndpoint returns where people sign in; empty while it is not known.
func (d *Discovery) AuthorizationEndpoint() string {
	if doc := d.current.Load(); doc != nil {
		return doc.AuthURL
	}
	return ""
}

// Ready returns nil once the document was read, and says why not before.
func (d *Discovery) Ready() error {
	if d.current.Load() == nil {
		return errors.New("the provider's discovery document was not read yet")
	}
	return nil
}

// keysURL returns where the provider's key set is, from a document not older
// than discoveryAge, or from the last good one while it cannot be read.
func (d *Discovery) keysURL(ctx context.Context, now time.Time) (string, error) {
	last := d.current.Load()
	if last != nil && now.Sub(last.at) < discoveryAge {
		return last.JWKSURL, nil
	}
	doc, err := d.read(ctx)
	switch {
	case err == nil:
		doc.at = now
		d.current.Store(doc)
		return doc.JWKSURL, nil
	case last != nil:
		return last.JWKSURL, nil
	}
	return "", fmt.Errorf("discovery: %w", err)
}

func (d *Discovery) read(ctx context.Context) (*discovered, error) {
	body, err := get(ctx, d.client, d.url)
	if err != nil {
		return nil, err
	}
	doc := &discovered{}
	if err := json.Unmarshal(body, &doc.ProviderConfig); err != nil {
		return nil, fmt.Errorf("the document is malformed: %w", err)
	}
	stem := strings.TrimSuffix(d.url, wellKnownSuffix)
	if d.expected == "" && doc.IssuerURL != stem && doc.IssuerURL != stem+"/" {
		return nil, fmt.Errorf("the document's issuer is %q and not %q, where it was fetched: correct the discovery URL, or set the expected issuer", doc.IssuerURL, stem)
	}
	if err := checkURL(doc.JWKSURL); err != nil {
		return nil, fmt.Errorf("jwks_uri %w", err)
	}
	if strings.HasPrefix(d.url, "https:") && !strings.HasPrefix(doc.JWKSURL, "https:") {
		return nil, errors.New("jwks_uri is http where the document is https")
	}
	return doc, nil
}
