package upstream_test

import (
	"net/http"
	"strings"
	"testing"
)

// What the fallback's errors quote of an answer stays out of the log.
func TestErrorsQuoteNoAnswer(t *testing.T) {
	for name, raw := range map[string]string{
		"a line without colon": "HTTP/1.1 200 OK\r\nSet-Cookie CANARY\r\n\r\n",
		"no HTTP":              "CANARY\r\n\r\n",
		"a bad length":         "HTTP/1.1 200 OK\r\nContent-Length: CANARY\r\n\r\n",
		"a control character":  "HTTP/1.1 200 OK\r\nX-A: b\x01CANARY\r\n\r\n",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			got := ask(t, direct(t), method, saying(t, raw, true).url+"/raw")
			if got.err == nil || strings.Contains(got.err.Error(), "CANARY") {
				t.Errorf("%s, %s: %v", name, method, got.err)
			}
		}
	}
	if got := ask(t, direct(t), http.MethodPost, "http://127.0.0.1:1/"); got.err == nil || !strings.Contains(got.err.Error(), "refused") {
		t.Errorf("what the network says is kept back: %v", got.err)
	}
}
