package authz

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"os"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/geowarden/geowarden/authn"
	"github.com/geowarden/geowarden/ogcapi"
)

// full is an input with every part filled.
func full() Input {
	return Input{
		Principal: &authn.Principal{
			Kind:   authn.User,
			ID:     "ada",
			Issuer: "https://idp.example/realms/geo",
			Scopes: []string{"openid", "features:read"},
			Claims: map[string]any{
				"sub": "ada", "company": "osgeo", "level": json.Number("9007199254740993"),
				"realm_access": map[string]any{"roles": []any{"editor", json.Number("1.50"), nil, true}},
				// Claims that try to pass for something the gateway says.
				"resource": "mine", "request_path": []any{"static"}, "requester": "x",
				"subject": "root", "version": json.Number("9"), "time": "never", "feature": "f", "existing": "e",
			},
		},
		Request: &ogcapi.Request{
			Method:   "GET",
			Segments: []string{"collections", "obs/deep", "items"},
			Query:    map[string][]string{"limit": {"10", "20"}, "f": {"json"}, "bare": {}},
			Resource: ogcapi.Resource{API: "features", Operation: "read", Type: "items", Collection: "obs/deep"},
		},
		ClientIP: netip.MustParseAddr("::ffff:192.0.2.7"),
		Header:   map[string][]string{"x-purpose": {"audit"}},
		Time:     time.Date(2026, 3, 1, 13, 0, 0, 500, time.FixedZone("CET", 3600)),
	}
}

func TestTheInputIsTheContract(t *testing.T) {
	bare := Input{Principal: &authn.Principal{Kind: authn.Anonymous}, Request: &ogcapi.Request{Method: "HEAD"}}
	tests := []struct {
		golden string
		form   form
		in     Input
	}{
		{"testdata/input/claims.json", form{claims: true}, full()},
		{"testdata/input/prefix.json", form{prefix: []string{"geoapi"}}, full()},
		{"testdata/input/bare.json", form{}, bare},
	}
	for _, test := range tests {
		t.Run(test.golden, func(t *testing.T) {
			want, err := os.ReadFile(test.golden)
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.MarshalIndent(test.form.document(test.in), "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(append(got, '\n'), want) {
				t.Errorf("the input has changed, and policies depend on it; got\n%s", got)
			}
			wantSame(t, test.form, test.in)
		})
	}
}

// wantSame fails unless an OPA server and the embedded engine are given the
// same input.
func wantSame(t *testing.T, f form, in Input) {
	t.Helper()
	encoded, err := json.Marshal(f.document(in))
	if err != nil {
		t.Fatal(err)
	}
	want, err := ast.ValueFromReader(bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.value(in, view{whole: true})
	if err != nil {
		t.Fatal(err)
	}
	if got.Compare(want) != 0 {
		t.Errorf("the engines are given different inputs:\nembedded %v\nremote   %v", got, want)
	}
}

func TestTheLandingPageIsOneEmptySegment(t *testing.T) {
	landing := &ogcapi.Request{}
	if got := (form{}).path(landing); len(got) != 1 || got[0] != "" {
		t.Errorf("relative: %q", got)
	}
	if got := (form{prefix: []string{"geoapi"}}).path(landing); len(got) != 2 || got[0] != "geoapi" || got[1] != "" {
		t.Errorf("with prefix: %q", got)
	}
	if got := wholePath(landing); got != "/" {
		t.Errorf("request.path %q", got)
	}
}

func TestAClaimNeverShadowsAKeyOfOurs(t *testing.T) {
	in := full()
	for name := range (form{}).document(in) {
		if !Reserved(name) {
			t.Errorf("%s is ours, and a claim could set it", name)
		}
	}
	for _, name := range []string{"feature", "existing", "time", "request", "request_anything", "requested"} {
		if !Reserved(name) {
			t.Errorf("%s is not reserved", name)
		}
	}
	for _, name := range []string{"sub", "company", "req", "Subject", ""} {
		if Reserved(name) {
			t.Errorf("%s is reserved", name)
		}
	}
}

func TestClaimsAreConvertedOnceForAToken(t *testing.T) {
	in := full()
	first, err := form{claims: true}.value(in, view{whole: true})
	if err != nil {
		t.Fatal(err)
	}
	in.Principal.Claims["company"] = "changed behind the principal's back"
	again, err := form{claims: true}.value(in, view{whole: true})
	if err != nil {
		t.Fatal(err)
	}
	if first.Compare(again) != 0 {
		t.Error("the claims were converted anew")
	}
}

func TestAClaimThatNoPolicyCanReadIsNoAnswer(t *testing.T) {
	in := full()
	in.Principal.Claims["big"] = json.Number("1e999999999")
	if _, err := (form{}).value(in, view{whole: true}); err == nil {
		t.Error("a number beyond reckoning became a term")
	}
}

func FuzzBothFormsOfTheInputAgree(f *testing.F) {
	f.Add("GET", "obs", "a b", "osgeo", []byte(`{"a":[1,2.5,{"b":null}]}`), true)
	f.Add("POST", "", "", "", []byte(`"<&>\u2028"`), false)
	f.Add("DELETE", "obs/deep", "10", "request", []byte(`1e400`), true)
	f.Fuzz(func(t *testing.T, method, segment, query, claim string, deep []byte, top bool) {
		in := full()
		in.Request.Method = method
		in.Request.Segments = []string{segment, query}
		in.Request.Query = map[string][]string{segment: {query}, query: {claim, segment}}
		in.Request.Resource.Item = segment
		value, err := decodeJSON(deep)
		if err != nil || !in.legible() || !utf8.ValidString(method) {
			return
		}
		in.Principal.Claims[string([]rune(claim))] = value
		shape := form{claims: top, prefix: []string{string([]rune(claim))}}
		if _, err := shape.value(in, view{whole: true}); err != nil {
			return // the same number is refused on the other way too
		}
		wantSame(t, shape, in)
	})
}
