package ogcapi_test

import (
	"io"
	"strings"
	"testing"

	"github.com/geowarden/geowarden/ogcapi"
)

func BenchmarkParse(b *testing.B) {
	r := request(b, "GET", "/geoapi/collections/obs/items/371?f=json&limit=10")
	for b.Loop() {
		if _, err := ogcapi.Parse(r, "/geoapi"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLinks(b *testing.B) {
	feature := `{"type": "Feature", "id": 371, "geometry": {"type": "Point", "coordinates": [-75.01, 45.2]}, "properties": {"stn_id": 35, "name": "a station"}, "links": [{"href": "http://localhost:5001/collections/obs"}]},`
	l := ogcapi.NewLinks(backEnd, public)
	for _, media := range []string{"application/json", "text/html"} {
		b.Run(media, func(b *testing.B) {
			doc := `{"features": [` + strings.Repeat(feature, 5000)
			b.SetBytes(int64(len(doc)))
			for b.Loop() {
				if _, err := io.Copy(io.Discard, l.Body(media, strings.NewReader(doc))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
