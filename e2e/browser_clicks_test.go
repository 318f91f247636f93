//go:build e2e

package e2e

import (
	"strings"
	"testing"
)

// TestAPersonClicksThroughTheData goes the way of somebody who wants to see a
// feature, by the table and by the map, and back.
func TestAPersonClicksThroughTheData(t *testing.T) {
	s := running
	shows(t, "Chromium", "landing page, collections, items, next page, item and back, by clicks alone; a feature by its place on the map; a search in a catalogue")
	v := s.visit(t, visiting{root: s.apiKey.root, has: s.withKey()})
	at := func(path string, expected ...string) {
		t.Helper()
		if got, want := v.address(), s.apiKey.url+path; got != want {
			t.Fatalf("at %s, want %s", got, want)
		}
		v.isClean(expected...)
	}
	v.open(s.apiKey.url)
	at("")
	v.follow("text=View the collections in this service")
	at("/collections?f=html")
	v.follow("td a >> text=Lakes")
	at("/collections/lakes")
	v.follow("text=Browse through the items of")
	at("/collections/lakes/items")
	v.follow("text=Next")
	at("/collections/lakes/items?f=html&offset=10")
	if first := v.text("tbody tr:first-child a"); first == "Superior" {
		t.Error("the second page begins as the first does")
	}
	v.follow("tbody tr:first-child a")
	name := v.text("main h1")
	v.isClean()
	if !strings.HasPrefix(v.address(), s.apiKey.url+"/collections/lakes/items/") {
		t.Errorf("an item is at %s", v.address())
	}
	v.tell("goBack", nil)
	v.tell("quiet", nil)
	at("/collections/lakes/items?f=html&offset=10")
	if again := v.text("tbody tr:first-child a"); again != name {
		t.Errorf("back from %s the page shows %s", name, again)
	}

	v.follow(".crumbs >> text=Collections")
	v.follow("td a >> text=Rivers")
	v.follow("text=Browse through the items of")
	at("/collections/hydro/rivers/items")
	v.follow("td a >> text=Danube")
	at("/collections/hydro/rivers/items/danube")

	v.open(s.apiKey.url + "/collections/obs/items?f=html")
	v.tell("click", nil, "img.leaflet-marker-icon")
	id := v.text(".leaflet-popup a")
	v.follow(".leaflet-popup a")
	at("/collections/obs/items/" + id + "?f=html")

	v.open(s.apiKey.url + "/collections/catalogue/items?f=html")
	v.isClean()
	v.tell("fill", nil, "#q", "danube")
	// The page's script goes there, and so does the form: the first is cut off.
	v.follow("button >> text=Search")
	at("/collections/catalogue/items?q=danube", "?q=danube")
	if found := v.text("main tbody"); !strings.Contains(found, "Danube") || strings.Contains(found, "Rhine") {
		t.Errorf("a search for danube shows %s", found)
	}
}
