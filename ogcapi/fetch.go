package ogcapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const (
	maxListPage  = 16 << 20 // bytes of one page of the list
	maxListPages = 100
	maxRedirects = 3
)

// collectionsPage is the part of a collection list that matters here (OGC
// 17-069r4 section 7.13).
type collectionsPage struct {
	Collections []listedCollection `json:"collections"`
	Links       []struct {
		Rel  string `json:"rel"`
		Href string `json:"href"`
	} `json:"links"`
}

type listedCollection struct {
	ID       string   `json:"id"`
	ItemType itemType `json:"itemType"`
}

// itemType is "feature", "record" or a list of such words.
type itemType []string

func (t *itemType) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '[' {
		return json.Unmarshal(b, (*[]string)(t))
	}
	var word string
	err := json.Unmarshal(b, &word)
	*t = itemType{word}
	return err
}

// fetchCollections reads the whole list, or fails: half a list would hide
// collections from the rules about them. A back end without collections has an
// empty list. self is what the first page links to as itself.
func fetchCollections(ctx context.Context, client *http.Client, list, server string) (records map[string]bool, self string, err error) {
	// The upstream links to its next page by the name that it gives itself.
	links := NewLinks(server, strings.TrimSuffix(list, "/collections"))
	next, err := url.Parse(list)
	if err != nil {
		return nil, "", errors.New("the address of the list is not a URL")
	}
	next.RawQuery = "f=json"
	records = make(map[string]bool)
	for range maxListPages {
		page, err := fetchPage(ctx, client, next)
		if errors.Is(err, errNoList) && len(records) == 0 && self == "" {
			return records, "", nil
		}
		if err != nil {
			return nil, "", err
		}
		if self == "" {
			self = page.link("self")
		}
		for _, c := range page.Collections {
			records[c.ID] = slices.Contains(c.ItemType, "record")
		}
		if next, err = page.next(next, links); err != nil {
			return nil, "", err
		}
		if next == nil {
			return records, self, nil
		}
	}
	return nil, "", fmt.Errorf("the list has more than %d pages", maxListPages)
}

// next returns the address of the next page, or nil on the last one.
func (p *collectionsPage) next(page *url.URL, links Links) (*url.URL, error) {
	href := p.link("next")
	if href == "" {
		return nil, nil
	}
	next, err := page.Parse(links.Header(href))
	if err != nil {
		return nil, errors.New("the list's next page has no valid address")
	}
	if !sameOrigin(next, page) {
		return nil, errors.New("the list's next page is on another host")
	}
	return next, nil
}

// link returns the address of the first link of a relation; "" for none.
func (p *collectionsPage) link(rel string) string {
	for _, link := range p.Links {
		if link.Rel == rel {
			return link.Href
		}
	}
	return ""
}

// errNoList is a 404: of the first page, that of a back end without collections.
var errNoList = errors.New("the list, or a page of it, is not there")

func fetchPage(ctx context.Context, client *http.Client, address *url.URL) (*collectionsPage, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	switch res.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return nil, errNoList
	default:
		return nil, fmt.Errorf("the list was answered with status %d", res.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxListPage+1))
	if err != nil {
		return nil, fmt.Errorf("reading the list: %w", err)
	}
	if len(body) > maxListPage {
		return nil, fmt.Errorf("the list is larger than %d bytes", maxListPage)
	}
	page := &collectionsPage{}
	if err := json.Unmarshal(body, page); err != nil {
		return nil, fmt.Errorf("the list is not the JSON it should be: %w", err)
	}
	if page.Collections == nil {
		return nil, errors.New("the list has no member collections")
	}
	return page, nil
}

// sameHostClient is a copy of a client that follows few redirects, and none to
// another host or down to plain HTTP.
func sameHostClient(client *http.Client) *http.Client {
	if client == nil {
		client = http.DefaultClient
	}
	restricted := *client
	restricted.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return errors.New("too many redirects")
		}
		if !sameOrigin(req.URL, via[0].URL) {
			return errors.New("a redirect to another host is not followed")
		}
		return nil
	}
	return &restricted
}

func sameOrigin(a, b *url.URL) bool { return a.Scheme == b.Scheme && a.Host == b.Host }
