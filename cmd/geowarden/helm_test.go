package main

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.yaml.in/yaml/v3"
)

// These tests read what the Helm chart makes, beside the values in
// deploy/helm/testdata. Its grammar is checked in deploy/helm.

const chartFolder = repository + "/deploy/helm/geowarden"

// chartObject is what is looked at of a Kubernetes object.
type chartObject struct {
	Kind     string
	Metadata struct{ Name string }
	Data     map[string]string
	Spec     struct {
		chartPod `yaml:",inline"`
		Template struct{ Spec chartPod }
	}
}

type chartPod struct {
	Containers []chartContainer
	Volumes    []chartVolume
}

type chartContainer struct {
	Env          []chartVariable
	VolumeMounts []struct {
		Name      string
		MountPath string `yaml:"mountPath"`
	} `yaml:"volumeMounts"`
	Resources struct {
		Limits struct{ Memory string }
	}
}

type chartVariable struct {
	Name, Value string
	ValueFrom   struct {
		ResourceFieldRef struct{ Resource, Divisor string } `yaml:"resourceFieldRef"`
	} `yaml:"valueFrom"`
}

// chartSource is a ConfigMap or a Secret in a volume.
type chartSource struct {
	Name  string
	Items []struct{ Key, Path string }
}

type chartVolume struct {
	Name      string
	ConfigMap *chartSource `yaml:"configMap"`
	Secret    *chartSource
	Image     *struct{ Reference string }
	Projected struct {
		Sources []struct {
			ConfigMap *chartSource `yaml:"configMap"`
			Secret    *chartSource
		}
	}
}

// goldens are what the chart makes, by the name of its values.
func goldens(t *testing.T) map[string][]chartObject {
	t.Helper()
	files, err := filepath.Glob(repository + "/deploy/helm/testdata/*.golden.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no goldens: %v", err)
	}
	all := map[string][]chartObject{}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".golden.yaml")
		for dec := yaml.NewDecoder(f); ; {
			var object chartObject
			if err := dec.Decode(&object); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			all[name] = append(all[name], object)
		}
		_ = f.Close()
	}
	return all
}

// one is the only object of its kind.
func one(t *testing.T, objects []chartObject, kind string) chartObject {
	t.Helper()
	i := slices.IndexFunc(objects, func(o chartObject) bool { return o.Kind == kind })
	if i < 0 {
		t.Fatalf("there is no %s", kind)
	}
	return objects[i]
}

func TestTheChartSetsWhatTheProgramAccepts(t *testing.T) {
	all := goldens(t)
	modes := map[string]Mode{
		"minimal": ModeOpen, "api-key": ModeAPIKey, "jwks": ModeJWKS, "opa": ModeOIDC, "everything": ModeOIDC,
		"oidc-policy": ModeOIDC, "oidc-configmap": ModeOIDC, "oidc-bundle": ModeOIDC, "oidc-image": ModeOIDC,
	}
	if want, got := slices.Sorted(maps.Keys(modes)), slices.Sorted(maps.Keys(all)); !slices.Equal(want, got) {
		t.Fatalf("there are %q, and %q are known here", got, want)
	}
	for name, objects := range all {
		t.Run(name, func(t *testing.T) {
			pod := one(t, objects, "Deployment").Spec.Template.Spec
			environ := pod.Containers[0].environ(t, pod.Volumes, objects)
			s, _, err := loadSettings(environ, os.DevNull)
			if err != nil {
				t.Fatal(err)
			}
			if s.Mode() != modes[name] || s.EnvState != "prod" || s.Address() != "0.0.0.0:5000" {
				t.Errorf("mode %s, state %s, at %s", s.Mode(), s.EnvState, s.Address())
			}
			for _, v := range environ {
				variable, _, _ := strings.Cut(v, "=")
				if prefix, _ := cutPrefix(variable); prefix != "" && !newVocabulary(s).known(variable) {
					t.Errorf("nothing reads %s", variable)
				}
			}
			if _, err := newGateway(t.Context(), s, newObserved(), zap.NewNop()); err != nil {
				t.Error(err)
			}
		})
	}
}

// What the chart puts into a value reaches the program as it was.
func TestTheChartKeepsValuesWhole(t *testing.T) {
	objects := goldens(t)["everything"]
	pod := one(t, objects, "Deployment").Spec.Template.Spec
	s, _, err := loadSettings(pod.Containers[0].environ(t, pod.Volumes, objects), os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.OIDCExpectedAudience.String(); got != "geo$(HOST)" {
		t.Errorf("the audience is %s", got)
	}
	if s.MaxConnections != 1_000_000 || s.MaxInFlight != 1000 || s.LogDelay != 0 || !s.ReverseProxy {
		t.Errorf("connections %d, requests %d, delay %v, proxy %v", s.MaxConnections, s.MaxInFlight, s.LogDelay, s.ReverseProxy)
	}
}

// The figures are those of "Capacity" in docs/operations.md.
func TestTheChartsConnectionsFitIntoItsMemory(t *testing.T) {
	objects := goldens(t)["minimal"]
	pod := one(t, objects, "Deployment").Spec.Template.Spec
	environ := pod.Containers[0].environ(t, pod.Volumes, objects)
	s, _, err := loadSettings(environ, os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(environ, func(v string) bool { return strings.HasPrefix(v, "GOMEMLIMIT=") })
	soft, err := strconv.Atoi(strings.TrimPrefix(environ[i], "GOMEMLIMIT="))
	if err != nil {
		t.Fatal(err)
	}
	if hard := mebibytes(t, pod.Containers[0].Resources.Limits.Memory) << 20; soft > hard/100*96 || soft < hard/100*90 {
		t.Errorf("Go may take %d bytes of %d", soft, hard)
	}
	if need := 50<<20 + s.MaxConnections*70<<10; need > soft {
		t.Errorf("%d connections need %d bytes, and Go may take %d", s.MaxConnections, need, soft)
	}
}

// The chart knows by name which settings are secret; it refuses them among the
// others, and takes no others for them.
func TestTheChartKnowsTheSecrets(t *testing.T) {
	text, err := os.ReadFile(chartFolder + "/values.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties struct {
			SecretSettings struct{ PatternProperties map[string]any } `json:"secretSettings"`
		}
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	patterns := slices.Collect(maps.Keys(schema.Properties.SecretSettings.PatternProperties))
	if text, err = os.ReadFile(chartFolder + "/templates/_helpers.tpl"); err != nil {
		t.Fatal(err)
	}
	if found := regexp.MustCompile(`define "geowarden.secret" -}}\s+{{- if regexMatch "([^"]+)"`).FindSubmatch(text); found != nil {
		patterns = append(patterns, string(found[1]))
	}
	if len(patterns) != 2 {
		t.Fatalf("the patterns are %q", patterns)
	}
	for _, pattern := range patterns {
		for f := range (&Settings{}).fields() {
			name := strings.TrimSuffix(f.name, "*") + strings.Repeat("X", strings.Count(f.name, "*"))
			if got, want := regexp.MustCompile(pattern).MatchString(name), f.secret() || f.many(); got != want {
				t.Errorf("%s is secret: %v, and %s says %v", f.name, want, pattern, got)
			}
		}
	}
}

// `helm test` asks the gateway through its Service.
func TestTheChartsTestFindsTheGateway(t *testing.T) {
	want := map[string]string{"minimal": "http://geowarden:80", "jwks": "https://geowarden:443", "everything": "https://geo:8443"}
	for name, objects := range goldens(t) {
		pod := one(t, objects, "Pod").Spec
		a := app{environ: pod.Containers[0].environ(t, nil, objects), envFile: os.DevNull}
		if got, err := a.ownAddress(); err != nil || want[name] != "" && got != want[name] {
			t.Errorf("%s: it asks %s, %v", name, got, err)
		}
	}
}
