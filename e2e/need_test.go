//go:build e2e

package e2e

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// A need is something of the machine that a test cannot do without. `make e2e`
// installs what it can; what it cannot is looked for here.
type need struct {
	what string // what is missing, and how it is had
	look func() error
}

// missing says once whether the need is met.
func (n need) missing() error {
	looked.Lock()
	defer looked.Unlock()
	if looked.found == nil {
		looked.found = map[string]error{}
	}
	err, known := looked.found[n.what]
	if !known {
		err = n.look()
		looked.found[n.what] = err
	}
	return err
}

var looked struct {
	sync.Mutex
	found map[string]error
}

var (
	needPostGIS  = need{"PostgreSQL with PostGIS (Debian: postgresql and postgresql-postgis)", func() error { return exec.Command("../deploy/postgis/serve", "--look").Run() }}
	needKeycloak = need{"Keycloak (make .tools/keycloak; it takes Java 17 and Maven)", all(program("java"), file(".tools/keycloak/bin/kc.sh"))}
	needNode     = need{"the packages of npm (make e2e/node/node_modules; it takes Node.js 20)", all(program("node"), file("e2e/node/node_modules/oidc-provider"))}
	needChromium = need{"Chromium (Debian: chromium)", program("chromium")}
	needClients  = need{"the clients of PyPI (make .tools/clients; it takes Python 3.10)", file(".tools/clients/bin/python")}
	needJQ       = need{"jq (Debian: jq)", program("jq")}
	needGDAL     = need{"GDAL (Debian: gdal-bin)", program("ogrinfo")}
	needFast     = need{"fastgeoapi (make .tools/fastgeoapi; it takes Python 3.12 or 3.13)", file(".tools/fastgeoapi/bin/fastgeoapi")}
	needOPA      = need{"OPA (make .tools/bin/opa)", file(".tools/bin/opa")}
	needMount    = need{"root, who may mount a small file system", mayMount}
	needClock    = need{"libfaketime (Debian: libfaketime)", func() error { _, err := faketime(); return err }}
)

// needs skips the test where something of the machine is missing, and fails it
// in CI, where nothing may be.
func needs(t *testing.T, wanted ...need) {
	t.Helper()
	for _, n := range wanted {
		err := n.missing()
		switch {
		case err == nil:
		case os.Getenv("CI") == "true":
			t.Fatalf("missing in CI: %s: %v", n.what, err)
		default:
			isMissing(n.what)
			t.Skipf("missing on this machine: %s: %v", n.what, err)
		}
	}
}

func program(name string) func() error {
	return func() error { _, err := exec.LookPath(name); return err }
}

// file looks for a file of the repository.
func file(name string) func() error {
	return func() error { _, err := os.Stat(filepath.Join("..", name)); return err }
}

func all(looks ...func() error) func() error {
	return func() error {
		for _, look := range looks {
			if err := look(); err != nil {
				return err
			}
		}
		return nil
	}
}

// mayMount mounts a file system, and takes it away again.
func mayMount() error {
	folder, err := os.MkdirTemp("", "geowarden-e2e-")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(folder) }()
	if err := exec.Command("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder).Run(); err != nil {
		return err
	}
	return exec.Command("umount", folder).Run()
}

// faketime finds the library that gives a program another clock.
func faketime() (string, error) {
	for _, pattern := range []string{"/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib/faketime/libfaketimeMT.so.1"} {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
			return found[0], nil
		}
	}
	return "", errors.New("no libfaketimeMT.so.1 below /usr/lib")
}
