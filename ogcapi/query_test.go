package ogcapi_test

import (
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

func TestQueriesThatTwoServersCouldReadInTwoWaysAreRefused(t *testing.T) {
	for name, queries := range map[string][]string{
		"a reserved parameter twice (Flask takes the first, Starlette the last)": {
			"f=json&f=html", "filter=a&x=1&filter=b", "limit=1&%6cimit=2", "bbox=1,2,3,4&bbox=", "access_token=a&access_token=b", "properties=a&properties=b",
		},
		"a reserved parameter in another case": {"FILTER=a", "filter=a&FILTER=b", "Limit=1", "F=json", "skipgeometry=true", "filter-LANG=cql2-text"},
		"bad escapes (CVE-2022-2880)":          {"x=%zz", "x=%", "x=%4", "%g=1"},
		"control characters":                   {"a\x00=1", "a=%00", "a=%01", "a%0a=1", "a=\t", "a=%c2%80"},
		"bytes that are not ASCII":             {"a=\xc3\xa9", "\xff=1"},
		"bytes that are not UTF-8":             {"a=%ff", "%c0%80=1"},
		"spaces and fragments":                 {"a=b c", "a=b#c"},
		"20,000 parameters":                    {strings.TrimSuffix(strings.Repeat("a=1&", 20_000), "&")},
		"1,001 parameters":                     {strings.Repeat("&", 1000)},
	} {
		t.Run(name, func(t *testing.T) {
			for _, query := range queries {
				if q, err := parse(t, "GET", "/geoapi/collections/obs/items?"+query); !isAmbiguous(err) {
					t.Errorf("%.60q: got %v, %v", query, q, err)
				}
			}
		})
	}
}

func TestQueriesAreReadAsTheServersReadThem(t *testing.T) {
	for raw, want := range map[string]url.Values{
		"":                                    {},
		"f=json&limit=10":                     {"f": {"json"}, "limit": {"10"}},
		"DataInputs=a;b&x=1;y=2":              {"DataInputs": {"a;b"}, "x": {"1;y=2"}},
		"company=a&company=b":                 {"company": {"a", "b"}},
		"a=b+c%20d%2B&%61=%C3%A9":             {"a": {"b c d+", "é"}},
		"flag&empty=&&x==y":                   {"flag": {""}, "empty": {""}, "x": {"=y"}},
		"filter=a%0Aand%09b":                  {"filter": {"a\nand\tb"}},
		"u=http://x/?y&z=[1]{2}|\"3\"<4>^`\\": {"u": {"http://x/?y"}, "z": {"[1]{2}|\"3\"<4>^`\\"}},
		"a%3Db=1%262":                         {"a=b": {"1&2"}},
	} {
		q, err := parse(t, "GET", "/geoapi/?"+raw)
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		if !reflect.DeepEqual(q.Query, want) {
			t.Errorf("%s is read as %v", raw, q.Query)
		}
		if q.RawQuery != raw {
			t.Errorf("%s is forwarded as %s", raw, q.RawQuery)
		}
	}
}

func TestAThousandParametersPass(t *testing.T) {
	var b strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&b, "&p%d=%d", i, i)
	}
	q, err := parse(t, "GET", "/geoapi/?"+b.String()[1:])
	if err != nil || len(q.Query) != 1000 {
		t.Fatalf("%v", err)
	}
}
