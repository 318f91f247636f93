package demo_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

func TestWhatArrivesIsRecordedByteForByte(t *testing.T) {
	up := newUpstream()
	const target, body = "/collections//obs/%69tems/?a=1;b=%zz", `{"x": 1}`
	ask(t, up, http.MethodPost, target, body, "X-One", "1", "X-One", "2", "Content-Type", "application/json")
	got, ok := up.Last()
	if !ok {
		t.Fatal("nothing was recorded")
	}
	sum := sha256.Sum256([]byte(body))
	switch {
	case got.Method != http.MethodPost, got.RequestURI != target, got.Host != "example.com", !got.BodyComplete,
		got.BodyBytes != int64(len(body)), got.BodySHA256 != hex.EncodeToString(sum[:]),
		strings.Join(got.Header.Values("X-One"), ",") != "1,2":
		t.Errorf("recorded %+v", got)
	}
}

func TestACutBodyIsRecordedAndRefused(t *testing.T) {
	up := newUpstream()
	server := httptest.NewServer(up)
	defer server.Close()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	request := "POST /collections/obs/items HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n"
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, len("HTTP/1.1 400"))
	if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != "HTTP/1.1 400" {
		t.Errorf("answer %q, %v", answer, err)
	}
	if got, ok := up.Last(); !ok || got.BodyComplete || got.BodyBytes != 3 || got.ContentLength != -1 {
		t.Errorf("recorded %+v", got)
	}
}

func TestABodyThatIsTooLargeIsRefused(t *testing.T) {
	up := newUpstream()
	w := ask(t, up, http.MethodPost, "/collections/obs/items", strings.Repeat(" ", 5<<20), "Content-Type", "application/json")
	if got, _ := up.Last(); w.Code != http.StatusRequestEntityTooLarge || got.BodyComplete {
		t.Errorf("%d, complete %v", w.Code, got.BodyComplete)
	}
}

func TestTheRecordIsBoundedAndCanBeForgotten(t *testing.T) {
	up := newUpstream()
	for n := range 1500 {
		ask(t, up, http.MethodGet, fmt.Sprintf("/nothing?n=%d", n), "")
	}
	kept := up.Requests()
	if len(kept) != 1024 || up.Count() != 1500 || kept[1023].RequestURI != "/nothing?n=1499" {
		t.Errorf("%d kept of %d", len(kept), up.Count())
	}
	up.Reset()
	if _, ok := up.Last(); ok || up.Count() != 0 || len(up.Requests()) != 0 {
		t.Error("something is left")
	}
}

func TestManyMayAskAtOnce(t *testing.T) {
	up := newUpstream()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				ask(t, up, http.MethodPost, "/collections/obs/items", `{"type": "Feature", "geometry": null, "properties": {"value": 1}}`,
					"Content-Type", "application/geo+json")
				ask(t, up, http.MethodGet, "/collections/obs/items?value=1", "")
				ask(t, up, http.MethodPost, "/processes/hello-world/execution", `{"inputs": {"name": "Ada"}}`)
				ask(t, up, http.MethodGet, "/jobs", "")
				up.SetServerURL(serverURL)
				up.Requests()
			}
		})
	}
	all.Wait()
	if matched := answer(t, up, "/collections/obs/items?resulttype=hits")["numberMatched"]; matched != 165.0 {
		t.Errorf("%v items, want 5 and 160 more", matched)
	}
}
