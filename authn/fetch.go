package authn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// The limits on what is fetched from an identity provider: it may be slow,
// endless or taken over (CVE-2026-42352's class), and must not take the gateway
// along.
const (
	maxBody      = 1 << 20 // bytes, after decompression
	maxRedirects = 3
	getTimeout   = 5 * time.Second  // one request with its body
	fetchTimeout = 12 * time.Second // discovery and key set together
)

// limitedClient returns a client with base's transport that gives up in time,
// keeps no cookies, and follows no redirect to another host or from https to http.
func limitedClient(base *http.Client) *http.Client {
	client := &http.Client{Timeout: getTimeout, CheckRedirect: checkRedirect}
	if base != nil {
		client.Transport = base.Transport
		if base.Timeout > 0 {
			client.Timeout = base.Timeout
		}
	}
	return client
}

func checkRedirect(next *http.Request, via []*http.Request) error {
	first := via[0].URL
	switch {
	case next.URL.Host != first.Host:
		return errors.New("a redirect to another host is not followed")
	case via[len(via)-1].URL.Scheme == "https" && next.URL.Scheme != "https":
		return errors.New("a redirect from https to http is not followed")
	case len(via) > maxRedirects:
		return errors.New("too many redirects")
	}
	return nil
}

// checkURL says what is wrong with the address of a provider's document. The
// query is allowed (some providers name the tenant there), a password is not:
// it would end up in logs.
func checkURL(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return errors.New("is not a URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("is not an http or https URL")
	case u.Host == "" || u.Opaque != "":
		return errors.New("names no host")
	case u.User != nil:
		return errors.New("holds a user or password, which it must not")
	case u.Fragment != "":
		return errors.New("has a fragment, which it must not")
	}
	return nil
}

// get returns the body at address, which must be there (200) and within maxBody.
func get(ctx context.Context, client *http.Client, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json, application/jwk-set+json")
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch %s: status %d", address, resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", address, err)
	}
	if len(body) > maxBody {
		return nil, fmt.Errorf("fetch %s: the answer is longer than 1 MiB", address)
	}
	return body, nil
}
