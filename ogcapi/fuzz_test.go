package ogcapi_test

import (
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/geowarden/geowarden/ogcapi"
)

// FuzzParse holds every target that is accepted against how servers read it:
// WSGI and ASGI decode the whole path and split it then, Go's url package splits
// the query. All must see what the policy sees.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"/", "/collections/obs/items?f=json&limit=1", "/%61dmin", "/a%2fb", "/a/../b", "/x;y", "//", "/a%25b", "/caf%c3%a9/",
		"/?a=1;b=2&c=%zz", "/?filter=a&FILTER=b", "/?a=b+c%20d&&e", "/collections/a/items/x/items", "/a#b", "/a\\b",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, target string) {
		q, err := ogcapi.Parse(request(t, "GET", target), "")
		if err != nil {
			return
		}
		forwarded := q.EscapedPath()
		decoded, err := url.PathUnescape(forwarded)
		if err != nil || !strings.HasPrefix(forwarded, "/") || strings.Contains(forwarded, "//") {
			t.Fatalf("%q is forwarded as %q", target, forwarded)
		}
		split := strings.Split(decoded[1:], "/")
		if decoded == "/" {
			split = nil
		}
		if joined := strings.Join(q.Segments, "/"); joined != strings.Join(split, "/") {
			t.Errorf("%q: a server sees %q, the policy %q", target, split, q.Segments)
		}
		rawPath, rawQuery, _ := strings.Cut(target, "?")
		if strings.HasPrefix(target, "/") {
			asCame, err := url.PathUnescape(rawPath)
			if err != nil || strings.TrimSuffix(asCame, "/") != strings.TrimSuffix(decoded, "/") {
				t.Errorf("%q came as %q and is forwarded as %q", target, asCame, decoded)
			}
			if q.RawQuery != rawQuery {
				t.Errorf("%q has the query %q", target, q.RawQuery)
			}
		}
		values, err := url.ParseQuery(strings.ReplaceAll(q.RawQuery, ";", "%3B"))
		if err != nil || !reflect.DeepEqual(values, q.Query) {
			t.Errorf("%q: a server sees %q, the policy %q", q.RawQuery, values, q.Query)
		}
		again, err := ogcapi.Parse(request(t, "GET", forwarded), "")
		if err != nil || !slices.Equal(again.Segments, q.Segments) || again.Resource != q.Resource {
			t.Errorf("%q is read as %+v, and then as %+v: %v", target, q, again, err)
		}
	})
}
