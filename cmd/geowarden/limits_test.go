package main

import (
	"net/http"
	"strings"
	"testing"
)

// Each rate is off unless it is set, and then holds in the program as it runs.
func TestRatesHoldInTheProgram(t *testing.T) {
	_, upstream := backend(t)
	const good, bad = "X-API-KEY: the-key-of-this-test", "X-API-KEY: not-the-key-of-this-test"
	for name, c := range map[string]struct {
		setting string
		send    []string
		want    []int
	}{
		"none":     {"DEV_RATE_PER_IDENTITY=", []string{good, good, good, bad, bad, good}, []int{200, 200, 200, 401, 401, 200}},
		"identity": {"DEV_RATE_PER_IDENTITY=2/h", []string{good, good, good, bad}, []int{200, 200, 429, 401}},
		"address":  {"DEV_RATE_PER_ADDRESS=3/h", []string{good, bad, "Accept: */*", good}, []int{200, 401, 401, 429}},
		"failures": {"DEV_RATE_OF_FAILURES=2/h", []string{bad, good, "Accept: */*", bad, good, "Accept: */*"}, []int{401, 200, 401, 401, 429, 401}},
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, []string{"serve"}, "PORT=0", upstream, "DEV_API_KEY_ENABLED=true", "DEV_PYGEOAPI_KEY_GLOBAL=the-key-of-this-test", c.setting)
			for i, header := range c.send {
				if status, body := p.get("/collections/obs", header); status != c.want[i] || status == http.StatusTooManyRequests && !strings.Contains(body, "TooManyRequests") {
					t.Errorf("%d. %s: %d, want %d: %s", i+1, header, status, c.want[i], body)
				}
			}
		})
	}
}
