//go:build e2e

package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// pygeoapi's ReDoc page was written for ReDoc 2, and asks for the newest.
func TestReDoc(t *testing.T) {
	needs(t, needNode, needChromium)
	s := running
	opens := func(t *testing.T, address string, how visiting) *visitor {
		t.Helper()
		v := s.visit(t, how)
		if status := v.open(address + "/openapi?f=html&ui=redoc"); status != http.StatusOK {
			t.Fatalf("status %d: see %s", status, logs)
		}
		return v
	}
	t.Run("2", func(t *testing.T) {
		isVersion("ReDoc", packageVersion(t, "redoc-2"))
		shows(t, "ReDoc", "pygeoapi's page, opened without a key: each operation with the gateway's scheme and its 401 and 403")
		v := opens(t, s.apiKey.url, visiting{root: s.apiKey.root, instead: map[string]string{"redoc": "redoc-2"}})
		v.waits("document.querySelector('h1')?.innerText.startsWith('Sample OGC API')")
		v.waits("document.querySelectorAll('[data-section-id^=\"tag/\"][data-section-id*=\"/\"]').length > 20")
		v.tell("quiet", nil)
		v.tell("click", nil, "text=/^authorizations/i >> nth=0")
		v.tell("waitForSelector", nil, "text=X-API-KEY")
		text := v.text("body")
		for _, part := range []string{"pygeoapi-http", "The credential is missing, or not valid.", "The caller is known, and may not do this."} {
			if !strings.Contains(text, part) {
				t.Errorf("ReDoc does not show %q", part)
			}
		}
		v.isClean()
	})
	t.Run("newest", func(t *testing.T) {
		// It is blank without the gateway too; a release that mends it is welcome.
		through := opens(t, s.apiKey.url, visiting{root: s.apiKey.root}).seen()
		past := opens(t, s.public.url, visiting{root: s.public.url, others: []string{s.standard.root}}).seen()
		if len(through.Exceptions) != len(past.Exceptions) {
			t.Errorf("through the gateway the page fails with %q, and with %q past it", through.Exceptions, past.Exceptions)
		}
		if len(through.Exceptions) > 0 {
			doesNot(t, "ReDoc", "pygeoapi's page with ReDoc "+packageVersion(t, "redoc")+": it stays blank", "the page asks for the newest ReDoc as a plain script, and ReDoc 3 is a module; the same without the gateway")
		}
	})
}
