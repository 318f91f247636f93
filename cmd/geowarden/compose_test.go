package main

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// composeFile is what these tests look at of docker-compose.yml. Its grammar is
// checked elsewhere, by the parser of Compose itself.
type composeFile struct {
	Services map[string]composeService
	Networks map[string]struct{ Internal bool }
}

type composeService struct {
	Image       string
	Environment map[string]string
	Ports       []string
	Networks    []string
	Volumes     []string
	DependsOn   map[string]any `yaml:"depends_on"`
	CapDrop     []string       `yaml:"cap_drop"`
	SecurityOpt []string       `yaml:"security_opt"`
	ReadOnly    bool           `yaml:"read_only"`
	Ulimits     map[string]uint64
	Healthcheck *struct{ Test []string }
}

const repository = "../.."

func readCompose(t *testing.T) composeFile {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, "docker-compose.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var file composeFile
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"gateway", "pygeoapi", "postgis", "keycloak"} {
		if _, found := file.Services[name]; !found {
			t.Fatalf("there is no service %s", name)
		}
	}
	return file
}

// mounted is the folder of the repository that a service sees at path.
func (s composeService) mounted(path string) string {
	for _, volume := range s.Volumes {
		source, target, _ := strings.Cut(volume, ":")
		if target == path+":ro" {
			return filepath.Join(repository, source)
		}
	}
	return ""
}

func TestComposeStartsTheGatewayWithSettingsThatItUnderstands(t *testing.T) {
	gateway := readCompose(t).Services["gateway"]
	environ := []string{"HOST=0.0.0.0", "PORT=5000"} // as the image has them
	for name, value := range gateway.Environment {
		if name == "PROD_POLICY_PATH" {
			value = gateway.mounted(value)
		}
		environ = append(environ, name+"="+value)
	}
	s, _, err := loadSettings(environ, os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	if s.Mode() != ModeOIDC || s.OIDCExpectedAudience == nil || s.OIDCExpectedIssuer == "" {
		t.Errorf("mode %s, audience %q, issuer %q", s.Mode(), s.OIDCExpectedAudience, s.OIDCExpectedIssuer)
	}
	if s.ServerURL() != s.PublicURL() || s.PublicURL() != readCompose(t).Services["pygeoapi"].Environment["PYGEOAPI_SERVER_URL"] {
		t.Errorf("the gateway is %s, and takes the back end, which calls itself %s, for %s",
			s.PublicURL(), readCompose(t).Services["pygeoapi"].Environment["PYGEOAPI_SERVER_URL"], s.ServerURL())
	}
	if _, err := s.embeddedPolicy(t.Context(), nil); err != nil {
		t.Errorf("its policy: %v", err)
	}
}

func TestTheDefaultsFitIntoTheOpenFilesThatAreGiven(t *testing.T) {
	unit, err := os.ReadFile(filepath.Join(repository, "deploy/systemd/geowarden.service"))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(unit), "\nLimitNOFILE=")
	value, _, _ := strings.Cut(after, "\n")
	limit, err := strconv.ParseUint(value, 10, 64)
	if err != nil {
		t.Fatalf("LimitNOFILE of the unit: %v", err)
	}
	s := mustLoad(t)
	need := uint64(s.MaxConnections) + uint64(s.MaxInFlight) + spareFiles
	for name, limit := range map[string]uint64{
		"the unit's LimitNOFILE": limit,
		"compose's nofile":       readCompose(t).Services["gateway"].Ulimits["nofile"],
	} {
		if limit < need {
			t.Errorf("%s is %d, and the defaults need up to %d", name, limit, need)
		}
	}
}

func TestComposePublishesTheBackEndNowhereAndTheRestOnLoopback(t *testing.T) {
	file := readCompose(t)
	for name, service := range file.Services {
		for _, port := range service.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s publishes %s to other machines, with passwords that everybody knows", name, port)
			}
		}
		for _, network := range service.Networks {
			if _, found := file.Networks[network]; !found {
				t.Errorf("%s is in the network %s, which does not exist", name, network)
			}
			if (name == "pygeoapi" || name == "postgis") && (!file.Networks[network].Internal || len(service.Ports) > 0) {
				t.Errorf("%s can be reached without the gateway: ports %q, network %s", name, service.Ports, network)
			}
		}
		for other := range service.DependsOn {
			if _, found := file.Services[other]; !found {
				t.Errorf("%s waits for %s, which does not exist", name, other)
			}
		}
	}
	if slices.Contains(file.Services["keycloak"].Networks, "back") {
		t.Error("Keycloak reaches the back end")
	}
}

func TestComposeHoldsEveryContainer(t *testing.T) {
	for name, service := range readCompose(t).Services {
		if !slices.Contains(service.CapDrop, "ALL") || !slices.Contains(service.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("%s keeps privileges: %q %q", name, service.CapDrop, service.SecurityOpt)
		}
		if !service.ReadOnly && name != "keycloak" { // start-dev writes beside its own program
			t.Errorf("%s may write to its own files", name)
		}
		if service.Healthcheck == nil && name != "gateway" { // the image has its own
			t.Errorf("%s has no health check to wait for", name)
		}
		for _, volume := range service.Volumes {
			source, _, _ := strings.Cut(volume, ":")
			if _, err := os.Stat(filepath.Join(repository, source)); err != nil || !strings.HasSuffix(volume, ":ro") {
				t.Errorf("%s mounts %s, which is not there or can be written to", name, volume)
			}
		}
	}
}

// A stand-in for the base, or another Go, would otherwise be found out by
// whoever builds the image.
func TestTheImageIsBuiltWithTheToolchainOfGoMod(t *testing.T) {
	read := func(file, prefix string) string {
		text, err := os.ReadFile(filepath.Join(repository, file))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if version, is := strings.CutPrefix(strings.TrimSpace(line), prefix); is {
				return version
			}
		}
		t.Fatalf("%s has no line that begins with %q", file, prefix)
		return ""
	}
	if image, mod := read("Dockerfile", "ARG GO_VERSION="), read("go.mod", "toolchain go"); image != mod {
		t.Errorf("the image has Go %s, and go.mod wants %s", image, mod)
	}
}
