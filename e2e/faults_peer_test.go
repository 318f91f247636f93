//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
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
	return resources(t, resource("long", `
      - type: feature
        name: GeoJSON
        id_field: id
        data: `+data+"\n"))
}

// archive makes two collections of records, with tiles that are kept in the
// database: while that is away, pygeoapi cannot describe them, and still serves
// their records. The path of the second one's also reads as the lakes' locations.
func archive(t *testing.T) string {
	t.Helper()
	const providers = `
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
`
	return resources(t, resource("archive", providers), resource("lakes/locations", providers))
}

// resource is a collection for pygeoapi's configuration.
func resource(id, providers string) string {
	return `
  ` + id + `:
    type: collection
    title: ` + id + `
    description: A collection that only tests of faults have
    keywords: [` + id + `]
    links: []
    extents:
      spatial:
        bbox: [-180, -90, 180, 90]
        crs: http://www.opengis.net/def/crs/OGC/1.3/CRS84
    providers:` + providers
}

// resources writes them into a file.
func resources(t *testing.T, all ...string) string {
	t.Helper()
	file := filepath.Join(must[string](t)(filepath.Abs(t.TempDir())), "more.yml")
	write(t, file, strings.Join(all, ""))
	return file
}

// mortalDatabase is a database of one test's own, which it may kill.
type mortalDatabase struct {
	*database
	folder string // what it leaves lies here
}

// startMortalDatabase starts one, in a folder into which PostgreSQL's own user can
// get.
func (s *stack) startMortalDatabase(t *testing.T) *mortalDatabase {
	t.Helper()
	folder := openFolder(t)
	return &mortalDatabase{must[*database](t)(s.serveDatabase("postgis-mortal", must[string](t)(freePort()), "TMPDIR="+folder)), folder}
}

// crash kills it, and takes away the piece of System V's shared memory by which a
// PostgreSQL sees that another one is in its folder: the kernel keeps that until
// one is started there again.
func (d *mortalDatabase) crash(t *testing.T) {
	t.Helper()
	found := must[[]string](t)(filepath.Glob(filepath.Join(d.folder, "*/data/postmaster.pid")))
	if len(found) != 1 {
		t.Fatalf("there are %d databases in %s", len(found), d.folder)
	}
	lines := strings.Split(string(must[[]byte](t)(os.ReadFile(found[0]))), "\n")
	words := strings.Fields(lines[min(6, len(lines)-1)]) // its key and its id
	segment := must[int](t)(strconv.Atoi(words[len(words)-1]))
	d.die()
	if _, err := unix.SysvShmCtl(segment, unix.IPC_RMID, nil); err != nil {
		t.Errorf("the shared memory %d of the database stays: %v", segment, err)
	}
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
