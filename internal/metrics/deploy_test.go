package metrics

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/geowarden/geowarden/proxy"
)

// everything returns figures that have every series there can be, as the
// labels of each name.
func everything(t *testing.T) map[string][]string {
	t.Helper()
	m := New(Build{})
	m.Observe(&proxy.Observation{})
	m.PolicyLoaded("x")
	m.Unchecked(true, true)
	m.KeysFileLoaded()
	m.CertificateLoaded()
	number, at := func() int { return 1 }, time.Now
	m.Ask(Sources{
		Ready: func() bool { return true }, Degraded: func() []string { return nil }, InFlight: number, Connections: number, APIKeys: number,
		CertificateExpiry: at, KeySetRead: at, CollectionsRead: at, KeySetFailing: func() bool { return false },
		KeySetCeiling: func() time.Duration { return time.Hour }, TokenCache: func() (uint64, uint64) { return 0, 0 },
	})
	labels := map[string][]string{}
	for series := range scrape(t, m) {
		name, rest, _ := strings.Cut(series, "{")
		for _, pair := range labelPair.FindAllStringSubmatch(rest, -1) {
			if !slices.Contains(labels[name], pair[1]) {
				labels[name] = append(labels[name], pair[1])
			}
		}
		labels[name] = append(labels[name], "")
	}
	return labels
}

var (
	metricName = regexp.MustCompile(`\b(?:geowarden|process|go)_[a-z_]+\b`)
	selector   = regexp.MustCompile(`\b((?:geowarden|process|go)_[a-z_]+)\{([^}]*)\}`)
	labelPair  = regexp.MustCompile(`([a-z_]+)(?:=~|!~|!=|=)"([^"]*)"`)
	grouping   = regexp.MustCompile(`by \(([^)]*)\)`)
)

// ofTheScrape are the labels that Prometheus adds to every series.
var ofTheScrape = []string{"job", "instance"}

// vocabularies are the words that a label can have.
var vocabularies = map[string]words{"type": types, "decision": decisions, "mode": modes, "class": classes, "part": parts}

// check says what of an expression no gateway will ever have.
func check(t *testing.T, where, expr string, known map[string][]string) {
	t.Helper()
	labels := slices.Clone(ofTheScrape)
	for _, name := range metricName.FindAllString(expr, -1) {
		if known[name] == nil {
			t.Errorf("%s: there is no metric %s", where, name)
		}
		labels = append(labels, known[name]...)
	}
	for _, found := range selector.FindAllStringSubmatch(expr, -1) {
		for _, pair := range labelPair.FindAllStringSubmatch(found[2], -1) {
			label, value := pair[1], pair[2]
			if !slices.Contains(known[found[1]], label) && !slices.Contains(ofTheScrape, label) {
				t.Errorf("%s: %s has no label %s", where, found[1], label)
			}
			set, fixed := vocabularies[label]
			for _, word := range strings.Split(value, "|") {
				if fixed && !strings.HasSuffix(word, "*") && set.of(word) == 0 {
					t.Errorf("%s: no %s is called %q", where, label, word)
				}
			}
		}
	}
	for _, found := range grouping.FindAllStringSubmatch(expr, -1) {
		for _, label := range strings.Split(found[1], ", ") {
			if !slices.Contains(labels, label) {
				t.Errorf("%s: grouped by %s, which none of it has", where, label)
			}
		}
	}
}

// A panel or alert on a figure that does not exist is silent for ever.
func TestTheDashboardShowsWhatThereIs(t *testing.T) {
	data, err := os.ReadFile("../../deploy/grafana/geowarden.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			Title      string
			Datasource struct{ UID string }
			Targets    []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(data, &board); err != nil {
		t.Fatal(err)
	}
	known, shown := everything(t), ""
	for _, panel := range board.Panels {
		for _, target := range panel.Targets {
			check(t, panel.Title, target.Expr, known)
			shown += target.Expr
			if panel.Datasource.UID != "${datasource}" {
				t.Errorf("%s: the data source is one of another Grafana", panel.Title)
			}
		}
	}
	for name := range known {
		base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_sum"), "_count")
		if strings.HasPrefix(name, "geowarden_") && !strings.Contains(shown, base) && name != "geowarden_certificate_reloads_total" {
			t.Errorf("no panel shows %s", name)
		}
	}
}

func TestTheAlertsWatchWhatThereIs(t *testing.T) {
	var rules struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr string
				Annotations map[string]string
			}
		}
	}
	data, err := os.ReadFile("../../deploy/prometheus/alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(data, &rules); err != nil {
		t.Fatal(err)
	}
	tests, err := os.ReadFile("../../deploy/prometheus/alerts_test.yml")
	if err != nil {
		t.Fatal(err)
	}
	manual, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	known, seen := everything(t), 0
	for _, group := range rules.Groups {
		for _, rule := range group.Rules {
			seen++
			check(t, rule.Alert, rule.Expr, known)
			if n := strings.Count(string(tests), "alertname: "+rule.Alert+"\n") + strings.Count(string(tests), "alertname: "+rule.Alert+","); n != 2 {
				t.Errorf("%s is tried %d times, want once silent and once raised", rule.Alert, n)
			}
			if !strings.Contains(string(manual), "\n### "+rule.Alert+"\n") || !strings.HasSuffix(rule.Annotations["runbook_url"], "#"+strings.ToLower(rule.Alert)) {
				t.Errorf("docs/operations.md does not say what to do about %s", rule.Alert)
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d alerts were looked at", seen)
	}
}
