package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// Example shows what a result says: here of two targets, in two rounds.
func Example() {
	bare := &target{name: bareName, samples: []sample{{processor: 100 * time.Microsecond}, {processor: 200 * time.Microsecond}}}
	keys := &target{name: "API key", samples: []sample{{processor: 110 * time.Microsecond}, {processor: 180 * time.Microsecond}}}
	r := &result{targets: []*target{bare, keys}}
	rows := r.rows()
	fmt.Printf("%.2f\n", rows[1].ratio)
	fmt.Println(aims[0].verdict(rows))
	// Output:
	// 1.00
	// met: 1.00 (API key)
}

func TestDocumentHasTheRatiosFirstAndSaysWhatWasMissed(t *testing.T) {
	slow := sample{processor: 300 * time.Microsecond, resident: 70 << 20, p99: 2 * time.Millisecond}
	r := &result{
		machine: machine{commit: "abc", golang: "go1.26", model: "some processor", cores: 2, memory: "4 GiB", kernel: "Linux 6"},
		ready:   map[string]time.Duration{"JWKS": 400 * time.Millisecond},
		targets: []*target{
			{name: bareName, samples: []sample{{processor: 100 * time.Microsecond}}},
			{name: "JWKS", samples: []sample{slow}},
			{name: "API key, links rewritten", samples: []sample{{processor: time.Second, resident: 1 << 40}}},
		},
	}
	page := r.document()
	for _, part := range []string{
		"| JWKS | 3.00 | 300.0 |", "**missed**: 3.00 (JWKS)", "**missed**: 70.00 MiB (JWKS)", "**missed**: 400.00 ms (JWKS)", "Commit abc", "2 cores",
	} {
		if !strings.Contains(page, part) {
			t.Errorf("the page has no %q:\n%s", part, page)
		}
	}
	if ratios, memory := strings.Index(page, "| ratio |"), strings.Index(page, "allocations a request"); ratios > memory {
		t.Error("the ratios are not first")
	}
}

func TestClientRefusesEveryAnswerButARightOne(t *testing.T) {
	for _, answer := range []string{
		"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nok",
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok",
		"HTTP/1.1 200 OK\r\n\r\nok",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: 1\r\n\r\n",
		"nonsense\r\n\r\n",
	} {
		if _, err := readOne(answer); err == nil {
			t.Errorf("%q was taken for right", answer)
		}
	}
	for _, answer := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
	} {
		if n, err := readOne(answer); err != nil || n != 2 {
			t.Errorf("%q: %d bytes, %v", answer, n, err)
		}
	}
}

func readOne(answer string) (int64, error) {
	c := &client{reader: bufio.NewReader(strings.NewReader(answer))}
	return c.answer(io.Discard)
}

func TestBackendTellsWhatArrived(t *testing.T) {
	backend := httptest.NewServer(newBackend(publicName))
	defer backend.Close()
	for path, part := range map[string]string{
		"/collections":                            `"id":"pub/secret"`,
		"/collections/obs/items":                  itemsMark,
		"/collections//lakes/items/1":             `"URI":"/collections//lakes/items/1"`,
		"/collections/obs/coverage?limit=5":       "",
		"/collections/obs/coverage?limit=0000000": "",
	} {
		body := get(t, backend.URL+path)
		if !strings.Contains(body, part) {
			t.Errorf("%s: %.200s", path, body)
		}
	}
	body := get(t, backend.URL+"/x", "Authorization: Bearer x", "X-Forwarded-For: "+forged)
	if !strings.Contains(body, `"Leaked":["Authorization","X-Forwarded-For"]`) {
		t.Errorf("what leaked is not told: %.400s", body)
	}
}

func get(t *testing.T, url string, headers ...string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestPageIsOfTheSizeThatFiguresAreGivenFor(t *testing.T) {
	if n := len(featurePage(publicName)); n < pageSize || n > pageSize+150 {
		t.Errorf("the page has %d bytes", n)
	}
}

func TestFiguresAreSummedByLabels(t *testing.T) {
	f, err := readFigures(strings.NewReader("# HELP a b\na{x=\"1\",y=\"2\"} 3\na{x=\"1\",y=\"3\"} 4\na{x=\"2\",y=\"3\"} 8\nab 16\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := f.sum("a", `x="1"`); got != 7 {
		t.Errorf("%v", got)
	}
	if got := f.sum("ab"); got != 16 {
		t.Errorf("%v", got)
	}
}

func TestUnknownCommandIsRefused(t *testing.T) {
	var out bytes.Buffer
	for _, args := range [][]string{nil, {"nonsense"}, {"compare", "-rounds", "0"}} {
		if err := run(context.Background(), args, &out); err == nil {
			t.Errorf("%v was run", args)
		}
	}
}

func TestPercentileIsByTheNearestRank(t *testing.T) {
	times := []time.Duration{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	for percent, want := range map[int]time.Duration{50: 5, 99: 10, 10: 1, 1: 1} {
		if got := percentile(times, percent); got != want {
			t.Errorf("%d%%: %d", percent, got)
		}
	}
}
