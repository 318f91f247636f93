package ogcapi_test

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/geowarden/geowarden/ogcapi"
)

const (
	backEnd = "http://localhost:5001"
	public  = "https://example.org/geoapi"
)

func rewrite(t testing.TB, l ogcapi.Links, contentType, body string) string {
	t.Helper()
	out, err := io.ReadAll(l.Body(contentType, strings.NewReader(body)))
	if err != nil {
		t.Fatal(err)
	}
	slow, err := io.ReadAll(l.Body(contentType, iotest.OneByteReader(strings.NewReader(body))))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out, slow) {
		t.Errorf("byte by byte:\n%s\nat once:\n%s", slow, out)
	}
	return string(out)
}

func TestLinksInJSON(t *testing.T) {
	l := ogcapi.NewLinks(backEnd, public)
	for in, want := range map[string]string{
		`{"href": "http://localhost:5001/collections"}`:                       `{"href": "https://example.org/geoapi/collections"}`,
		`"http://localhost:5001"`:                                             `"https://example.org/geoapi"`,
		`["http://localhost:5001/", "http://localhost:5001?f=html#x"]`:        `["https://example.org/geoapi/", "https://example.org/geoapi?f=html#x"]`,
		`{"a":"http:\/\/localhost:5001\/x\/y"}`:                               `{"a":"https:\/\/example.org\/geoapi\/x\/y"}`,
		`{"a":"http:\u002f\u002Flocalhost:5001\u002Fx"}`:                      `{"a":"https:\u002F\u002Fexample.org\u002Fgeoapi\u002Fx"}`,
		`"http://localhost:5001/tiles/{z}/{x}?f=mvt\u0026a=\""`:               `"https://example.org/geoapi/tiles/{z}/{x}?f=mvt\u0026a=\""`,
		`{"a": NaN, "href": "http://localhost:5001/x"}`:                       `{"a": NaN, "href": "https://example.org/geoapi/x"}`,
		`{"properties": {"a": "x"}, "b": "http://localhost:5001/x"}`:          `{"properties": {"a": "x"}, "b": "https://example.org/geoapi/x"}`,
		`{"properties": 1, "b": "http://localhost:5001/x"}`:                   `{"properties": 1, "b": "https://example.org/geoapi/x"}`,
		`{"a": ["properties", "http://localhost:5001/x"]}`:                    `{"a": ["properties", "https://example.org/geoapi/x"]}`,
		`{"xproperties": "http://localhost:5001"}`:                            `{"xproperties": "https://example.org/geoapi"}`,
		`{"propertiesx": "http://localhost:5001"}`:                            `{"propertiesx": "https://example.org/geoapi"}`,
		"{\"a\" :\t1.50e+00 ,\r\n\"b\":\"http://localhost:5001/\\\"\\\\\"}\n": "{\"a\" :\t1.50e+00 ,\r\n\"b\":\"https://example.org/geoapi/\\\"\\\\\"}\n",
	} {
		if got := rewrite(t, l, "application/geo+json; charset=utf-8", in); got != want {
			t.Errorf("%s\nbecomes %s\nnot     %s", in, got, want)
		}
	}
	for _, same := range []string{
		``, ` `, `{}`, `"`, `{"`, `{"http://localhost:5001/x": 1}`,
		`"http://localhost:50011/x"`, `"http://localhost:5001x"`, `"http://localhost:5001@evil/"`, `"http://localhost:5001.evil/"`,
		`"http://evil/?u=http://localhost:5001/x"`, `"see http://localhost:5001/x"`, `"https://localhost:5001/x"`, `"http://localhost:500"`,
		`"https://example.org/geoapi/x"`,
		`{"type":"Feature","properties":{"link":"http://localhost:5001/x","deep":[{"a":"http://localhost:5001"}]},"geometry":{"a":"http://localhost:5001/"}}`,
		`{"properties": "http://localhost:5001/x"}`, `{"properties": ["http://localhost:5001/x"]}`,
		strings.Repeat(`[`, 20_000) + `"http://localhost:5001/x"`,
	} {
		if got := rewrite(t, l, "application/json", same); got != same {
			t.Errorf("%.80s\nbecomes %.80s", same, got)
		}
	}
}

func TestLinksInTexts(t *testing.T) {
	l := ogcapi.NewLinks(backEnd, public)
	for in, want := range map[string]string{
		`<a href="http://localhost:5001/collections?f=html">http://localhost:5001/collections</a>`: `<a href="https://example.org/geoapi/collections?f=html">https://example.org/geoapi/collections</a>`,
		`<link href='http://localhost:5001'>`:                                                      `<link href='https://example.org/geoapi'>`,
		`var u = "http:\/\/localhost:5001\/x";`:                                                    `var u = "https:\/\/example.org\/geoapi\/x";`,
		"fetch(`http://localhost:5001/x`)":                                                         "fetch(`https://example.org/geoapi/x`)",
		`a { background: url(http://localhost:5001/static/a.png) }`:                                `a { background: url(https://example.org/geoapi/static/a.png) }`,
		`<div data-x="{&quot;href&quot;: &quot;http://localhost:5001&quot;}">`:                     `<div data-x="{&quot;href&quot;: &quot;https://example.org/geoapi&quot;}">`,
		`<p>http:&#x2F;&#x2F;localhost:5001&#x2F;x</p>`:                                            `<p>https:&#x2F;&#x2F;example.org&#x2F;geoapi&#x2F;x</p>`,
		`see http://localhost:5001 and (http://localhost:5001/b)`:                                  `see https://example.org/geoapi and (https://example.org/geoapi/b)`,
		`http://localhost:5001`:                                                                    `https://example.org/geoapi`,
		"<a class=x href=http://localhost:5001/jobs>":                                              "<a class=x href=https://example.org/geoapi/jobs>",
		"<img\nsrc=http://localhost:5001/a.png>":                                                   "<img\nsrc=https://example.org/geoapi/a.png>",
		`http:"http:http://localhost:5001" "http://localhost:5001"`:                                `http:"http:http://localhost:5001" "https://example.org/geoapi"`,
	} {
		if got := rewrite(t, l, "text/html; charset=utf-8", in); got != want {
			t.Errorf("%s\nbecomes %s\nnot     %s", in, got, want)
		}
	}
	for _, same := range []string{
		``, `h`, `http:`, `"http://localhost:50011/"`, `"http://localhost:5001x"`, `"http://localhost:5001.evil/"`, `"http://localhost:5001@evil"`,
		`<a href="http://evil/?u=http://localhost:5001/x">`, `"http://evil/http://localhost:5001/x"`, `<a href="http://evil/?href=http://localhost:5001/">`, `"http://evil/?u=x&amp;v=http://localhost:5001/"`,
		`"http://localhost:500`, `"http://localhost:5001&am`,
	} {
		if got := rewrite(t, l, "text/html", same); got != same {
			t.Errorf("%s\nbecomes %s", same, got)
		}
	}
}

func TestAPrefixWithAPathEndsAtASegment(t *testing.T) {
	l := ogcapi.NewLinks("http://host/pyg/", public+"/")
	for in, want := range map[string]string{
		`"http://host/pyg"`:       `"https://example.org/geoapi"`,
		`"http://host/pyg/x"`:     `"https://example.org/geoapi/x"`,
		`"http://host/pygx"`:      `"http://host/pygx"`,
		`"http://host/pyg,x"`:     `"http://host/pyg,x"`,
		`"http://host/pyg%2fx"`:   `"http://host/pyg%2fx"`,
		`"http://host/"`:          `"http://host/"`,
		`"http:\/\/host\/pyg\/x"`: `"https:\/\/example.org\/geoapi\/x"`,
		`"http:\/\/host/pyg/x"`:   `"https://example.org/geoapi/x"`,
	} {
		for _, media := range []string{"application/json", "text/html"} {
			if got := rewrite(t, l, media, in); got != want {
				t.Errorf("%s: %s becomes %s, not %s", media, in, got, want)
			}
		}
	}
}

func TestAPublicAddressBelowTheBackEndsOwnIsLeftAlone(t *testing.T) {
	l := ogcapi.NewLinks("http://localhost:5000", "http://localhost:5000/geoapi")
	in := `["http://localhost:5000/geoapi/a","http://localhost:5000/geoapix","http://localhost:5000/b","http://localhost:5000/geoapi"]`
	want := `["http://localhost:5000/geoapi/a","http://localhost:5000/geoapi/geoapix","http://localhost:5000/geoapi/b","http://localhost:5000/geoapi"]`
	for _, media := range []string{"application/json", "text/html"} {
		got := rewrite(t, l, media, in)
		if got != want {
			t.Errorf("%s: %s", media, got)
		}
		if again := rewrite(t, l, media, got); again != got {
			t.Errorf("%s: a second time: %s", media, again)
		}
	}
}

func TestLinksInHeaders(t *testing.T) {
	l := ogcapi.NewLinks(backEnd, public)
	for in, want := range map[string]string{
		``:                                    ``,
		`http://localhost:5001/jobs/1`:        `https://example.org/geoapi/jobs/1`,
		`http://localhost:5001`:               `https://example.org/geoapi`,
		`/jobs/1`:                             `/jobs/1`,
		`http://localhost:50011/jobs/1`:       `http://localhost:50011/jobs/1`,
		`http://evil/?http://localhost:5001/`: `http://evil/?http://localhost:5001/`,
		`<http://localhost:5001/a>; rel="next"; title="<http://localhost:5001/b>", <http://localhost:5001>;rel=self`: `<https://example.org/geoapi/a>; rel="next"; title="<http://localhost:5001/b>", <https://example.org/geoapi>;rel=self`,
	} {
		if got := l.Header(in); got != want {
			t.Errorf("%s becomes %s, not %s", in, got, want)
		}
	}
}

func TestLinksThatAreNotNeededOrNotSafeChangeNothing(t *testing.T) {
	body := `["http://localhost:5001/x"]`
	for name, l := range map[string]ogcapi.Links{
		"the zero value":                {},
		"one address":                   ogcapi.NewLinks(backEnd, backEnd),
		"one address with a slash":      ogcapi.NewLinks(backEnd, backEnd+"/"),
		"no address":                    ogcapi.NewLinks("", public),
		"an address with a quote":       ogcapi.NewLinks(backEnd, `https://x/"onload="`),
		"an address with a bracket":     ogcapi.NewLinks(backEnd, `https://x/<script>`),
		"an address with an apostrophe": ogcapi.NewLinks(backEnd, `https://x/'`),
		"an address with a line end":    ogcapi.NewLinks(backEnd, "https://x/\r\n"),
	} {
		if l.Needed() || rewrite(t, l, "application/json", body) != body || l.Header("http://localhost:5001/x") != "http://localhost:5001/x" {
			t.Errorf("%s: something changes", name)
		}
	}
}

func TestOnlyTextsWithLinksAreHandled(t *testing.T) {
	l := ogcapi.NewLinks(backEnd, public)
	for media, want := range map[string]bool{
		"application/json": true, "Application/JSON": true, "application/geo+json": true, "application/ld+json; charset=utf-8": true,
		"application/vnd.oai.openapi+json;version=3.0": true, "application/schema+json": true, "application/problem+json": true,
		"text/html": true, "application/xhtml+xml": true, "text/xml": true, "application/atom+xml": true, "text/javascript": true, "text/css": true,
		"": false, "text/csv": false, "text/plain": false, "image/png": false, "application/octet-stream": false, "application/vnd.mapbox-vector-tile": false,
		"application/zip": false, "text/html; charset=utf-16": false, ";": false,
	} {
		if got := l.Handles(media); got != want {
			t.Errorf("%q: %v", media, got)
		}
	}
	if got := rewrite(t, l, "text/csv", "http://localhost:5001/x"); got != "http://localhost:5001/x" {
		t.Errorf("CSV becomes %s", got)
	}
}

func TestACutInTheBodyIsPassedOn(t *testing.T) {
	cut := errors.New("cut")
	l := ogcapi.NewLinks(backEnd, public)
	for _, media := range []string{"application/json", "text/html"} {
		for _, body := range []string{``, `["http://localhost:5001/x", "http://localho`, `[1`} {
			out, err := io.ReadAll(l.Body(media, io.MultiReader(strings.NewReader(body), iotest.ErrReader(cut))))
			if !errors.Is(err, cut) {
				t.Errorf("%s %q: %v", media, body, err)
			}
			if want := strings.Replace(body, backEnd, public, 1); string(out) != want {
				t.Errorf("%s %q: %q arrived", media, body, out)
			}
		}
	}
}

func TestWhatIsReadyIsNotHeldBack(t *testing.T) {
	l := ogcapi.NewLinks(backEnd, public)
	in, feed := io.Pipe()
	out := l.Body("application/json", in)
	go func() { _, _ = io.WriteString(feed, `["http://localhost:5001/x",`) }()
	want := `["https://example.org/geoapi/x",`
	got := make([]byte, len(want))
	if _, err := io.ReadFull(out, got); err != nil || string(got) != want {
		t.Fatalf("%q, %v", got, err)
	}
	_ = feed.Close()
}

// TestMemoryDoesNotGrowWithTheDocument streams documents of 32 MB, of long
// strings and of short ones.
func TestMemoryDoesNotGrowWithTheDocument(t *testing.T) {
	l := ogcapi.NewLinks(backEnd, public)
	for name, doc := range map[string]struct{ media, piece string }{
		"short strings": {"application/json", `{"a": "http://localhost:5001/x", "b": [1.5, 2]},`},
		"long strings":  {"application/json", `"` + strings.Repeat("x", 1<<20)},
		"a page":        {"text/html", strings.Repeat("x", 4096) + `<a href="http://localhost:5001/x">`},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		src := io.LimitReader(&repeat{piece: doc.piece}, 32<<20)
		if _, err := io.Copy(io.Discard, l.Body(doc.media, src)); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 {
			t.Errorf("%s: %d bytes for 32 MB", name, used)
		}
	}
}

type repeat struct {
	piece string
	at    int
}

func (r *repeat) Read(p []byte) (int, error) {
	n := copy(p, r.piece[r.at:])
	r.at = (r.at + n) % len(r.piece)
	return n, nil
}

func FuzzLinks(f *testing.F) {
	f.Add(`{"href":"http://b/x","properties":{"a":"http://b/"}}`, uint8(0), uint8(1))
	f.Add(`<a href="http://b/x">http:\/\/b\/</a>&quot;http://b&quot;`, uint8(1), uint8(3))
	f.Add(`["http:\/\/b\/pub/x", NaN, "\\", "http://b`, uint8(0), uint8(2))
	f.Fuzz(func(t *testing.T, body string, kind, size uint8) {
		media := []string{"application/json", "text/html"}[kind%2]
		for _, l := range []ogcapi.Links{ogcapi.NewLinks("http://b", "https://example.org/g"), ogcapi.NewLinks("http://b", "http://b/pub")} {
			whole, err := io.ReadAll(l.Body(media, strings.NewReader(body)))
			if err != nil {
				t.Fatal(err)
			}
			pieces := &limited{r: strings.NewReader(body), most: int(size%16) + 1}
			tiny, err := io.ReadAll(iotest.OneByteReader(l.Body(media, pieces)))
			if err != nil || !bytes.Equal(tiny, whole) {
				t.Errorf("in pieces %q, at once %q: %v", tiny, whole, err)
			}
		}
		absent := ogcapi.NewLinks("http://not-in-there", "https://example.org/g")
		if strings.Contains(body, "not-in-there") {
			return
		}
		if out, err := io.ReadAll(absent.Body(media, strings.NewReader(body))); err != nil || string(out) != body {
			t.Errorf("%q becomes %q: %v", body, out, err)
		}
	})
}

// limited reads a few bytes at a time.
type limited struct {
	r    io.Reader
	most int
}

func (l *limited) Read(p []byte) (int, error) { return l.r.Read(p[:min(len(p), l.most)]) }
