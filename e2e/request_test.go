//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// direct shows every answer as it came: no proxy, no redirect followed, no
// compression undone.
var direct = &http.Client{
	Timeout:       30 * time.Second,
	Transport:     &http.Transport{DisableCompression: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// answer is a response that was read whole.
type answer struct {
	*http.Response
	body []byte
}

// header is one header field of a request, as "Name: value".
type header string

// ask sends a request with these header fields.
func ask(t *testing.T, method, url, body string, fields ...header) answer {
	t.Helper()
	got, err := exchange(t.Context(), method, url, body, fields...)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	return got
}

func exchange(ctx context.Context, method, url, body string, fields ...header) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	for _, field := range fields {
		name, value, _ := strings.Cut(string(field), ": ")
		req.Header.Add(name, value)
	}
	res, err := direct.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	read, err := io.ReadAll(res.Body)
	return answer{res, read}, err
}

func get(t *testing.T, url string, fields ...header) answer {
	t.Helper()
	return ask(t, http.MethodGet, url, "", fields...)
}

// wants fails unless the answer has this status.
func (a answer) wants(t *testing.T, status int) answer {
	t.Helper()
	if a.StatusCode != status {
		t.Fatalf("%s %s: got %s, want %d\n%.1000s\nsee the logs in %s", a.Request.Method, a.Request.URL, a.Status, status, a.body, logs)
	}
	return a
}

// object reads the body as a JSON object.
func (a answer) object(t *testing.T) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("%s %s: %v\n%.1000s", a.Request.Method, a.Request.URL, err, a.body)
	}
	return v
}

func bearer(token string) header { return header("Authorization: Bearer " + token) }

func (s *stack) withKey() header { return header("X-API-KEY: " + s.key) }

// list reads the body as a JSON array of objects.
func (a answer) list(t *testing.T) []map[string]any {
	t.Helper()
	var v []map[string]any
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("%s %s: %v\n%.1000s", a.Request.Method, a.Request.URL, err, a.body)
	}
	return v
}
