// Package helm checks the chart geowarden: what comes out for the values in
// testdata, that it is what Kubernetes understands, what is refused, and that
// the commands in docs/kubernetes.md work. It needs no cluster.
//
//	make helm                                            # installs helm, and runs this
//	cd deploy/helm && go test -count=1 . -update         # writes the goldens anew
package helm

import (
	"cmp"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the goldens anew")

const chart = "geowarden"

// oldest is the Kubernetes that Chart.yaml asks for, and that nothing newer may
// be needed of unless it is asked for.
const oldest = "--kube-version=1.30.0"

// environment keeps whatever this machine knows of clusters and charts out.
func environment(t *testing.T) []string {
	t.Helper()
	home := t.TempDir()
	return append(os.Environ(), "HOME="+home, "HELM_CACHE_HOME="+home, "HELM_CONFIG_HOME="+home, "HELM_DATA_HOME="+home, "KUBECONFIG="+os.DevNull)
}

// program is where helm is.
func program(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(cmp.Or(os.Getenv("HELM"), "../../.tools/bin/helm"))
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		t.Fatalf("there is no helm; `make helm` installs it: %v", err)
	}
	return path
}

func helm(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program(t), args...)
	cmd.Env = environment(t)
	var out, said strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return said.String() + out.String(), err
	}
	return out.String(), nil
}

// template renders the chart with values of testdata and what args add.
func template(t *testing.T, values string, args ...string) (string, error) {
	t.Helper()
	return helm(t, append([]string{"template", "geowarden", chart, "--namespace", "geo", oldest, "--values", values}, args...)...)
}

// examples are the values in testdata.
func examples(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.values.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no values in testdata: %v", err)
	}
	return files
}

func golden(values string) string {
	return strings.TrimSuffix(values, ".values.yaml") + ".golden.yaml"
}

func TestTheChartIsWhatItWas(t *testing.T) {
	for _, values := range examples(t) {
		t.Run(filepath.Base(values), func(t *testing.T) {
			got, err := template(t, values)
			if err != nil {
				t.Fatalf("%v\n%s", err, got)
			}
			if *update {
				if err := os.WriteFile(golden(values), []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden(values))
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s is something else; look at what has changed after `go test . -update`, in deploy/helm", golden(values))
			}
		})
	}
}

func TestNothingIsDoubtful(t *testing.T) {
	for _, values := range append(examples(t), "") {
		args := []string{"lint", "--strict", oldest, chart}
		if values != "" {
			args = append(args, "--values", values)
		}
		if said, err := helm(t, args...); err != nil || strings.Contains(said, "[WARNING]") {
			t.Errorf("%s: %v\n%s", values, err, said)
		}
	}
}

// Notes are shown after an install alone, which is why `helm template` has none.
func TestNotesSayWhatIsDoubtful(t *testing.T) {
	notes := func(values string, args ...string) string {
		said, err := helm(t, append([]string{"install", "geowarden", chart, "--dry-run=client", "--namespace", "geo", "--values", values}, args...)...)
		if err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
		_, said, _ = strings.Cut(said, "NOTES:")
		return said
	}
	for _, tt := range []struct {
		values, has, not string
		args             []string
	}{
		{"minimal", "PYGEOAPI_BASEURL is not set", "TRUSTED_PROXIES", nil},
		{"api-key", "networkPolicy.from is empty", "PYGEOAPI_BASEURL", nil},
		{"api-key", "TRUSTED_PROXIES is not set", "networkPolicy.from", []string{"--set", "settings.TRUSTED_PROXIES="}},
		{"jwks", "There is no NetworkPolicy", "not set", nil},
		{"everything", "curl --insecure -i https://localhost:5000/maps/collections", "not set", nil},
	} {
		got := notes("testdata/"+tt.values+".values.yaml", tt.args...)
		if !strings.Contains(got, tt.has) || strings.Contains(got, tt.not) {
			t.Errorf("%s %q: wanted %q and not %q:\n%s", tt.values, tt.args, tt.has, tt.not, got)
		}
	}
}
