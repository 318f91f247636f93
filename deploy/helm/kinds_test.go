package helm

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	gateway "sigs.k8s.io/gateway-api/apis/v1"
	"sigs.k8s.io/yaml"
)

// release is what a golden holds, by kind.
type release struct {
	deployment  apps.Deployment
	test        core.Pod
	services    []core.Service
	config      []core.ConfigMap
	account     *core.ServiceAccount
	network     *networking.NetworkPolicy
	disruptions *policy.PodDisruptionBudget
	scaler      *autoscaling.HorizontalPodAutoscaler
	ingress     *networking.Ingress
	route       *gateway.HTTPRoute
	monitor     *monitoring.ServiceMonitor
}

// read decodes a golden into the types of Kubernetes. A field that they do not
// have, and a name that is there twice, is an error.
func read(t *testing.T, file string) *release {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r := &release{}
	for document := range strings.SplitSeq("\n"+string(text), "\n---\n") {
		var head meta.TypeMeta
		if err := yaml.Unmarshal([]byte(document), &head); err != nil {
			t.Fatalf("%s: %v\n%s", file, err, document)
		}
		if head.Kind == "" {
			continue
		}
		into := r.place(head.APIVersion + " " + head.Kind)
		if into == nil {
			t.Fatalf("%s: nothing is known of %s %s", file, head.APIVersion, head.Kind)
		}
		if err := yaml.UnmarshalStrict([]byte(document), into); err != nil {
			t.Errorf("%s: %s: %v", file, head.Kind, err)
		}
	}
	return r
}

func (r *release) place(kind string) any {
	switch kind {
	case "apps/v1 Deployment":
		return &r.deployment
	case "v1 Pod":
		return &r.test
	case "v1 Service":
		r.services = append(r.services, core.Service{})
		return &r.services[len(r.services)-1]
	case "v1 ConfigMap":
		r.config = append(r.config, core.ConfigMap{})
		return &r.config[len(r.config)-1]
	case "v1 ServiceAccount":
		r.account = &core.ServiceAccount{}
		return r.account
	case "networking.k8s.io/v1 NetworkPolicy":
		r.network = &networking.NetworkPolicy{}
		return r.network
	case "policy/v1 PodDisruptionBudget":
		r.disruptions = &policy.PodDisruptionBudget{}
		return r.disruptions
	case "autoscaling/v2 HorizontalPodAutoscaler":
		r.scaler = &autoscaling.HorizontalPodAutoscaler{}
		return r.scaler
	case "networking.k8s.io/v1 Ingress":
		r.ingress = &networking.Ingress{}
		return r.ingress
	case "gateway.networking.k8s.io/v1 HTTPRoute":
		r.route = &gateway.HTTPRoute{}
		return r.route
	case "monitoring.coreos.com/v1 ServiceMonitor":
		r.monitor = &monitoring.ServiceMonitor{}
		return r.monitor
	}
	return nil
}

// each runs a test for every golden.
func each(t *testing.T, test func(t *testing.T, r *release)) {
	t.Helper()
	for _, values := range examples(t) {
		t.Run(filepath.Base(values), func(t *testing.T) { test(t, read(t, golden(values))) })
	}
}

// gateway is the container that the chart is about.
func (r *release) gateway() core.Container { return r.deployment.Spec.Template.Spec.Containers[0] }

func (r *release) service(t *testing.T, suffix string) core.Service {
	t.Helper()
	for _, s := range r.services {
		if s.Name == r.deployment.Name+suffix {
			return s
		}
	}
	t.Fatalf("there is no Service %s%s", r.deployment.Name, suffix)
	return core.Service{}
}

func TestEverySelectorMeetsTheGatewayAndNothingElse(t *testing.T) {
	each(t, func(t *testing.T, r *release) {
		pod, test := r.deployment.Spec.Template.Labels, r.test.Labels
		selectors := map[string]*meta.LabelSelector{"the Deployment": r.deployment.Spec.Selector}
		for _, s := range r.services {
			selectors["the Service "+s.Name] = &meta.LabelSelector{MatchLabels: s.Spec.Selector}
		}
		if r.network != nil {
			selectors["the NetworkPolicy"] = &r.network.Spec.PodSelector
		}
		if r.disruptions != nil {
			selectors["the PodDisruptionBudget"] = r.disruptions.Spec.Selector
		}
		for _, c := range r.deployment.Spec.Template.Spec.TopologySpreadConstraints {
			selectors["the spread over "+c.TopologyKey] = c.LabelSelector
		}
		for who, selector := range selectors {
			s, err := meta.LabelSelectorAsSelector(selector)
			if err != nil {
				t.Fatal(err)
			}
			if !s.Matches(labels.Set(pod)) || s.Matches(labels.Set(test)) {
				t.Errorf("%s selects %s", who, s)
			}
		}
	})
}

func TestEveryReferenceLeadsSomewhere(t *testing.T) {
	each(t, func(t *testing.T, r *release) {
		ports := map[string]int32{}
		for _, p := range r.gateway().Ports {
			ports[p.Name] = p.ContainerPort
		}
		for _, s := range r.services {
			for _, p := range s.Spec.Ports {
				if ports[p.TargetPort.StrVal] == 0 {
					t.Errorf("the Service %s leads to the port %s, which is not there", s.Name, p.TargetPort.StrVal)
				}
			}
		}
		for _, p := range []*core.Probe{r.gateway().StartupProbe, r.gateway().LivenessProbe, r.gateway().ReadinessProbe} {
			if ports[p.HTTPGet.Port.StrVal] == 0 {
				t.Errorf("%s is asked for at the port %s, which is not there", p.HTTPGet.Path, p.HTTPGet.Port.StrVal)
			}
		}
		port := r.service(t, "").Spec.Ports[0]
		if r.ingress != nil {
			for _, rule := range r.ingress.Spec.Rules {
				if b := rule.HTTP.Paths[0].Backend.Service; b.Name != r.deployment.Name || b.Port.Name != port.Name {
					t.Errorf("the Ingress leads to %s:%s", b.Name, b.Port.Name)
				}
			}
		}
		if r.route != nil {
			if b := r.route.Spec.Rules[0].BackendRefs[0]; string(b.Name) != r.deployment.Name || *b.Port != port.Port {
				t.Errorf("the route leads to %s:%d", b.Name, *b.Port)
			}
		}
		if r.scaler != nil && (r.scaler.Spec.ScaleTargetRef.Name != r.deployment.Name || r.deployment.Spec.Replicas != nil) {
			t.Errorf("the scaler scales %s, which has %v replicas", r.scaler.Spec.ScaleTargetRef.Name, r.deployment.Spec.Replicas)
		}
		if r.monitor != nil {
			s, err := meta.LabelSelectorAsSelector(&r.monitor.Spec.Selector)
			if err != nil {
				t.Fatal(err)
			}
			metrics := r.service(t, "-metrics")
			if !s.Matches(labels.Set(metrics.Labels)) || s.Matches(labels.Set(r.service(t, "").Labels)) || r.monitor.Spec.Endpoints[0].Port != metrics.Spec.Ports[0].Name {
				t.Errorf("the ServiceMonitor selects %s, port %s", s, r.monitor.Spec.Endpoints[0].Port)
			}
		}
		if account := r.deployment.Spec.Template.Spec.ServiceAccountName; r.account != nil && r.account.Name != account || r.account == nil && account != "default" {
			t.Errorf("the pods run as %s, which is not there", account)
		}
		r.mountsLeadSomewhere(t)
	})
}

// A file that is mounted by subPath never changes.
func (r *release) mountsLeadSomewhere(t *testing.T) {
	t.Helper()
	volumes := map[string]bool{}
	for _, v := range r.deployment.Spec.Template.Spec.Volumes {
		volumes[v.Name] = true
		if v.ConfigMap != nil && len(r.config) > 0 && v.ConfigMap.Name != r.config[0].Name {
			t.Errorf("the volume %s is of the ConfigMap %s, and %s is made", v.Name, v.ConfigMap.Name, r.config[0].Name)
		}
	}
	for _, m := range r.gateway().VolumeMounts {
		if !volumes[m.Name] || m.SubPath != "" {
			t.Errorf("%s is mounted from %s, subPath %q", m.MountPath, m.Name, m.SubPath)
		}
	}
}

func TestEveryPodIsHeld(t *testing.T) {
	each(t, func(t *testing.T, r *release) {
		for who, pod := range map[string]core.PodSpec{"the gateway": r.deployment.Spec.Template.Spec, "the test": r.test.Spec} {
			if pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken {
				t.Errorf("%s has a token", who)
			}
			if pod.EnableServiceLinks == nil || *pod.EnableServiceLinks {
				t.Errorf("%s has variables that other people's Services put there", who)
			}
			s := pod.SecurityContext
			if s.RunAsNonRoot == nil || !*s.RunAsNonRoot || s.SeccompProfile == nil || s.SeccompProfile.Type != core.SeccompProfileTypeRuntimeDefault {
				t.Errorf("%s may be root, or call anything: %v", who, s)
			}
			c := pod.Containers[0].SecurityContext
			if c == nil || !*c.ReadOnlyRootFilesystem || *c.AllowPrivilegeEscalation || *c.Privileged || !slices.Equal(c.Capabilities.Drop, []core.Capability{"ALL"}) || c.Capabilities.Add != nil {
				t.Errorf("%s has rights: %v", who, c)
			}
			for _, v := range pod.Volumes {
				if m := mode(v); m != nil && *m != 0o440 {
					t.Errorf("%s: everybody may read the volume %s: %o", who, v.Name, *m)
				}
			}
		}
		if a := r.account; a != nil && (a.AutomountServiceAccountToken == nil || *a.AutomountServiceAccountToken) {
			t.Error("the account gives its token to whoever uses it")
		}
	})
}

// mode is that of the files of a volume that holds a secret.
func mode(v core.Volume) *int32 {
	everybody := int32(0o644)
	switch {
	case v.Secret != nil && v.Secret.DefaultMode != nil:
		return v.Secret.DefaultMode
	case v.Projected != nil && v.Projected.DefaultMode != nil:
		return v.Projected.DefaultMode
	case v.Secret != nil || v.Projected != nil:
		return &everybody
	}
	return nil
}

// variable is one that the chart sets, as it is written.
func (r *release) variable(name string) string {
	for _, v := range r.gateway().Env {
		if v.Name == name {
			return v.Value
		}
	}
	return ""
}

func TestRequestsUnderWayAreFinished(t *testing.T) {
	each(t, func(t *testing.T, r *release) {
		needed, err := time.ParseDuration(r.variable("PROD_SHUTDOWN_TIMEOUT"))
		if err != nil {
			t.Fatal(err)
		}
		needed += time.Duration(r.gateway().Lifecycle.PreStop.Sleep.Seconds) * time.Second
		needed += 5 * time.Second // the last lines and spans
		if given := time.Duration(*r.deployment.Spec.Template.Spec.TerminationGracePeriodSeconds) * time.Second; given < needed {
			t.Errorf("%s are given, and %s are needed", given, needed)
		}
		if u := r.deployment.Spec.Strategy.RollingUpdate; u.MaxUnavailable.IntValue() != 0 {
			t.Errorf("%v may be missing while it is rolled out", u.MaxUnavailable)
		}
	})
}

// Kubernetes leaves a reference to a variable that comes later as it stands.
func TestVariablesAreSetOnceAndInOrder(t *testing.T) {
	each(t, func(t *testing.T, r *release) {
		set := map[string]bool{}
		for _, v := range r.gateway().Env {
			if set[v.Name] {
				t.Errorf("%s is set twice", v.Name)
			}
			set[v.Name] = true
			for rest := strings.ReplaceAll(v.Value, "$$", ""); strings.Contains(rest, "$("); {
				var name string
				_, rest, _ = strings.Cut(rest, "$(")
				if name, rest, _ = strings.Cut(rest, ")"); !set[name] {
					t.Errorf("%s is made of %s, which is not set before it", v.Name, name)
				}
			}
		}
	})
}

func TestWhoMayReachWhat(t *testing.T) {
	for name, want := range map[string]struct {
		open         int // of the two ports, those that everybody reaches
		http, scrape int // peers
		egress       int // rules; 0 is no restriction
	}{
		"minimal":    {open: 1, scrape: 1},
		"opa":        {http: 2, scrape: 1, egress: 4},
		"everything": {http: 2, scrape: 1, egress: 5},
	} {
		r := read(t, "testdata/"+name+".golden.yaml")
		open, peers := 0, map[int]int{}
		for _, rule := range r.network.Spec.Ingress {
			if len(rule.From) == 0 {
				open++
			}
			for _, p := range rule.Ports {
				peers[p.Port.IntValue()] = len(rule.From)
			}
		}
		if len(peers) != 2 || open != want.open || peers[5000] != want.http || peers[9464] != want.scrape || len(r.network.Spec.Egress) != want.egress {
			t.Errorf("%s: %v, %d open, %d ways out", name, peers, open, len(r.network.Spec.Egress))
		}
		if restricted := slices.Contains(r.network.Spec.PolicyTypes, networking.PolicyTypeEgress); restricted != (want.egress > 0) {
			t.Errorf("%s: the ways out are restricted: %v", name, restricted)
		}
	}
}
