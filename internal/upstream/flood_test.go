package upstream_test

import (
	"net/http"
	"strings"
	"testing"
)

// A few informational answers are read over, and no more: each is a turn of the
// gateway's for nothing, however short it is.
func TestAFloodOfInformationalAnswersIsRefused(t *testing.T) {
	for hints, good := range map[int]bool{8: true, 9: false} {
		b := saying(t, strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", hints)+ok+"Content-Length: 0\r\n\r\n", true)
		if got := ask(t, direct(t), http.MethodGet, b.url+"/raw"); (got.err == nil) != good {
			t.Errorf("after %d of them: %v", hints, got.err)
		}
	}
}
