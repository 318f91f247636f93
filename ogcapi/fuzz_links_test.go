package ogcapi_test

import (
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/geowarden/geowarden/ogcapi"
)

// FuzzLinksKeepTheDocument holds the rewriter of JSON against a slow one that
// parses: what was a document stays one, only whole strings at the back end's
// address change, and data stays as it is.
func FuzzLinksKeepTheDocument(f *testing.F) {
	f.Add(`{"href":"http://b/x","properties":{"href":"http://b/y"},"geometry":{"a":["http://b/z"]}}`)
	f.Add(`{"a\"b":"http:\/\/b\/c","http://b/x":["http://b","http://bb/","x http://b/"]}`)
	f.Add(`[{"properties":"http://b/","a":"http://b?x"},"http://b#y"]`)
	f.Fuzz(func(t *testing.T, text string) {
		var before, after any
		if json.Unmarshal([]byte(text), &before) != nil || strings.Contains(text, `\u`) {
			return // an escaped letter of an address is no link: see Links
		}
		links := ogcapi.NewLinks("http://b", "https://example.org/g")
		out, err := io.ReadAll(links.Body("application/json", strings.NewReader(text)))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(out, &after); err != nil {
			t.Fatalf("%q becomes %q: %v", text, out, err)
		}
		if want := relinked(before); !reflect.DeepEqual(after, want) {
			t.Errorf("%q becomes %q", text, out)
		}
	})
}

// relinked changes the links of a parsed document.
func relinked(value any) any {
	switch value := value.(type) {
	case string:
		rest, is := strings.CutPrefix(value, "http://b")
		if is && (rest == "" || strings.ContainsAny(rest[:1], "/?#{")) {
			return "https://example.org/g" + rest
		}
	case []any:
		for i := range value {
			value[i] = relinked(value[i])
		}
	case map[string]any:
		for name, inner := range value {
			if name != "properties" && name != "geometry" {
				value[name] = relinked(inner)
			}
		}
	}
	return value
}

// FuzzLinksInHeaders: what is no link stays, and a link changes into nothing
// that is read as two headers, two links or another target's parameters.
func FuzzLinksInHeaders(f *testing.F) {
	f.Add(`<http://b/x>; rel="next"; title="<http://b/y>", <http://b>; rel=self`)
	f.Add("http://b/x\r\nSet-Cookie: a=b")
	f.Add(`<http://b.evil/x>, <http://b@evil/>, "<http://b/`)
	links := ogcapi.NewLinks("http://b", "https://example.org/g")
	f.Fuzz(func(t *testing.T, value string) {
		got := links.Header(value)
		if back := strings.ReplaceAll(got, "https://example.org/g", "http://b"); back != strings.ReplaceAll(value, "https://example.org/g", "http://b") {
			t.Errorf("%q becomes %q: more than addresses changed", value, got)
		}
		if again := links.Header(got); again != got {
			t.Errorf("%q becomes %q, and then %q", value, got, again)
		}
		for _, end := range []string{"\r", "\n", "<", ">", `"`, ","} {
			if strings.Count(got, end) != strings.Count(value, end) {
				t.Errorf("%q becomes %q", value, got)
			}
		}
	})
}
