package proxy_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/geowarden/geowarden/proxy"
)

// Row 12: the mode's credential twice is refused; one of another kind is not
// read; and none ever arrives.
func TestCredentialsAreReadOnceOrRefused(t *testing.T) {
	rigs := map[string]*rig{"api-key": newRig(t, "api-key"), "oidc": newRig(t, "oidc")}
	token := rigs["oidc"].token(osgeo)
	bearer := strings.TrimPrefix(token, "Authorization: ")
	tests := []struct {
		mode, name string
		headers    []string
		want       []int
	}{
		{"api-key", "two keys", []string{key(), "X-API-KEY: other"}, []int{400}},
		{"api-key", "the same key twice", []string{key(), key()}, []int{400}},
		{"api-key", "empty", []string{"X-API-KEY: "}, []int{401}},
		{"api-key", "another spelling", []string{"X_API_KEY: " + goodKey}, []int{401}},
		{"api-key", "a token too", []string{key(), token}, []int{200}}, // not read by this mode, and stripped
		{"api-key", "a token alone", []string{token}, []int{401}},
		{"api-key", "in the query", nil, []int{401}},
		{"oidc", "two headers", []string{token, token}, []int{400}},
		{"oidc", "two in one", []string{token + ", " + bearer}, []int{400, 401}},
		{"oidc", "empty", []string{"Authorization: "}, []int{400, 401}},
		{"oidc", "scheme alone", []string{"Authorization: Bearer"}, []int{400, 401}},
		{"oidc", "two spaces", []string{strings.Replace(token, "Bearer ", "Bearer  ", 1)}, []int{400, 401}},
		{"oidc", "tab", []string{strings.Replace(token, "Bearer ", "Bearer\t", 1)}, []int{400, 401}},
		{"oidc", "lower case", []string{strings.Replace(token, "Bearer ", "bearer ", 1)}, []int{200}},
		{"oidc", "basic", []string{"Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("a:b"))}, []int{401}},
		{"oidc", "long", []string{"Authorization: Bearer " + strings.Repeat("a", 20<<10)}, []int{400, 401}},
		{"oidc", "many dots", []string{"Authorization: Bearer " + strings.Repeat(".", 10<<10)}, []int{400, 401}},
		{"oidc", "a key too", []string{token, key()}, []int{200}}, // not read by this mode, and stripped
		{"oidc", "a key alone", []string{key()}, []int{401}},
	}
	for _, tt := range tests {
		t.Run(tt.mode+" "+tt.name, func(t *testing.T) {
			r := rigs[tt.mode]
			r.upstream.Reset()
			target := contexts + "/collections/obs"
			if tt.name == "in the query" {
				target += "?x-api-key=" + goodKey
			}
			a, _, _ := r.raw(request("GET", target, tt.headers...))
			ok := false
			for _, w := range tt.want {
				ok = ok || a.StatusCode == w
			}
			if !ok {
				t.Errorf("status %d, want one of %v: %s", a.StatusCode, tt.want, a.body)
			}
			for _, q := range r.arrived() {
				if a.StatusCode != http.StatusOK {
					t.Error("a refused request arrived")
				}
				if q.Header.Get("Authorization") != "" || q.Header.Get("X-Api-Key") != "" || q.Header.Get("X_API_KEY") != "" {
					t.Errorf("a credential arrived: %v", q.Header)
				}
			}
		})
	}
	huge, _, _ := rigs["oidc"].raw(request("GET", contexts+"/collections/obs", "Authorization: Bearer "+strings.Repeat("a", 4<<20)))
	if huge.StatusCode < 400 || huge.StatusCode >= 500 {
		t.Errorf("a header of 4 MB: status %d", huge.StatusCode)
	}
}

// The bearer token is passed on only where that is configured.
func TestBearerTokenIsPassedOnOnlyWhereConfigured(t *testing.T) {
	for _, forward := range []bool{false, true} {
		r := newRig(t, "oidc", func(_ *rig, cfg *proxy.Config) { cfg.ForwardBearer = forward })
		token := r.token(osgeo)
		r.do("GET", "/collections/obs", token, "X-API-KEY: a-key")
		got := r.lastArrived().Header
		if (got.Get("Authorization") != "") != forward || got.Get("X-Api-Key") != "" {
			t.Errorf("forward %v: %v", forward, got)
		}
	}
}

// Row 25: a secret of each kind is looked for in every log line, every answer
// and everything that arrived.
func TestSecretsLeakNowhere(t *testing.T) {
	const canary = "canary-3f9a1c"
	for _, mode := range []string{"open", "api-key", "jwks", "oidc"} {
		r := newRig(t, mode)
		good := r.token(osgeo)
		secrets := []string{canary, goodKey, strings.Split(good, ".")[2], strings.Split(good, ".")[1]}
		var answers strings.Builder
		for _, headers := range [][]string{
			{"X-API-KEY: " + canary}, {key()}, {good}, {good + canary}, {"Authorization: Bearer " + canary}, {"Authorization: Bearer a." + canary + ".c"},
			{"Authorization: Basic " + canary}, {"X-API-KEY: " + canary, "X-API-KEY: " + goodKey}, {good, "Authorization: Bearer " + canary}, {"Authorization: " + canary},
			{"Proxy-Authorization: Basic " + canary},
		} {
			for _, path := range []string{"/collections/obs", "/collections/lakes/items", "/collections//x", "/openapi", "/admin/config", "/nothing"} {
				a, _, _ := r.raw(request("GET", contexts+path, headers...))
				answers.WriteString(a.body)
				for name, values := range a.Header {
					answers.WriteString(name + strings.Join(values, ","))
				}
			}
		}
		r.gateway.Close() // every line is written
		for _, secret := range secrets {
			if strings.Contains(answers.String(), secret) {
				t.Errorf("%s: an answer holds %q", mode, secret)
			}
			if strings.Contains(r.log.String(), secret) {
				t.Errorf("%s: the log holds %q", mode, secret)
			}
			for _, q := range r.arrived() {
				for name, values := range q.Header {
					if strings.Contains(strings.Join(values, " "), secret) {
						t.Errorf("%s: arrived in %s: %q", mode, name, secret)
					}
				}
			}
		}
		if r.log.String() == "" || answers.Len() == 0 {
			t.Errorf("%s: nothing was looked at", mode)
		}
	}
}
