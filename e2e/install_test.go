package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// installed is where e2e/install leaves what is not the newest release.
const installed = "../.tools/not-newest"

// notNewest reads it. Where nothing was installed, nobody knows.
func notNewest(file string) []string {
	text, err := os.ReadFile(file)
	if err != nil {
		return []string{"nobody knows which peer is: e2e/install was not run"}
	}
	return strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' })
}

// The page names the newest of each peer, so an installer that cannot tell, or
// has an older one, says so, and in CI it fails.
func TestInstallSaysWhatIsNotTheNewest(t *testing.T) {
	for name, tt := range map[string]struct {
		newest, fails string // what pip says, and which program fails
		ci            bool
		want          []string
		ok            bool
	}{
		"all are":                 {"pygeoapi (1.2)", "", false, nil, true},
		"an older one":            {"pygeoapi (1.3)", "", false, []string{"pygeoapi is 1.2, and the newest is 1.3; is there a newer Python to make .venv with?"}, true},
		"an older one, in CI":     {"pygeoapi (1.3)", "", true, []string{"pygeoapi is 1.2, and the newest is 1.3; is there a newer Python to make .venv with?"}, false},
		"pip does not say":        {"", "", false, []string{"pygeoapi is 1.2, and pip does not say which is the newest"}, true},
		"pip does not say, in CI": {"", "", true, []string{"pygeoapi is 1.2, and pip does not say which is the newest"}, false},
		"pip renews nothing":      {"pygeoapi (1.2)", ".venv/bin/pip", false, []string{".venv could not be renewed"}, true},
		"Maven renews nothing":    {"pygeoapi (1.2)", "deploy/keycloak/install", false, []string{"Keycloak could not be renewed"}, true},
		"npm renews nothing":      {"pygeoapi (1.2)", "path/npm", false, []string{"the packages of npm could not be renewed"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for program, does := range map[string]string{
				".venv/bin/pip":           `case $1 in index) echo "` + tt.newest + `" | grep . ;; esac`,
				".venv/bin/python":        "echo 1.2",
				"deploy/keycloak/install": "", "deploy/postgis/serve": "",
				"path/make": "", "path/java": "", "path/mvn": "", "path/node": "", "path/npm": "", "path/go": "",
				"path/ogrinfo": "", "path/chromium": "", "path/jq": "", "path/apt-get": "",
			} {
				if program == tt.fails {
					does += "\n[ \"$1\" = index ]"
				}
				script(t, filepath.Join(root, program), "#!/bin/sh\n"+does+"\n")
			}
			for _, folder := range []string{".tools/keycloak", "e2e/node/node_modules"} {
				if err := os.MkdirAll(filepath.Join(root, folder), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			text, err := os.ReadFile("install")
			if err != nil {
				t.Fatal(err)
			}
			script(t, filepath.Join(root, "e2e/install"), string(text))
			cmd := exec.CommandContext(t.Context(), "bash", filepath.Join(root, "e2e/install"))
			cmd.Env = []string{"PATH=" + filepath.Join(root, "path") + ":" + os.Getenv("PATH"), "CI=" + map[bool]string{true: "true"}[tt.ci]}
			said, err := cmd.CombinedOutput()
			if (err == nil) != tt.ok {
				t.Errorf("%v: %s", err, said)
			}
			if got := notNewest(filepath.Join(root, ".tools/not-newest")); !slices.Equal(got, tt.want) {
				t.Errorf("%q are not the newest, want %q: %s", got, tt.want, said)
			}
			for _, what := range tt.want {
				if !strings.Contains(string(said), "e2e: "+what+"\n") || tt.ok && !strings.Contains(string(said), "docs/compatibility.md, which names the newest of each, is left as it is") {
					t.Errorf("it says %s", said)
				}
			}
		})
	}
	if len(notNewest(filepath.Join(t.TempDir(), "nothing"))) == 0 {
		t.Error("without an install, all are the newest")
	}
}

// fastgeoapi has no distribution for the newest Python, which may stand beside
// one that it has.
func TestAPythonThatIsNoNewerIsFound(t *testing.T) {
	path := t.TempDir()
	for name, minor := range map[string]string{"python3.14": "14", "python3.13": "13", "python3.12": "12", "python3": "14"} {
		// Such an interpreter says of itself which it is, and has no more to do.
		script(t, filepath.Join(path, name), "#!/bin/sh\n[ "+minor+" -le \"$3\" ]\n")
	}
	for most, want := range map[string]string{"": "python3.14", "3.13": "python3.13", "3.12": "python3.12"} {
		args := []string{"../deploy/pygeoapi/newest-python"}
		if most != "" {
			args = append(args, most)
		}
		cmd := exec.CommandContext(t.Context(), "sh", args...)
		cmd.Env = []string{"PATH=" + path + ":/usr/bin:/bin", "HOME=" + path}
		if got, err := cmd.Output(); err != nil || strings.TrimSpace(string(got)) != want {
			t.Errorf("no newer than %q: %q (%v), want %s", most, got, err, want)
		}
	}
	made := exec.CommandContext(t.Context(), "make", "-C", "..", "--dry-run", "--always-make", ".tools/fastgeoapi")
	made.Env = []string{"PATH=" + path + ":" + os.Getenv("PATH"), "HOME=" + path}
	if said, err := made.CombinedOutput(); err != nil || !strings.Contains(string(said), "python3.13 -m venv") {
		t.Errorf("fastgeoapi is not installed with 3.13 (%v): %s", err, said)
	}
}

func script(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}
