//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// settingsOf asks fastgeoapi itself for the names of its settings, by the models
// that read them from a file; which must be one that they accept.
const settingsOf = `
import json
from app.config.app import DevConfig, GlobalConfig, ProdConfig
DevConfig(), ProdConfig()
names = lambda model: [name for name in model.model_fields if name not in GlobalConfig.model_fields]
print(json.dumps({"": list(GlobalConfig.model_fields), "DEV_": names(DevConfig), "PROD_": names(ProdConfig)}))`

// TestEverySettingOfFastgeoapi gives Geowarden a file that sets every setting of
// the fastgeoapi that is installed. Nothing of it may be unknown, and what has no
// meaning is named.
func TestEverySettingOfFastgeoapi(t *testing.T) {
	needs(t, needFast)
	sample := repository("cmd/geowarden/testdata/fastgeoapi.env")
	text := string(must[[]byte](t)(os.ReadFile(sample)))
	d := &dotenv{folder: t.TempDir(), file: sample}
	if err := os.WriteFile(filepath.Join(d.folder, ".env"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var names map[string][]string
	if err := json.Unmarshal([]byte(d.python(t, settingsOf)), &names); err != nil {
		t.Fatal(err)
	}
	if len(names["DEV_"]) < 40 || len(names["PROD_"]) < 40 {
		t.Fatalf("fastgeoapi has only %v", names)
	}
	shows(t, "fastgeoapi", "a `.env` with every setting that it has starts the gateway after the line `DEV_UPSTREAM_URL`; what has no meaning is named")
	reference := string(must[[]byte](t)(exec.Command(repository("bin/geowarden"), "config", "docs").Output()))
	for prefix, state := range map[string]string{"DEV_": "dev", "PROD_": "prod"} {
		out, err := d.geowarden(t, []string{"ENV_STATE=" + state}, prefix+"UPSTREAM_URL=http://localhost:5001")
		if err != nil || !strings.Contains(out, "the settings are good") {
			t.Errorf("%s: %v\n%s", state, err, out)
		}
		named := strings.Split(regexp.MustCompile(`warning: (.*): known from fastgeoapi`).FindStringSubmatch(out + "\nwarning: : known from fastgeoapi")[1], ", ")
		for _, name := range names[prefix] {
			if !regexp.MustCompile(`(?m)^` + prefix + name + `=`).MatchString(text) {
				t.Errorf("%s does not set %s: fastgeoapi has it now", sample, prefix+name)
			}
			read := strings.Contains(reference, "| `"+name+"` |") || name == "PYGEOAPI_KEY_GLOBAL"
			if without := slices.Contains(named, prefix+name); read == without {
				t.Errorf("%s: is it read, and documented: %v; is it named as without meaning: %v\n%s", prefix+name, read, without, out)
			}
		}
	}
}
