package metrics

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/zap"
)

// scrape reads every series as Prometheus would: its name with labels, in the
// order of the text format, and its value.
func scrape(t *testing.T, m *Metrics) map[string]float64 {
	t.Helper()
	w := httptest.NewRecorder()
	m.handler(http.NotFoundHandler(), zap.NewNop()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("scrape: %d %s", w.Code, w.Body)
	}
	series := map[string]float64{}
	for line := range strings.Lines(w.Body.String()) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		name, text, _ := cutLast(strings.TrimSpace(line), " ")
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if _, twice := series[name]; twice {
			t.Errorf("%s is there twice", name)
		}
		series[name] = value
	}
	return series
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// only fails unless exactly these series begin with prefix.
func only(t *testing.T, got map[string]float64, prefix string, want map[string]float64) {
	t.Helper()
	for name, value := range got {
		if expected, ok := want[name]; strings.HasPrefix(name, prefix) && (!ok || value != expected) {
			t.Errorf("%s is %v, want %v (there: %v)", name, value, expected, ok)
		}
	}
	for name := range want {
		if _, ok := got[name]; !ok {
			t.Errorf("%s is not there", name)
		}
	}
}
