//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// foreign are the sites that pygeoapi's pages lead to, other than the gateway:
// those that its configuration names, those of the standards, its makers', and
// whose scripts, styles and tiles it uses.
var foreign = []string{
	"creativecommons.org", "example.org", "pygeoapi.io", "www.opengis.net", "geojson.org",
	"leafletjs.com", "openstreetmap.org", "tile.openstreetmap.org", "unpkg.com", "cdnjs.cloudflare.com",
}

// asBrowser is what a browser says that it wants to see.
const asBrowser header = "Accept: text/html,application/xhtml+xml,*/*;q=0.8"

// leads are the addresses that the pages of one gateway hold, each with a page
// that does.
type leads struct {
	gateway *gateway
	behind  *backend
	found   map[string]string
}

// take notes where the page leads, as the browser reads it, and fails where that
// is past the gateway.
func (l *leads) take(v *visitor) {
	v.t.Helper()
	var addresses []string
	v.tell("evaluate", &addresses, `[...document.querySelectorAll('[href], [src], [action], meta[content^="http"]')].map((e) => {
		const written = e.getAttribute('href') ?? e.getAttribute('src') ?? e.getAttribute('action') ?? e.content;
		return new URL(written, document.baseURI).href;
	})`)
	if len(addresses) < 10 {
		v.t.Errorf("only %d addresses on a page", len(addresses))
	}
	for _, address := range addresses {
		u, err := url.Parse(address)
		switch {
		case err != nil:
			v.t.Errorf("%q is no address: %v", address, err)
		case u.Scheme == "mailto" || u.Scheme == "data" || u.Scheme == "blob":
		case strings.Contains(address, "%7B"): // a template
		case address == l.gateway.url || strings.HasPrefix(address, l.gateway.url+"/") || strings.HasPrefix(address, l.gateway.url+"?"):
			address, _, _ = strings.Cut(address, "#")
			l.found[address] = v.address()
		case !slices.Contains(foreign, u.Hostname()):
			v.t.Errorf("the page leads to %s", address)
		}
	}
	var source string
	v.tell("content", &source)
	for _, past := range []string{elsewhere, l.behind.url} {
		if strings.Contains(source, past) {
			v.t.Errorf("the page names %s, past the gateway", past)
		}
	}
}

// follow asks for every address at the gateway, and wants of it what the back
// end has there. It returns the paths that lead nowhere there either.
func (l *leads) follow(t *testing.T, has header) (dead []string) {
	t.Helper()
	if len(l.found) < 100 {
		t.Errorf("only %d addresses lead to the gateway", len(l.found))
	}
	for address, from := range l.found {
		path := strings.TrimPrefix(address, l.gateway.url)
		got := get(t, address, has, asBrowser)
		if media := got.Header.Get("Content-Type"); !isOfType(address, media) {
			t.Errorf("%s came as %q", address, media)
		}
		if got.StatusCode == http.StatusOK {
			continue
		}
		want := get(t, l.behind.url+path, asBrowser).StatusCode
		dead = append(dead, fmt.Sprintf("`%s` (%d)", path, want))
		// A path below a collection that is nothing: docs/adr/0002.
		if got.StatusCode != want && (got.StatusCode != http.StatusBadRequest || want != http.StatusNotFound) || want == http.StatusOK {
			t.Errorf("%s, on %s: status %d, and %d of the back end: see %s", address, from, got.StatusCode, want, logs)
		}
	}
	slices.Sort(dead)
	return dead
}
