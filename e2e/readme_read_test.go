package e2e

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
)

func TestReadLinesFindsTheMarkedBlocks(t *testing.T) {
	sample, err := os.Open("testdata/sample.md")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sample.Close() }()
	got, err := readLines(sample)
	if err != nil {
		t.Fatal(err)
	}
	const g = "G=http://localhost:5000/geoapi"
	want := []line{
		{"api-key", 13, g, `curl -i $G/collections/obs`, 401},
		{"api-key", 14, g, `curl -H "X-API-KEY: $KEY" $G/collections/obs`, 200},
		{"api-key", 15, g, "curl -X POST -H \"X-API-KEY: $KEY\" \\\n-H 'Content-Type: application/json' \\\n" +
			"-d '{\"inputs\": {\"name\": \"# 500\"}}' \\\n$G/processes/hello-world/execution", 200},
		{"jwks", 27, `AUTH="Authorization: Bearer $TOKEN_OSGEO"`, `curl -H "$AUTH" "$G/collections/obs?f=json" | head`, 200},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func TestReadLinesRefusesWhatNothingWouldTry(t *testing.T) {
	for name, text := range map[string]string{
		"a curl line that promises nothing":    "```sh e2e: jwks\ncurl $G/\n```\n",
		"a status inside a quoted argument":    "```sh e2e: jwks\ncurl -d 'a # 200' $G/\n```\n",
		"a status inside the last argument":    "```sh e2e: jwks\ncurl $G/ -d 'a # 200'\n```\n",
		"a command that is not curl":           "```sh e2e: jwks\nwget $G/ # 200\n```\n",
		"a command that goes on past the end":  "```sh e2e: jwks\ncurl \\\n```\n",
		"a block that is never closed":         "```sh e2e: jwks\ncurl $G/ # 200\n",
		"a status that is no status":           "```sh e2e: jwks\ncurl $G/ # 600\n```\n",
		"an assignment that is no assignment":  "```sh e2e: jwks\nA B=c\n```\n",
		"a fence of the other kind as the end": "```sh e2e: jwks\ncurl $G/ # 200\n~~~\n",
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := readLines(strings.NewReader(text)); err == nil {
				t.Errorf("accepted as %+v", got)
			}
		})
	}
}

func FuzzReadLines(f *testing.F) {
	sample, err := os.ReadFile("testdata/sample.md")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(sample))
	f.Add("```sh e2e: jwks\ncurl $G/ # 200\n```\n")
	f.Add("<!-- e2e: oidc -->\n~~~\ncurl \\\n # 404\n~~~")
	f.Fuzz(func(t *testing.T, text string) {
		lines, err := readLines(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, l := range lines {
			if l.mode == "" || l.status < 100 || l.status > 599 || !strings.HasPrefix(l.command, "curl") {
				t.Errorf("%q was read as %+v", text, l)
			}
		}
	})
}

func Example() {
	lines, err := readLines(strings.NewReader("<!-- e2e: api-key -->\n```sh\ncurl $G/collections  # 401\n```\n"))
	for _, l := range lines {
		fmt.Printf("%s, line %d: %s -> %d\n", l.mode, l.number, l.command, l.status)
	}
	fmt.Println(err)
	// Output:
	// api-key, line 3: curl $G/collections -> 401
	// <nil>
}
