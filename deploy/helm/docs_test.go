package helm

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	networking "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"
)

const guide = "../../docs/kubernetes.md"

// block is one of the guide's: a language, and what stands in it.
type block struct{ language, text string }

func blocks(t *testing.T) (all []block) {
	t.Helper()
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		all = append(all, block{found[1], found[2]})
	}
	return all
}

// withoutCluster is helm where there is no cluster: an install or upgrade is
// rendered, and of anything else the flags are looked up.
const withoutCluster = `#!/bin/sh
set -e
verb=$1
shift
case $verb in
install | upgrade)
	for arg; do
		shift
		[ "$arg" = --install ] || set -- "$@" "$arg"
	done
	exec "$HELM" template "$@"
	;;
esac
"$HELM" "$verb" --help >usage
for arg; do
	case $arg in --*) grep -q -e "$arg " usage ;; esac
done
`

// The reader's folder is a checkout, with the files beside it that the guide
// shows: each begins with its name.
func TestTheGuidesCommandsWork(t *testing.T) {
	dir, bin := t.TempDir(), t.TempDir()
	for _, name := range []string{"deploy", "policies"} {
		target, err := filepath.Abs("../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(bin, "helm"), []byte(withoutCluster), 0o700); err != nil {
		t.Fatal(err)
	}
	env := append(environment(t), "HELM="+program(t), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	unused, ran := map[string]bool{}, 0
	for _, b := range blocks(t) {
		if b.language == "yaml" {
			name := strings.TrimPrefix(strings.SplitN(b.text, "\n", 2)[0], "# ")
			if unused[name] = strings.HasSuffix(name, ".yaml"); !unused[name] {
				t.Fatalf("a file without its name:\n%s", b.text)
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(b.text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, b := range blocks(t) {
		if b.language != "sh" {
			continue
		}
		for line := range strings.Lines(strings.ReplaceAll(b.text, "\\\n", "")) {
			if !strings.HasPrefix(line, "helm ") {
				continue
			}
			ran++
			for name := range unused {
				if strings.Contains(line, "--values "+name) {
					delete(unused, name)
				}
			}
			cmd := exec.CommandContext(t.Context(), "sh", "-c", line)
			cmd.Dir, cmd.Env = dir, env
			if said, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s%s", err, line, said)
			}
		}
	}
	delete(unused, "pygeoapi-networkpolicy.yaml") // it is for kubectl
	if len(unused) > 0 || ran == 0 {
		t.Errorf("%d commands, and none takes %v", ran, unused)
	}
}

// shown reads the guide's file of this name.
func shown(t *testing.T, name string, into any) {
	t.Helper()
	for _, b := range blocks(t) {
		if b.language == "yaml" && strings.HasPrefix(b.text, "# "+name+"\n") {
			if err := yaml.UnmarshalStrict([]byte(b.text), into); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("the guide has no %s", name)
}

// A selector that is empty is everybody, so each is compared whole: the back end
// is the one that the guide lets the gateway reach, and who may reach it are the
// chart's pods alone, under whatever name they were released.
func TestTheGuideKeepsTheBackEndToTheGateway(t *testing.T) {
	var there struct {
		NetworkPolicy struct {
			Egress map[string]networking.NetworkPolicyEgressRule
		}
	}
	shown(t, "egress.yaml", &there)
	backEnd := there.NetworkPolicy.Egress["upstream"].To
	gateway := read(t, golden("testdata/minimal.values.yaml")).deployment.Spec.Selector.DeepCopy()
	delete(gateway.MatchLabels, "app.kubernetes.io/instance")
	if len(backEnd) != 1 || backEnd[0].PodSelector == nil || len(backEnd[0].PodSelector.MatchLabels) == 0 || len(gateway.MatchLabels) == 0 {
		t.Fatalf("from %+v to %+v", gateway, backEnd)
	}
	var got networking.NetworkPolicy
	shown(t, "pygeoapi-networkpolicy.yaml", &got)
	want := networking.NetworkPolicySpec{
		PodSelector: *backEnd[0].PodSelector,
		PolicyTypes: []networking.PolicyType{networking.PolicyTypeIngress},
		Ingress:     []networking.NetworkPolicyIngressRule{{From: []networking.NetworkPolicyPeer{{PodSelector: gateway}}}},
	}
	if !reflect.DeepEqual(got.Spec, want) {
		t.Errorf("the guide's is\n%+v\nwant\n%+v", got.Spec, want)
	}
}
