//go:build e2e

package e2e

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestOGCsSuite runs OGC's executable suite for Features Part 1, where it can be
// had, against pygeoapi directly and through the gateway: no test that passes
// directly fails through it.
func TestOGCsSuite(t *testing.T) {
	jars, err := filepath.Glob("../.tools/ogc-suite/ets-ogcapi-features10-*-aio.jar")
	if err != nil || len(jars) == 0 {
		wasNotRun(t, "OGC's executable test suite for Features Part 1 (`org.opengis.cite:ets-ogcapi-features10`): it is not on Maven Central as it is reached here. Its jar (`…-aio.jar`) in the folder `.tools/ogc-suite` is run by `make e2e`, without the gateway and through it, where `schemas.opengis.net` can be reached, to which the API definition refers. The abstract tests that it is made from are run in any case, as above.")
	}
	needs(t, need{"Java 17, for OGC's suite", program("java")})
	jar := must[string](t)(filepath.Abs(jars[len(jars)-1]))
	isVersion("OGC's suite", strings.TrimSuffix(strings.TrimPrefix(filepath.Base(jar), "ets-ogcapi-features10-"), "-aio.jar"))

	roots := conformanceRoots(t, "pygeoapi-ogc-suite")
	without := ogcOutcome(t, jar, roots.without)
	passing := 0
	for name, passed := range without {
		if passed {
			passing++
			continue
		}
		t.Logf("without the gateway fails %.200s", name)
	}
	t.Logf("%d of %d pass without the gateway", passing, len(without))
	if passing < 50 || passing < len(without)/2 {
		if err := reaches(t, "https://schemas.opengis.net/"); err != nil { // to which the API definition refers
			wasNotRun(t, fmt.Sprintf("OGC's executable test suite for Features Part 1, through the gateway: `schemas.opengis.net` is not reached, and of its %d tests only %d pass without the gateway.", len(without), passing))
		}
		t.Fatalf("%d of %d pass without the gateway: they prove little", passing, len(without))
	}
	for name, root := range map[string]string{"open": roots.open, "with a key": roots.shimmed} {
		t.Run(name, func(t *testing.T) {
			through := ogcOutcome(t, jar, root)
			for test, passed := range without {
				if passed && !through[test] {
					t.Errorf("passes without the gateway, and not through it: %.400s", test)
				}
			}
		})
	}
	shows(t, "OGC's suite", fmt.Sprintf("OGC API Features Part 1: each of the %d of its %d tests that pass without the gateway passes through it, open and with a key", passing, len(without)))
}

// reaches says why a host cannot be asked, if it cannot.
func reaches(t *testing.T, address string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	req := must[*http.Request](t)(http.NewRequestWithContext(ctx, http.MethodHead, address, http.NoBody))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	return res.Body.Close()
}

// testngResults is what TestNG writes of a run.
type testngResults struct {
	Tests []struct {
		Name    string `xml:"name,attr"`
		Classes []struct {
			Name    string `xml:"name,attr"`
			Methods []struct {
				Name   string   `xml:"name,attr"`
				Status string   `xml:"status,attr"`
				Config bool     `xml:"is-config,attr"`
				Params []string `xml:"params>param>value"`
			} `xml:"test-method"`
		} `xml:"class"`
	} `xml:"suite>test"`
}

// identity is what Java calls an object that has no name of its own.
var identity = regexp.MustCompile(`@[0-9a-f]{4,}`)

// ogcOutcome runs the suite below an address, and says of each of its tests, by
// its name and what it was given, whether it passed. One that was skipped did not.
func ogcOutcome(t *testing.T, jar, root string) map[string]bool {
	t.Helper()
	folder := t.TempDir()
	properties := filepath.Join(folder, "test-run-props.xml")
	// All collections, and no DOCTYPE: Java would fetch it.
	if err := os.WriteFile(properties, fmt.Appendf(nil, `<properties version="1.0"><entry key="iut">%s</entry><entry key="noofcollections">-1</entry></properties>`, root), 0o600); err != nil {
		t.Fatal(err)
	}
	// Its own end says nothing: it is another when a test of it failed.
	said, err := exec.CommandContext(t.Context(), "java", "-Djava.io.tmpdir="+folder, "-jar", jar, "-o", folder, properties).CombinedOutput()
	found := must[[]string](t)(filepath.Glob(filepath.Join(folder, "testng", "*", "testng-results.xml")))
	if len(found) != 1 {
		t.Fatalf("OGC's suite left no results (%v):\n%s", err, said)
	}
	var results testngResults
	if err := xml.Unmarshal(must[[]byte](t)(os.ReadFile(found[0])), &results); err != nil {
		t.Fatal(err)
	}
	outcome := map[string]bool{}
	for _, test := range results.Tests {
		for _, class := range test.Classes {
			for _, method := range class.Methods {
				if method.Config {
					continue
				}
				name := fmt.Sprintf("%s: %s.%s(%s)", test.Name, class.Name, method.Name, strings.Join(method.Params, ", "))
				name = identity.ReplaceAllString(strings.ReplaceAll(name, root, ""), "")
				name = strings.Join(strings.Fields(name), " ")
				// What it runs several times passes if it always does.
				before, again := outcome[name]
				outcome[name] = method.Status == "PASS" && (before || !again)
			}
		}
	}
	return outcome
}
