package ogcapi_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/geowarden/geowarden/ogcapi"
)

// request makes a request as a server reads it: with any request target.
func request(t testing.TB, method, target string) *http.Request {
	t.Helper()
	u, err := url.ParseRequestURI(target)
	if err != nil {
		u = &url.URL{Path: "/"} // the target is what is read
	}
	return &http.Request{Method: method, URL: u, RequestURI: target, Header: http.Header{}, Body: http.NoBody}
}

func parse(t testing.TB, method, target string) (*ogcapi.Request, error) {
	t.Helper()
	return ogcapi.Parse(request(t, method, target), "/geoapi")
}

func isAmbiguous(err error) bool {
	var a *ogcapi.Ambiguous
	return errors.As(err, &a)
}

func TestPathsThatTwoServersCouldReadInTwoWaysAreRefused(t *testing.T) {
	for name, targets := range map[string][]string{
		"empty segments, which Flask merges": {"//geoapi/admin", "/geoapi//admin", "/geoapi/admin//", "/geoapi//", "//", "/geoapi/collections//obs"},
		"dot segments":                       {"/geoapi/./admin", "/geoapi/../admin", "/geoapi/openapi/../collections", "/geoapi/openapi/..", "/geoapi/."},
		"escaped dot segments":               {"/geoapi/%2e/admin", "/geoapi/%2e%2e/admin", "/geoapi/.%2E/admin", "/geoapi/%2E./admin"},
		"escaped slashes":                    {"/geoapi/collections/pub%2fsecret", "/geoapi/collections/pub%2Fsecret/items", "/geoapi%2fadmin"},
		"backslashes":                        {`/geoapi/a\b`, "/geoapi/a%5cb", "/geoapi/a%5Cb"},
		"control characters":                 {"/geoapi/a%00", "/geoapi/a%0a", "/geoapi/a%0d%0ab", "/geoapi/a%7f", "/geoapi/a%c2%85", "/geoapi/a\x00", "/geoapi/a\x7f"},
		"double escapes":                     {"/geoapi/%2561dmin", "/geoapi/%252e%252e", "/geoapi/a%25"},
		"bad escapes":                        {"/geoapi/%", "/geoapi/%4", "/geoapi/%zz", "/geoapi/a%g1"},
		"bytes that are not UTF-8":           {"/geoapi/%ff", "/geoapi/%c0%ae%c0%ae", "/geoapi/%ed%a0%80"},
		"raw bytes":                          {"/geoapi/\xc3\xa9", "/geoapi/\xff"},
		"matrix parameters":                  {"/geoapi/admin;x=1", "/geoapi/a/..;/b", "/geoapi/admin%3bx", "/geoapi/admin%3B", "/geoapi/;"},
		"fragments":                          {"/geoapi/admin#x", "/geoapi/admin#/openapi"},
		"roots in another case":              {"/geoapi/Admin", "/geoapi/ADMIN/config", "/geoapi/COLLECTIONS", "/geoapi/OpenAPI", "/geoapi/tilematrixsets", "/geoapi/%41dmin", "/geoapi/job%C5%BF"},
		"a path without end":                 {"/geoapi/" + strings.Repeat("a", 9000), "/geoapi" + strings.Repeat("/a", 65)},
	} {
		t.Run(name, func(t *testing.T) {
			for _, target := range targets {
				q, err := parse(t, "GET", target)
				if !isAmbiguous(err) {
					t.Errorf("%q: got %+v, %v", target, q, err)
				}
			}
		})
	}
}

func TestOneReadingIsWhatIsSeenAndForwarded(t *testing.T) {
	for target, want := range map[string]struct {
		escaped  string
		segments []string
	}{
		"/geoapi":                          {"/", nil},
		"/geoapi/":                         {"/", nil},
		"/geoapi?f=json":                   {"/", nil},
		"/geoapi/admin":                    {"/admin", []string{"admin"}},
		"/geoapi/%61dmin":                  {"/admin", []string{"admin"}},
		"/%67eoapi/admin":                  {"/admin", []string{"admin"}},
		"/geoapi/admin/":                   {"/admin", []string{"admin"}},
		"/geoapi/admin%3f/openapi":         {"/admin%3F/openapi", []string{"admin?", "openapi"}},
		"/geoapi/admin%23/openapi":         {"/admin%23/openapi", []string{"admin#", "openapi"}},
		"/geoapi/stac/caf%c3%a9":           {"/stac/caf%C3%A9", []string{"stac", "café"}},
		"/geoapi/jobs/a%20b+c":             {"/jobs/a%20b+c", []string{"jobs", "a b+c"}},
		"/geoapi/jobs/urn:x:1,2@3!$&'()*=": {"/jobs/urn:x:1,2@3!$&'()*=", []string{"jobs", "urn:x:1,2@3!$&'()*="}},
		"/geoapi/jobs/<a|b>":               {"/jobs/%3Ca%7Cb%3E", []string{"jobs", "<a|b>"}},
		"/geoapi/.well-known/openeo":       {"/.well-known/openeo", []string{".well-known", "openeo"}},
	} {
		q, err := parse(t, "GET", target)
		if err != nil {
			t.Errorf("%s: %v", target, err)
			continue
		}
		if got := q.EscapedPath(); got != want.escaped {
			t.Errorf("%s is forwarded as %s, not %s", target, got, want.escaped)
		}
		if !slices.Equal(q.Segments, want.segments) {
			t.Errorf("%s has the segments %q", target, q.Segments)
		}
		again, err := ogcapi.Parse(request(t, "GET", q.EscapedPath()), "")
		if err != nil || !slices.Equal(again.Segments, q.Segments) {
			t.Errorf("%s does not mean the same a second time: %v, %v", q.EscapedPath(), again, err)
		}
	}
}

func TestWhatIsNotBelowTheContextIsOutside(t *testing.T) {
	for _, target := range []string{"/", "/admin", "/geoapix", "/geoap", "/GeoAPI", "/x/geoapi", "*"} {
		if q, err := parse(t, "GET", target); !errors.Is(err, ogcapi.ErrOutside) {
			t.Errorf("%s: got %v, %v", target, q, err)
		}
	}
	for context, target := range map[string]string{"": "/jobs", "/": "/jobs", "/a/b": "/a/b/jobs", "/a/b/": "/a/b/jobs/", "/g é": "/g%20%C3%A9/jobs"} {
		q, err := ogcapi.Parse(request(t, "GET", target), context)
		if err != nil || q.EscapedPath() != "/jobs" {
			t.Errorf("%q below %q: %v, %v", target, context, q, err)
		}
	}
}

func TestAbsoluteFormTakesThePathOfItsURL(t *testing.T) {
	for target, want := range map[string]string{
		"http://gateway/geoapi/%61dmin?f=json": "/admin",
		"http://gateway/geoapi":                "/",
	} {
		q, err := parse(t, "GET", target)
		if err != nil || q.EscapedPath() != want {
			t.Errorf("%s: %v, %v", target, q, err)
		}
	}
	if _, err := parse(t, "GET", "http://gateway/geoapi/a%2fb"); !isAmbiguous(err) {
		t.Errorf("an escaped slash behind a host: %v", err)
	}
	if _, err := parse(t, "GET", "http://gateway"); !errors.Is(err, ogcapi.ErrOutside) {
		t.Errorf("a host alone: %v", err)
	}
}

func TestMethodsThatNoAPIHasAreNotAllowed(t *testing.T) {
	for _, method := range []string{"CONNECT", "TRACE", "get", "PROPFIND", "QUERY", "", "G\x00T"} {
		_, err := parse(t, method, "/geoapi/")
		var not *ogcapi.MethodNotAllowed
		if !errors.As(err, &not) || !slices.Contains(not.Allow, "GET") || slices.Contains(not.Allow, method) {
			t.Errorf("%q: %v", method, err)
		}
	}
}

func TestBodiesThatOnlySomeServersReadAreRefused(t *testing.T) {
	for _, method := range []string{"GET", "HEAD"} {
		for name, spoil := range map[string]func(*http.Request){
			"length":         func(r *http.Request) { r.ContentLength = 3 },
			"unknown length": func(r *http.Request) { r.ContentLength = -1 },
			"chunked":        func(r *http.Request) { r.TransferEncoding = []string{"chunked"} },
		} {
			r := request(t, method, "/geoapi/collections/obs/items")
			spoil(r)
			if _, err := ogcapi.Parse(r, "/geoapi"); !isAmbiguous(err) {
				t.Errorf("%s with a body (%s), which pygeoapi takes for a filter: %v", method, name, err)
			}
		}
	}
	r := httptest.NewRequest("POST", "/geoapi/collections/obs/items", strings.NewReader("{}"))
	r.Header["Content-Type"] = []string{"application/query-cql-json", "application/geo+json"}
	if _, err := ogcapi.Parse(r, "/geoapi"); !isAmbiguous(err) {
		t.Errorf("two content types: %v", err)
	}
}

func TestErrorsShowNothingRaw(t *testing.T) {
	for _, target := range []string{"/geoapi/?filter=1&filter=2", "/geoapi/?F%49LTER=1", "/geoapi/ADMIN", "/geoapi/\xc3\xa9%0d%0a"} {
		_, err := parse(t, "GET", target)
		if !isAmbiguous(err) {
			t.Errorf("%q: %v", target, err)
			continue
		}
		for _, c := range err.Error() {
			if c < ' ' || c > '~' {
				t.Errorf("%q: the error %q is not plain", target, err)
			}
		}
	}
}
