package demo_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const (
	execution = "/processes/hello-world/execution"
	adasName  = `{"inputs": {"name": "Ada", "message": "Good day."}}`
)

func TestAProcessIsDescribedAndRuns(t *testing.T) {
	up := newUpstream()
	described := answer(t, up, "/processes/hello-world")
	if inputs, _ := described["inputs"].(map[string]any); described["id"] != "hello-world" || inputs["name"] == nil {
		t.Errorf("%v", described)
	}
	w := ask(t, up, http.MethodPost, execution, adasName)
	if w.Code != http.StatusOK || object(t, w.Body)["value"] != "Hello, Ada! Good day." {
		t.Errorf("%d", w.Code)
	}
	if location := w.Header().Get("Location"); !strings.HasPrefix(location, serverURL+"/jobs/") {
		t.Errorf("Location: %q", location)
	}
}

func TestAJobLivesFromExecutionToDelete(t *testing.T) {
	up := newUpstream()
	made := ask(t, up, http.MethodPost, execution, adasName, "Prefer", "wait=1, respond-async;x=1")
	if made.Code != http.StatusCreated || made.Header().Get("Preference-Applied") != "respond-async" {
		t.Fatalf("POST: %d, %v", made.Code, made.Header())
	}
	path := strings.TrimPrefix(made.Header().Get("Location"), serverURL)
	job := answer(t, up, path)
	if job["status"] != "successful" || job["processID"] != "hello-world" || path != fmt.Sprint("/jobs/", job["jobID"]) {
		t.Errorf("%v", job)
	}
	if listed, _ := answer(t, up, "/jobs")["jobs"].([]any); len(listed) != 1 {
		t.Errorf("%d jobs", len(listed))
	}
	if results := answer(t, up, path+"/results?f=json"); results["value"] != "Hello, Ada! Good day." {
		t.Errorf("%v", results)
	}
	if w := ask(t, up, http.MethodGet, path+"/results", ""); w.Header().Get("Content-Type") != "text/html" {
		t.Errorf("results are %q unless asked otherwise", w.Header().Get("Content-Type"))
	}
	if w := ask(t, up, http.MethodDelete, path, ""); w.Code != http.StatusOK || object(t, w.Body)["status"] != "dismissed" {
		t.Errorf("DELETE: %d", w.Code)
	}
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		if w := ask(t, up, method, path, ""); w.Code != http.StatusNotFound || object(t, w.Body)["code"] != "NoSuchJob" {
			t.Errorf("%s after DELETE: %d", method, w.Code)
		}
	}
	if w := ask(t, up, http.MethodGet, path+"/results", ""); w.Code != http.StatusNotFound {
		t.Errorf("results after DELETE: %d", w.Code)
	}
}

func TestADismissedJobIsAnsweredWithoutAContentType(t *testing.T) {
	up := newUpstream()
	server := httptest.NewServer(up)
	defer server.Close()
	path := strings.TrimPrefix(ask(t, up, http.MethodPost, execution, adasName).Header().Get("Location"), serverURL)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	gone, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = gone.Body.Close()
	if kind, typed := gone.Header["Content-Type"]; gone.StatusCode != http.StatusOK || typed {
		t.Errorf("%d, Content-Type %q", gone.StatusCode, kind)
	}
}

func TestAFailedExecutionSaysWhyAndLeavesAFailedJob(t *testing.T) {
	up := newUpstream()
	for _, body := range []string{`{}`, `{"inputs": {}}`, `{"inputs": {"name": 7}}`, `null`} {
		w := ask(t, up, http.MethodPost, execution, body)
		if description, _ := object(t, w.Body)["description"].(string); w.Code != http.StatusBadRequest || !strings.Contains(description, "name") {
			t.Errorf("%s: %d, %q", body, w.Code, description)
		}
		path := strings.TrimPrefix(w.Header().Get("Location"), serverURL)
		if job := answer(t, up, path); job["status"] != "failed" || hrefs(any(job))["http://www.opengis.net/def/rel/ogc/1.0/results"] != nil {
			t.Errorf("%s: %v", body, job)
		}
		if w := ask(t, up, http.MethodGet, path+"/results?f=json", ""); w.Code != http.StatusBadRequest {
			t.Errorf("%s: results %d", body, w.Code)
		}
	}
	if w := ask(t, up, http.MethodPost, execution, "{"); w.Code != http.StatusBadRequest || w.Header().Get("Location") != "" {
		t.Errorf("no JSON: %d, %v", w.Code, w.Header())
	}
}

func TestOnlyTheNewestJobsAreKept(t *testing.T) {
	up := newUpstream()
	for n := range 205 {
		ask(t, up, http.MethodPost, execution, fmt.Sprintf(`{"inputs": {"name": "%d"}}`, n))
	}
	listed, _ := answer(t, up, "/jobs")["jobs"].([]any)
	newest, _ := listed[0].(map[string]any)
	if inputs, _ := newest["parameters"].(map[string]any); len(listed) != 200 || inputs["name"] != "204" {
		t.Errorf("%d jobs, the newest of %v", len(listed), inputs)
	}
}
