//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTheDiskOfTheLogIsFull logs to a small file system. The log itself fills it,
// is taken away, and something else fills it; in the end every byte is accounted
// for.
func TestTheDiskOfTheLogIsFull(t *testing.T) {
	needs(t, needMount)
	disk := smallDisk(t)
	log, ballast := &diskLog{file: filepath.Join(disk, "geowarden.log")}, filepath.Join(disk, "ballast")
	g := running.watchedGateway(t, running.moved, append(running.oidcMode(), "DEV_POLICY_PATH="+written(t, owners("geobeyond")), "DEV_POLICY_TIMEOUT=5s", "DEV_LOG_PATH="+disk, "DEV_LOG_FILENAME=geowarden.log")...)
	p := running.demoPeople()
	l := startLoad(t, g.gateway, running.moved, loadWorkers, asEver("there is room"), questions(p)...)
	l.settle(t)
	const lost = "geowarden_log_lost_bytes_total"
	loses := func() {
		before := g.figure(t, lost)
		until(t, "the log is lost", func() error {
			if g.figure(t, lost) == before {
				return fmt.Errorf("%s does not rise", lost)
			}
			return nil
		})
	}
	l.through(t, asEver("the log has filled the disk"), loses)
	if g.said(t, "geowarden: the log cannot be written", "no space left on device") == 0 {
		t.Errorf("nothing is said in %s", g.log)
	}
	if state := g.state(t); state != "200 ready" {
		t.Errorf("/readyz says %s", state)
	}
	l.through(t, asEver("the log was taken away"), func() {
		log.takeAway(t)
		log.isWritten(t, g.gateway, p.osgeo)
	})
	l.through(t, asEver("something else has filled the disk"), func() {
		fill(t, ballast)
		loses()
	})
	l.through(t, asEver("that is gone"), func() {
		remove(t, ballast)
		log.isWritten(t, g.gateway, p.osgeo)
	})
	l.end(t)
	if g.said(t, "geowarden: the log is written again") == 0 {
		t.Errorf("that it is written again is not said in %s", g.log)
	}
	log.accountFor(t, g, p.osgeo, lost)
}

// diskLog is the log's file.
type diskLog struct {
	file string
	away string // what was taken away of it
}

// takeAway empties the file as `copytruncate` does. The disk is full, so that
// nothing is written to it between the two.
func (d *diskLog) takeAway(t *testing.T) {
	t.Helper()
	d.away += string(must[[]byte](t)(os.ReadFile(d.file)))
	if err := os.Truncate(d.file, 0); err != nil {
		t.Fatal(err)
	}
}

// isWritten waits until the line of a request that was just sent is in the file.
func (d *diskLog) isWritten(t *testing.T, g *gateway, token string) {
	t.Helper()
	var ids []string
	until(t, "the log is written again", func() error {
		ids = append(ids, marked(t, g, token))
		has := string(must[[]byte](t)(os.ReadFile(d.file)))
		for _, id := range ids {
			if strings.Contains(has, id) {
				return nil
			}
		}
		return fmt.Errorf("no request of %d is in %s", len(ids), d.file)
	})
}

// marked sends a request that is found in the log.
func marked(t *testing.T, g *gateway, token string) (id string) {
	t.Helper()
	id = newID()
	get(t, g.url+"/conformance?f=json", bearer(token), header("X-Request-Id: "+id)).wants(t, http.StatusOK)
	return id
}

// accountFor compares what the disk has with standard error, which has it all:
// what the one lacks was counted, and a line that is torn took no other along.
func (d *diskLog) accountFor(t *testing.T, g *watched, token, lost string) {
	t.Helper()
	if _, err := g.says(marked(t, g.gateway, token), time.Minute); err != nil { // then all before it is written
		t.Fatal(err)
	}
	has := d.away + string(must[[]byte](t)(os.ReadFile(d.file)))
	all, whole := 0, map[string]bool{}
	for line := range strings.Lines(string(must[[]byte](t)(os.ReadFile(g.log)))) {
		if line[0] == '{' {
			all += len(line)
			whole[line] = true
		}
	}
	torn := 0
	for line := range strings.Lines(has) {
		if whole[line] {
			continue
		}
		torn++
		if strings.Contains(line[1:], `{"level"`) || json.Valid([]byte(line)) {
			t.Errorf("it is no line of the log, and not a part of one: %s", line)
		}
	}
	if counted := int(g.figure(t, lost)); len(has)-torn+counted != all {
		t.Errorf("of %d bytes the disk has %d, and %d are counted as lost", all, len(has)-torn, counted)
	}
	if torn > 2 {
		t.Errorf("%d lines are torn by a disk that was full twice", torn)
	}
}

// smallDisk is a file system with room for little, until the test ends.
func smallDisk(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", folder).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	return folder
}

// fill takes all the room that there is.
func fill(t *testing.T, name string) {
	t.Helper()
	f := must[*os.File](t)(os.Create(name))
	defer func() { _ = f.Close() }()
	for {
		if _, err := f.Write(make([]byte, 4096)); err != nil {
			return
		}
	}
}
