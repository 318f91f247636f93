//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// mortal is a pygeoapi of one test's own, which it may kill.
type mortal struct {
	*backend
	port   string
	env    []string
	starts int
}

// startMortal starts a pygeoapi of this kind, with more resources than others
// have.
func (s *stack) startMortal(t *testing.T, kind, name, more string, env ...string) *mortal {
	t.Helper()
	m := &mortal{port: must[string](t)(freePort()), env: append(env, "PYGEOAPI_SERVER="+kind, "PYGEOAPI_MORE="+more)}
	m.backend = &backend{name: name, url: "http://127.0.0.1:" + m.port}
	m.start(t)
	t.Cleanup(func() { _ = m.stop() })
	return m
}

// start starts it, again where it was killed.
func (m *mortal) start(t *testing.T) {
	t.Helper()
	m.starts++
	started := must[*backend](t)(running.startPygeoapi(fmt.Sprintf("pygeoapi-%s-%d", strings.ReplaceAll(t.Name(), "/", "-"), m.starts), m.port, m.name, m.env...))
	m.peer = started.peer
}

const (
	longFeatures = 160
	longFeature  = 100 << 10 // bytes
)

// longCollection makes a collection that is longer than all that is held of an
// answer on its way, so that its end waits at the back end while nobody reads. It
// returns the resource for pygeoapi's configuration.
func longCollection(t *testing.T) string {
	t.Helper()
	folder := must[string](t)(filepath.Abs(t.TempDir()))
	var b strings.Builder
	b.WriteString(`{"type":"FeatureCollection","features":[`)
	for n := range longFeatures {
		if n > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"type":"Feature","id":%d,"geometry":{"type":"Point","coordinates":[8,50]},"properties":{"text":%q}}`, n, strings.Repeat("geo", longFeature/3))
	}
	b.WriteString("]}")
	data := filepath.Join(folder, "long.geojson")
	write(t, data, b.String())
	return resource(t, "long", `
      - type: feature
        name: GeoJSON
        id_field: id
        data: `+data+"\n")
}

// archive makes a collection of records, with tiles that are kept in the database:
// while that is away, pygeoapi cannot describe the collection, and still serves its
// records.
func archive(t *testing.T) string {
	t.Helper()
	return resource(t, "archive", `
      - type: record
        name: TinyDBCatalogue
        data: ${PYGEOAPI_DATA}/records.json
        id_field: externalId
        time_field: created
        title_field: title
      - type: tile
        name: MVT-postgresql
        data:
          host: ${PYGEOAPI_DATABASE_HOST}
          port: ${PYGEOAPI_DATABASE_PORT}
          dbname: gauges
          user: pygeoapi
          password: demo-pygeoapi
          search_path: [public]
        id_field: id
        table: gauges
        geom_field: geom
        options:
          zoom: {min: 0, max: 15}
        format:
          name: pbf
          mimetype: application/vnd.mapbox-vector-tile
`)
}

// resource writes a collection for pygeoapi's configuration.
func resource(t *testing.T, id, providers string) string {
	t.Helper()
	file := filepath.Join(must[string](t)(filepath.Abs(t.TempDir())), id+".yml")
	write(t, file, `
  `+id+`:
    type: collection
    title: `+id+`
    description: A collection that only tests of faults have
    keywords: [`+id+`]
    links: []
    extents:
      spatial:
        bbox: [-180, -90, 180, 90]
        crs: http://www.opengis.net/def/crs/OGC/1.3/CRS84
    providers:`+providers)
	return file
}

// startMortalDatabase starts a database of one test's own. What it leaves when it
// is killed lies in a folder of the test's, into which PostgreSQL's own user
// must get.
func (s *stack) startMortalDatabase(t *testing.T) *database {
	t.Helper()
	return must[*database](t)(s.serveDatabase("postgis-mortal", must[string](t)(freePort()), "TMPDIR="+openFolder(t)))
}

// openFolder is a folder that every user of the machine may enter.
func openFolder(t *testing.T) string {
	t.Helper()
	folder := must[string](t)(os.MkdirTemp("", "geowarden-e2e-")) //nolint:usetesting // t.TempDir lies in a folder that others may not enter
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	if err := os.Chmod(folder, 0o711); err != nil {
		t.Fatal(err)
	}
	return folder
}
