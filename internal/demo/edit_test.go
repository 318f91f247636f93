package demo_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

const (
	geoJSON = "application/geo+json"
	point   = `{"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": {"value": 3}}`
)

func TestAFeatureLivesFromPostToDelete(t *testing.T) {
	up := newUpstream()
	made := ask(t, up, http.MethodPost, "/collections/obs/items", point, "Content-Type", geoJSON+"; charset=utf-8")
	location := made.Header().Get("Location")
	if made.Code != http.StatusCreated || !strings.HasPrefix(location, serverURL+"/collections/obs/items/") {
		t.Fatalf("POST: %d, %q", made.Code, location)
	}
	path := strings.TrimPrefix(location, serverURL)
	if got, _ := answer(t, up, path)["properties"].(map[string]any); got["value"] != 3.0 {
		t.Errorf("after POST: %v", got)
	}
	if w := ask(t, up, http.MethodPut, path, strings.ReplaceAll(point, "3", "4"), "Content-Type", geoJSON); w.Code != http.StatusNoContent || w.Body.Len() != 0 {
		t.Errorf("PUT: %d %s", w.Code, w.Body)
	}
	if got, _ := answer(t, up, path)["properties"].(map[string]any); got["value"] != 4.0 {
		t.Errorf("after PUT: %v", got)
	}
	if w := ask(t, up, http.MethodDelete, path, ""); w.Code != http.StatusOK {
		t.Errorf("DELETE: %d", w.Code)
	}
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		if w := ask(t, up, method, path, ""); w.Code != http.StatusNotFound {
			t.Errorf("%s after DELETE: %d", method, w.Code)
		}
	}
}

func TestAFeatureKeepsTheIDItBrings(t *testing.T) {
	up := newUpstream()
	for id, path := range map[string]string{`"a b/c?d"`: "a%20b/c%3Fd", `"x"`: "x", `77`: "77"} {
		body := strings.Replace(point, "{", `{"id": `+id+`,`, 1)
		w := ask(t, up, http.MethodPost, "/collections/obs/items", body, "Content-Type", geoJSON)
		if got := w.Header().Get("Location"); got != serverURL+"/collections/obs/items/"+path {
			t.Errorf("%s is at %q", id, got)
			continue
		}
		if w := ask(t, up, http.MethodGet, "/collections/obs/items/"+path, ""); w.Code != http.StatusOK {
			t.Errorf("%s: %d", id, w.Code)
		}
		if w := ask(t, up, http.MethodPost, "/collections/obs/items", body, "Content-Type", geoJSON); w.Code != http.StatusBadRequest {
			t.Errorf("%s twice: %d", id, w.Code)
		}
	}
}

func TestOnlyGeoJSONWrites(t *testing.T) {
	up := newUpstream()
	for kind, status := range map[string]int{
		"application/query-cql-json": 200, "application/cql2+json": 200, "application/json": 200, "text/plain": 200,
		"": 400, "nonsense;;": 400,
	} {
		header := []string{"Content-Type", kind}
		if kind == "" {
			header = nil
		}
		w := ask(t, up, http.MethodPost, "/collections/obs/items?stn_id=11", `{"eq": [{"property": "value"}, 3]}`, header...)
		if w.Code != status {
			t.Errorf("%q: %d", kind, w.Code)
		}
		if status == http.StatusOK && object(t, w.Body)["numberMatched"] != 2.0 {
			t.Errorf("%q does not answer as GET does", kind)
		}
	}
	if got := answer(t, up, "/collections/obs/items")["numberMatched"]; got != 5.0 {
		t.Errorf("%v items: a read wrote", got)
	}
}

func TestWhatIsNoFeatureIsRefused(t *testing.T) {
	up := newUpstream()
	for _, body := range []string{
		"", "{", "null", "[]", `"Feature"`, `{}`, `{"type": "FeatureCollection", "features": []}`, point + point,
		`{"type": "Feature", "id": {}, "geometry": null}`, `{"type": "Feature", "id": true, "geometry": null}`,
		`{"type": "Feature", "id": "", "geometry": null}`, `{"type": "Feature", "geometry": {"type": "Blob"}}`,
		`{"type": "Feature", "geometry": 7}`, `{"type": "Feature", "geometry": null, "properties": []}`,
	} {
		for _, to := range []struct{ method, path string }{
			{http.MethodPost, "/collections/obs/items"}, {http.MethodPut, "/collections/obs/items/101"},
		} {
			if w := ask(t, up, to.method, to.path, body, "Content-Type", geoJSON); w.Code != http.StatusBadRequest {
				t.Errorf("%s %s: %d", to.method, body, w.Code)
			}
		}
	}
	if w := ask(t, up, http.MethodPut, "/collections/obs/items/none", point, "Content-Type", geoJSON); w.Code != http.StatusNotFound {
		t.Errorf("PUT of what is not there: %d", w.Code)
	}
	if w := ask(t, up, http.MethodPost, "/collections/obs/items", "["+strings.Repeat(" ", 64<<10), "Content-Type", geoJSON); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a huge feature: %d", w.Code)
	}
	if got := answer(t, up, "/collections/obs/items")["numberMatched"]; got != 5.0 {
		t.Errorf("%v items: something was kept", got)
	}
}

func TestACollectionDoesNotGrowWithoutEnd(t *testing.T) {
	up := newUpstream()
	for n := range 995 {
		if w := ask(t, up, http.MethodPost, "/collections/obs/items", point, "Content-Type", geoJSON); w.Code != http.StatusCreated {
			t.Fatalf("feature %d: %d", n, w.Code)
		}
	}
	if w := ask(t, up, http.MethodPost, "/collections/obs/items", point, "Content-Type", geoJSON); w.Code != http.StatusInsufficientStorage {
		t.Errorf("feature 1001: %d", w.Code)
	}
	if got := fmt.Sprint(answer(t, up, "/collections/obs/items?limit=1")["numberMatched"]); got != "1000" {
		t.Errorf("%s items", got)
	}
}
