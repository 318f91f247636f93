package authz_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/geowarden/geowarden/authz"
)

// answering is an engine on a server that gives every question for a decision
// to handler, and knows no data rule.
func answering(t *testing.T, cfg authz.RemoteConfig, handler http.HandlerFunc) *authz.Remote {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/", handler)
	mux.HandleFunc("/v1/compile", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"result": {}}`) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	cfg.URL = server.URL
	if cfg.Timeout == 0 {
		cfg.Timeout = patience
	}
	r, err := authz.NewRemote(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAClearAnswerOfTheServerDecides(t *testing.T) {
	tests := []struct {
		name, body string
		allow      bool
		reason     string
	}{
		{"true", `{"result": {"allow": true, "helper": 1}}`, true, ""},
		{"false", `{"result": {"allow": false, "reason": "not today"}}`, false, "not today"},
		{"allow undefined", `{"result": {"reason": "not today"}}`, false, "not today"},
		{"package undefined", `{}`, false, ""},
		{"package undefined, with a warning", `{"warning": {"code": "x"}}`, false, ""},
		{"a reason that is no text", `{"result": {"allow": false, "reason": 1}}`, false, ""},
		{"a reason beside a yes", `{"result": {"allow": true, "reason": "x"}}`, true, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := answering(t, authz.RemoteConfig{}, func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, test.body)
			})
			got, err := r.Decide(t.Context(), asks(user("ada", nil), reads("common", "landing")))
			wantDecision(t, got, err, test.allow, test.reason)
		})
	}
}

func TestAnUnclearAnswerOfTheServerIsNoAnswer(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		cause  authz.Cause
	}{
		{"an error", 500, `{"result": {"allow": true}}`, authz.CauseRemote},
		{"another success", 202, `{"result": {"allow": true}}`, authz.CauseRemote},
		{"not found", 404, `{}`, authz.CauseRemote},
		{"unauthorized", 401, `{}`, authz.CauseRemote},
		{"no JSON", 200, `<html>`, authz.CauseRemote},
		{"empty", 200, ``, authz.CauseRemote},
		{"cut off", 200, `{"result": {"allow": true}`, authz.CauseRemote},
		{"two values", 200, `{"result": {"allow": true}} {}`, authz.CauseRemote},
		{"a list", 200, `[true]`, authz.CauseRemote},
		{"allow twice", 200, `{"result": {"allow": false, "allow": true}}`, authz.CauseRemote},
		{"result twice", 200, `{"result": {}, "result": {"allow": true}}`, authz.CauseRemote},
		{"too long", 200, `{"result": {"allow": true, "x": "` + strings.Repeat("x", 1<<20) + `"}}`, authz.CauseRemote},
		{"result is the boolean", 200, `{"result": true}`, authz.CauseType},
		{"result is null", 200, `{"result": null}`, authz.CauseType},
		{"allow is a string", 200, `{"result": {"allow": "true"}}`, authz.CauseType},
		{"allow is a number", 200, `{"result": {"allow": 1}}`, authz.CauseType},
		{"allow is null", 200, `{"result": {"allow": null}}`, authz.CauseType},
		{"a filter", 200, `{"result": {"allow": true, "feature_visible": true}}`, authz.CauseDataRule},
		{"a write rule", 200, `{"result": {"allow": true, "feature_writable": false}}`, authz.CauseDataRule},
		{"an empty mask", 200, `{"result": {"allow": true, "masked_properties": []}}`, authz.CauseDataRule},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := answering(t, authz.RemoteConfig{}, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			})
			got, err := r.Decide(t.Context(), asks(user("ada", nil), reads("common", "landing")))
			wantCause(t, err, test.cause)
			if got.Allow {
				t.Error("allowed all the same")
			}
		})
	}
}

func TestTheServerIsAskedWithTheWholeInput(t *testing.T) {
	var asked *http.Request
	var body []byte
	r := answering(t, authz.RemoteConfig{TopLevelClaims: true, PathPrefix: []string{"geoapi"}}, func(w http.ResponseWriter, req *http.Request) {
		asked = req
		body, _ = io.ReadAll(req.Body)
		_, _ = io.WriteString(w, `{"result": {"allow": true}}`)
	})
	got, err := r.Decide(t.Context(), asks(user("ada", map[string]any{"company": "osgeo"}), reads("common", "landing"), "collections"))
	wantDecision(t, got, err, true, "")
	if asked.Method != http.MethodPost || asked.URL.RequestURI() != "/v1/data/httpapi/authz?strict-builtin-errors=true" {
		t.Errorf("%s %s", asked.Method, asked.URL.RequestURI())
	}
	if asked.Header.Get("Content-Type") != "application/json" {
		t.Errorf("content type %q", asked.Header.Get("Content-Type"))
	}
	var question struct {
		Input struct {
			Path    []string `json:"request_path"`
			Company string   `json:"company"`
			Subject struct {
				ID string `json:"id"`
			} `json:"subject"`
		} `json:"input"`
	}
	if err := json.Unmarshal(body, &question); err != nil {
		t.Fatal(err)
	}
	if strings.Join(question.Input.Path, "/") != "geoapi/collections" || question.Input.Company != "osgeo" || question.Input.Subject.ID != "ada" {
		t.Errorf("asked %s", body)
	}
}

func TestTheInputIsNeverSentAlongARedirect(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the input went to another server")
	}))
	defer elsewhere.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}
		r := answering(t, authz.RemoteConfig{Client: client}, func(w http.ResponseWriter, req *http.Request) {
			http.Redirect(w, req, elsewhere.URL, status)
		})
		_, err := r.Decide(t.Context(), asks(user("ada", nil), reads("common", "landing")))
		wantCause(t, err, authz.CauseRemote)
	}
}

func TestAServerThatTakesTooLongIsADeadline(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	r := answering(t, authz.RemoteConfig{Timeout: 10 * time.Millisecond}, func(_ http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		select {
		case <-release:
		case <-req.Context().Done():
		}
	})
	_, err := r.Decide(t.Context(), asks(user("ada", nil), reads("common", "landing")))
	wantCause(t, err, authz.CauseDeadline)
}

func TestAServerThatIsNotThereIsOutOfReach(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	url := server.URL
	server.Close()
	r, err := authz.NewRemote(authz.RemoteConfig{URL: url, Timeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Decide(context.Background(), asks(user("ada", nil), reads("common", "landing")))
	wantCause(t, err, authz.CauseRemote)
}
