package demo_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/geowarden/geowarden/internal/demo"
)

func loadOpenAPI(t *testing.T, up *demo.Upstream) *openapi3.T {
	t.Helper()
	document, err := openapi3.NewLoader().LoadFromData(ask(t, up, http.MethodGet, "/openapi", "").Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return document
}

func TestTheOpenAPIDocumentIsValid(t *testing.T) {
	document := loadOpenAPI(t, newUpstream(demo.Collection{ID: "pub/secret", Title: "Secret"}))
	if err := document.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	if got := document.Servers[0].URL; got != serverURL {
		t.Errorf("servers: %s", got)
	}
	if document.Paths.Value("/collections/pub/secret/items") == nil {
		t.Error("the collection of this test is missing")
	}
}

func TestTheOpenAPIDocumentTellsTheTruth(t *testing.T) {
	up := newUpstream()
	document := loadOpenAPI(t, up)
	job := ask(t, up, http.MethodPost, execution, adasName).Header().Get("Location")
	jobID := job[strings.LastIndex(job, "/")+1:]
	for path, item := range document.Paths.Map() {
		featureID := "101"
		if strings.Contains(path, "lakes") {
			featureID = "1"
		}
		target := strings.NewReplacer("{jobId}", jobID, "{featureId}", featureID).Replace(path)
		allow := ask(t, up, http.MethodOptions, target, "").Header().Get("Allow")
		for method := range item.Operations() {
			if !strings.Contains(allow, method) {
				t.Errorf("%s %s is described, but %q is allowed", method, path, allow)
			}
		}
		if item.Get == nil {
			continue
		}
		if w := ask(t, up, http.MethodGet, target, ""); w.Code != http.StatusOK || item.Get.Responses.Value("200") == nil {
			t.Errorf("GET %s: %d", path, w.Code)
		}
	}
}
