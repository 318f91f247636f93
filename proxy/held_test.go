package proxy_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/geowarden/geowarden/proxy"
)

// definition is an API definition of about a size.
func definition(size int) string {
	return `{"openapi":"3.0.2","info":{"title":"t","version":"1","description":"` + strings.Repeat("x", size) + `"},"paths":{}}`
}

// Readers who do not go on keep the documents that they asked for in memory.
// So many are held, and more are refused after a moment, until one is let go.
func TestHeldDocumentsAreBounded(t *testing.T) {
	const most = 1 << 20
	for _, tt := range []struct{ size, fit int }{{most - 1000, 4}, {most / 4, 12}} { // of the small ones, as many as leave no room for a large one
		inBubble(t, func(_ *piped, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/vnd.oai.openapi+json;version=3.0")
			_, _ = io.WriteString(w, definition(tt.size))
		}, func(p *piped) {
			var unread []*http.Response
			for range tt.fit {
				res := p.begin("GET", "/openapi", nil) //nolint:bodyclose // it is read later, or let go
				if res.StatusCode != http.StatusOK {
					p.t.Fatalf("document %d of %d: status %d", len(unread), tt.size, res.StatusCode)
				}
				unread = append(unread, res) //nolint:bodyclose // as above
			}
			start := time.Now()
			res := p.begin("GET", "/openapi", nil)
			got, _ := io.ReadAll(res.Body)
			_ = res.Body.Close()
			refused := answer{res, string(got)}
			if refused.StatusCode != http.StatusServiceUnavailable || refused.Header.Get("Retry-After") != "1" || refused.problem(p.t)["code"] != "ServiceUnavailable" {
				p.t.Errorf("one more of %d: status %d: %.200s", tt.size, refused.StatusCode, refused.body)
			}
			if took := time.Since(start); took > 5*time.Second {
				p.t.Errorf("it waited %s", took)
			}
			if line := p.log.line(p.t, refused.Header.Get("X-Request-Id")); line["failure"] != "overloaded" {
				p.t.Errorf("the log says %v", line)
			}
			for i, res := range unread { // some are read, some are let go
				if i%2 == 0 {
					_, _ = io.Copy(io.Discard, res.Body)
				}
				_ = res.Body.Close()
			}
			for range 2 * tt.fit {
				res := p.begin("GET", "/openapi", nil)
				if n, err := io.Copy(io.Discard, res.Body); res.StatusCode != http.StatusOK || n < int64(tt.size) || err != nil {
					p.t.Errorf("afterwards: status %d, %d bytes, %v", res.StatusCode, n, err)
				}
				_ = res.Body.Close()
			}
		}, func(cfg *proxy.Config) { cfg.MaxHeld = most })
	}
}

// What could not be changed leaves no room taken.
func TestDocumentsThatFailTakeNoRoom(t *testing.T) {
	bad := true
	inBubble(t, func(_ *piped, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if bad {
			_, _ = io.WriteString(w, "{")
		} else {
			_, _ = io.WriteString(w, definition(10))
		}
	}, func(p *piped) {
		for _, bad = range []bool{true, true, true, true, true, false} {
			res := p.begin("GET", "/openapi", nil)
			_ = res.Body.Close()
			if want := map[bool]int{true: http.StatusBadGateway, false: http.StatusOK}[bad]; res.StatusCode != want {
				p.t.Errorf("status %d, want %d", res.StatusCode, want)
			}
		}
	})
}

// The forms that are kept for the public are bounded together: the oldest make
// room for the newest.
func TestPublicAnswersAreBoundedTogether(t *testing.T) {
	asked := map[string]int{}
	inBubble(t, func(_ *piped, w http.ResponseWriter, req *http.Request) {
		asked[req.URL.RawQuery]++
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write(make([]byte, 60_000))
	}, func(p *piped) {
		clear(asked)
		forms := []string{"", "?f=json", "?f=html", "?ui=swagger", "?ui=redoc"} // one more than there is room for
		for range 2 {
			for _, form := range forms {
				res := p.begin("GET", "/openapi"+form, nil)
				if n, err := io.Copy(io.Discard, res.Body); res.StatusCode != http.StatusOK || n != 60_000 || err != nil {
					p.t.Errorf("%s: status %d, %d bytes, %v", form, res.StatusCode, n, err)
				}
				_ = res.Body.Close()
			}
		}
		if got := fmt.Sprint(asked); len(asked) != len(forms) || strings.Contains(got, ":1") {
			p.t.Errorf("asked %s: more are kept than there is room for", got)
		}
	}, func(cfg *proxy.Config) { cfg.PublicOpenAPI, cfg.MaxHeld = true, 65_000 })
}
