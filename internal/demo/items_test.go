package demo_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestItemsAreSelected(t *testing.T) {
	up := newUpstream()
	for _, c := range []struct {
		query             string
		matched, returned float64
	}{
		{"lakes/items", 25, 10},
		{"lakes/items?limit=50", 25, 25},
		{"lakes/items?limit=100000", 25, 25},
		{"lakes/items?limit=10&offset=20", 25, 5},
		{"lakes/items?offset=9223372036854775807", 25, 0},
		{"lakes/items?country=Canada", 7, 7},
		{"lakes/items?country=Canada&scalerank=0", 7, 7},
		{"lakes/items?country=Canada&name=Huron", 1, 1},
		{"lakes/items?country=Canada&country=Russia", 7, 7},
		{"lakes/items?name_alt=Nyasa", 1, 1},
		{"lakes/items?nonsense=1", 25, 10},
		{"lakes/items?filter=name%3D'Huron'", 25, 10},
		{"lakes/items?bbox=9,45,12,48", 2, 2},
		{"lakes/items?bbox=9,45,-100,12,48,100", 2, 2},
		{"lakes/items?bbox=0,0,1,1", 0, 0},
		{"obs/items", 5, 5},
		{"obs/items?stn_id=11", 2, 2},
		{"obs/items?value=17.25", 1, 1},
		{"obs/items?bbox=-90,40,-70,50", 1, 1},
	} {
		got := answer(t, up, "/collections/"+c.query)
		features, _ := got["features"].([]any)
		if got["numberMatched"] != c.matched || got["numberReturned"] != c.returned || len(features) != int(c.returned) {
			t.Errorf("%s: %v of %v", c.query, got["numberReturned"], got["numberMatched"])
		}
	}
}

func TestHitsComeWithoutFeatures(t *testing.T) {
	got := answer(t, newUpstream(), "/collections/lakes/items?resulttype=hits")
	if features, _ := got["features"].([]any); len(features) != 0 || got["numberMatched"] != 25.0 || hrefs(any(got))["next"] != nil {
		t.Errorf("%v", got)
	}
}

func TestWrongParametersAreNamed(t *testing.T) {
	up := newUpstream()
	for query, named := range map[string]string{
		"limit=x": "limit", "limit=0": "limit", "limit=-1": "limit", "offset=-1": "offset", "offset=a": "offset",
		"bbox=1,2": "bbox", "bbox=a,b,c,d": "bbox", "bbox=5,0,1,1": "bbox", "bbox=NaN,0,1,1": "bbox", "f=xml": "f ",
	} {
		w := ask(t, up, http.MethodGet, "/collections/obs/items?"+query, "")
		description, _ := object(t, w.Body)["description"].(string)
		if w.Code != http.StatusBadRequest || !strings.Contains(description, named) {
			t.Errorf("%s: %d, %q", query, w.Code, description)
		}
	}
}

func TestThePagesOfACollectionHoldEachItemOnce(t *testing.T) {
	up := newUpstream()
	seen := map[any]int{}
	pages := 0
	for target := "/collections/lakes/items?limit=7&scalerank=0"; target != ""; pages++ {
		got := answer(t, up, target)
		features, _ := got["features"].([]any)
		for _, f := range features {
			feature, _ := f.(map[string]any)
			seen[feature["id"]]++
		}
		links := hrefs(any(got))
		if (pages == 0) != (links["prev"] == nil) {
			t.Errorf("page %d: prev is %v", pages, links["prev"])
		}
		target = ""
		if next := links["next"]; next != nil {
			target = strings.TrimPrefix(next[0], serverURL)
		}
	}
	if pages != 2 || len(seen) != 13 {
		t.Errorf("%d items on %d pages", len(seen), pages)
	}
	for id, times := range seen {
		if times != 1 {
			t.Errorf("item %v is there %d times", id, times)
		}
	}
}

func TestLinksKeepTheQuery(t *testing.T) {
	links := hrefs(any(answer(t, newUpstream(), "/collections/lakes/items?country=Canada&limit=2&f=json")))
	next, err := url.Parse(links["next"][0])
	if err != nil {
		t.Fatal(err)
	}
	if got := next.Query().Encode(); got != "country=Canada&f=json&limit=2&offset=2" {
		t.Errorf("next: %s", got)
	}
	if len(links["alternate"]) != 2 || !strings.Contains(links["alternate"][0], "country=Canada") {
		t.Errorf("alternates: %v", links["alternate"])
	}
}

func TestAnItemHasItsIDGeometryAndProperties(t *testing.T) {
	up := newUpstream()
	lake := answer(t, up, "/collections/lakes/items/8")
	properties, _ := lake["properties"].(map[string]any)
	if lake["type"] != "Feature" || lake["id"] != 8.0 || properties["name"] != "Malawi" || lake["geometry"] == nil {
		t.Errorf("%v", lake)
	}
	if got := answer(t, up, "/collections/obs/items/101")["id"]; got != "101" {
		t.Errorf("id %v", got)
	}
	if w := ask(t, up, http.MethodGet, "/collections/obs/items/999", ""); w.Code != http.StatusNotFound {
		t.Errorf("an unknown item: %d", w.Code)
	}
}

func TestEverySampleFeatureCanBeFoundByItsBox(t *testing.T) {
	up := newUpstream()
	for _, id := range []string{"obs", "lakes"} {
		if got := answer(t, up, "/collections/"+id+"/items?limit=50&bbox=-180,-90,180,90"); got["numberMatched"] != answer(t, up, "/collections/"+id+"/items")["numberMatched"] {
			t.Errorf("%s: %v are on the map", id, got["numberMatched"])
		}
	}
}

func TestTheSchemaKnowsTheProperties(t *testing.T) {
	up := newUpstream()
	for _, path := range []string{"/collections/obs/schema", "/collections/obs/queryables"} {
		w := ask(t, up, http.MethodGet, path, "")
		if got := w.Header().Get("Content-Type"); got != "application/schema+json" {
			t.Errorf("%s is %s", path, got)
		}
		schema := object(t, w.Body)
		properties, _ := schema["properties"].(map[string]any)
		for name, want := range map[string]string{"stn_id": "integer", "datetime": "string", "value": "number", "id": "string"} {
			if property, _ := properties[name].(map[string]any); property["type"] != want {
				t.Errorf("%s: %s is %v", path, name, properties[name])
			}
		}
		if schema["$id"] != serverURL+path {
			t.Errorf("$id: %v", schema["$id"])
		}
	}
}
