package proxy_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/geowarden/geowarden/proxy"
)

// Row 26: a few kilobytes that unfold to more than is held are no answer.
func TestCompressedBombIsNotHeld(t *testing.T) {
	r := newRig(t, "open", serving(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		bomb := gzip.NewWriter(w)
		_, _ = io.Copy(bomb, io.LimitReader(spaces{}, 64<<20))
		_ = bomb.Close()
	}))
	a := r.do("GET", "/openapi?f=json", "Accept-Encoding: gzip")
	if a.StatusCode != http.StatusBadGateway || !strings.Contains(a.body, "more than is held") {
		t.Errorf("status %d: %.300s", a.StatusCode, a.body)
	}
}

// Where any page may read, none acts for whoever visits it: a page of any
// origin is never allowed to send cookies along.
func TestAnyPageNeverComesWithCredentials(t *testing.T) {
	r := newRig(t, "open", func(_ *rig, cfg *proxy.Config) { cfg.CORS = proxy.CORS{Origins: []string{"*"}, Credentials: true} })
	for _, method := range []string{"GET", "OPTIONS"} {
		a := r.do(method, "/collections/obs", "Origin: https://evil.example", "Access-Control-Request-Method: GET")
		if a.Header.Get("Access-Control-Allow-Origin") == "" || a.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: %v", method, a.Header)
		}
	}
}

// Row 26: compressed answers are rewritten as they stream, and one that is cut
// or broken is not made whole.
func TestCompressedAnswersStayWhatTheyWere(t *testing.T) {
	link := `{"href":"http://inside.test:5000/collections"}`
	for name, tt := range map[string]struct {
		write func(io.Writer)
		whole bool
	}{
		"whole": {func(w io.Writer) {
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, link)
			_ = z.Close()
		}, true},
		"without an end": {func(w io.Writer) {
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, link)
			_ = z.Flush()
		}, false},
		"no gzip at all": {func(w io.Writer) { _, _ = io.WriteString(w, link) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, "open", serving(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("Content-Encoding", "gzip")
				tt.write(w)
			}), func(_ *rig, cfg *proxy.Config) { cfg.UpstreamServer = "http://inside.test:5000" })
			res := r.begin("/collections/obs")
			body, err := io.ReadAll(res.Body)
			_ = res.Body.Close()
			if (err == nil && res.StatusCode == http.StatusOK) != tt.whole {
				t.Errorf("status %d, %q: %v", res.StatusCode, body, err)
			}
			if tt.whole && string(body) != strings.Replace(link, "http://inside.test:5000", r.gateway.URL+contexts, 1) {
				t.Errorf("got %s", body)
			}
			if strings.Contains(string(body), "inside.test") {
				t.Errorf("the inside shows: %s", body)
			}
		})
	}
}
