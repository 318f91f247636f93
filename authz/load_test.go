package authz_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/geowarden/geowarden/authz"
)

const allowing = "package httpapi.authz\n\nallow if input.subject.kind == \"user\"\n"

func TestAPolicyThatCannotDecideIsRefused(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		says  []string
	}{
		{"no Rego at all", map[string]string{"data.json": "{}"}, []string{"no .rego file"}},
		{"nothing but tests", map[string]string{"a_test.rego": allowing}, []string{"no .rego file"}},
		{"another package", map[string]string{"a.rego": "package other\nallow := true"}, []string{"no rule allow", "httpapi.authz"}},
		{"allow in a test only", map[string]string{"a.rego": "package httpapi.authz\nx := 1", "a_test.rego": allowing}, []string{"no rule allow"}},
		{"allow is a function", map[string]string{"a.rego": "package httpapi.authz\nallow(x) := x"}, []string{"no rule allow"}},
		{"allow is data", map[string]string{"a.rego": "package other\nx := 1", "httpapi/authz/data.json": `{"allow": true}`}, []string{"no rule allow"}},
		{"allow is a rule and data", map[string]string{"a.rego": allowing, "httpapi/authz/data.json": `{"allow": true}`}, []string{"conflict"}},
		{"syntax", map[string]string{"sub/a.rego": "package httpapi.authz\n\nallow if {"}, []string{"sub/a.rego:3"}},
		{"an unsafe variable", map[string]string{"a.rego": allowing + "\nx if y == 1"}, []string{"a.rego:5", "unsafe"}},
		{"a failing test", map[string]string{"a.rego": allowing, "a_test.rego": "package httpapi.authz_test\n\ntest_it if 1 == 2"}, []string{"a_test.rego:3", "test_it failed"}},
		{"a test that stops", map[string]string{"a.rego": allowing, "a_test.rego": "package httpapi.authz_test\n\ntest_it if not to_number(\"x\") == 1"}, []string{"a_test.rego:3", "test_it stopped"}},
		{"the network", map[string]string{"a.rego": allowing + "\nx := http.send({\"url\": \"http://x\", \"method\": \"get\"})"}, []string{"http.send"}},
		{"the resolver", map[string]string{"a.rego": allowing + "\nx := net.lookup_ip_addr(\"x\")"}, []string{"net.lookup_ip_addr"}},
		{"the environment", map[string]string{"a.rego": allowing + "\nx := opa.runtime()"}, []string{"opa.runtime"}},
		{"a name twice in JSON", map[string]string{"a.rego": allowing, "data.json": `{"a": 1, "a": 2}`}, []string{"data.json", "duplicate"}},
		{"a name twice in YAML", map[string]string{"a.rego": allowing, "data.yaml": "a: 1\na: 2\n"}, []string{"data.yaml", "a"}},
		{"two YAML documents", map[string]string{"a.rego": allowing, "data.yml": "a: 1\n---\nb: 2\n"}, []string{"data.yml", "more than one"}},
		{"two JSON values", map[string]string{"a.rego": allowing, "data.json": "{} {}"}, []string{"data.json", "more than one"}},
		{"data that is a list", map[string]string{"a.rego": allowing, "data.json": "[1]"}, []string{"data.json", "object"}},
		{"two files for one name", map[string]string{"a.rego": allowing, "a.json": `{"x": {"y": 1}}`, "x/b.yaml": "y: 2"}, []string{"x/b.yaml", `"y"`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := authz.NewEmbedded(t.Context(), authz.EmbeddedConfig{Load: authz.PolicyFiles(folder(test.files))})
			if err == nil {
				t.Fatal("taken")
			}
			for _, want := range test.says {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}

// A data rule that went unenforced would give away what it hides.
func TestADataRuleIsRefusedHoweverItIsWritten(t *testing.T) {
	tests := map[string]map[string]string{
		"complete":                {"b.rego": "package httpapi.authz\nfeature_visible if input.feature.properties.public"},
		"default only":            {"b.rego": "package httpapi.authz\ndefault feature_writable := true"},
		"partial set":             {"b.rego": "package httpapi.authz\nmasked_properties contains \"phone\""},
		"partial object":          {"b.rego": "package httpapi.authz\nmasked_properties[x] := true if some x in {\"phone\"}"},
		"function":                {"b.rego": "package httpapi.authz\nfeature_visible(f) if f.properties.public"},
		"Rego v0":                 {"b.rego": "package httpapi.authz\nmasked_properties[x] { x := \"phone\" }"},
		"from the parent package": {"b.rego": "package httpapi\nauthz.feature_visible if input.feature.x"},
		"a package of its name":   {"b.rego": "package httpapi.authz.feature_visible\nx := 1"},
		"behind a computed name":  {"b.rego": "package httpapi\nauthz[x] := true if some x in {\"feature_visible\"}"},
		"inside a whole document": {"b.rego": "package httpapi\nauthz := {\"feature_visible\": false}"},
		"JSON data":               {"httpapi/authz/data.json": `{"masked_properties": ["phone"]}`},
		"YAML data at the root":   {"data.yaml": "httpapi:\n  authz:\n    feature_visible: false\n"},
	}
	for name, files := range tests {
		t.Run(name, func(t *testing.T) {
			files["a.rego"] = allowing
			_, err := authz.NewEmbedded(t.Context(), authz.EmbeddedConfig{Load: authz.PolicyFiles(folder(files))})
			if err == nil || !strings.Contains(err.Error(), "data rule") && !strings.Contains(err.Error(), "does not enforce") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestADataRuleOfAnotherPackageIsOnlyARule(t *testing.T) {
	e := engine(t, authz.EmbeddedConfig{}, map[string]string{
		"a.rego":       allowing,
		"b.rego":       "package other\nfeature_visible := true",
		"b_test.rego":  "package httpapi.authz\nfeature_visible := true",
		"other/x.json": `{"masked_properties": []}`,
	})
	got, err := e.Decide(t.Context(), asks(user("ada", nil), reads("common", "landing")))
	wantDecision(t, got, err, true, "")
}

func TestAPolicyThatAllowsEverythingIsGoodForAWarning(t *testing.T) {
	tests := []struct {
		name, rules, warns string
	}{
		{"default", "default allow := true\nallow := false if input.x", "by default"},
		{"fastgeoapi's default, with every rule commented out", "default allow = true\n# allow { input.x }", "by default"},
		{"no body", "allow := true", "whatever is asked"},
		{"a true body", "allow if true", "whatever is asked"},
		{"a constant body", "allow if 1 == 1", "whatever is asked"},
		{"a true branch behind a constant one", "allow := false if false else := true", "whatever is asked"},
		{"Rego v0", "allow { true }", "whatever is asked"},
		{"a condition", "default allow := false\nallow if input.version == 1", ""},
		{"a condition under with", "allow if input.x with input as {\"x\": true}", ""},
		{"false", "allow := false", ""},
		{"not false", "allow if not false", "whatever is asked"},
		{"a rule that is switched off", "allow if false", ""},
		{"a rule that is switched off among others", "allow if { 1 == 1; false }", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			warnings := strings.Join(policy(t, test.rules).Warnings(), "\n")
			if test.warns == "" && strings.Contains(warnings, "allow is true") {
				t.Errorf("warned without need: %s", warnings)
			}
			if !strings.Contains(warnings, test.warns) {
				t.Errorf("warnings %q do not say %q", warnings, test.warns)
			}
			if test.warns != "" && !strings.Contains(warnings, "authz.rego:3") {
				t.Errorf("warnings %q do not say where", warnings)
			}
		})
	}
}

func TestOldAndHiddenRegoIsGoodForAWarning(t *testing.T) {
	e := engine(t, authz.EmbeddedConfig{}, map[string]string{
		"a.rego":               allowing,
		"old.rego":             "package old\nx { input.y }",
		".hidden.rego":         "package httpapi.authz\nallow := true",
		"..2026_03/a.rego":     "package httpapi.authz\nallow := true",
		".git/x.rego":          "not Rego",
		"notes.txt":            "not Rego either",
		".manifest":            "{}",
		"sub/.hidden/data.yml": "[",
	})
	want := []string{
		"old.rego: this is Rego v0; `opa fmt --write --v0-v1` makes v1 of it",
		".hidden.rego: not read, because its name begins with a dot",
	}
	if got := e.Warnings(); !slices.Equal(got, want) {
		t.Errorf("warnings %q", got)
	}
}

func TestDataStandsWhereItsFolderSays(t *testing.T) {
	e := engine(t, authz.EmbeddedConfig{}, map[string]string{
		"authz.rego":         "package httpapi.authz\nallow if data.grants.people[input.subject.id].level == data.wanted",
		"grants/people.json": `{"people": {"ada": {"level": 9007199254740993}}}`,
		"wanted.yml":         "wanted: 9007199254740993\n",
	})
	got, err := e.Decide(t.Context(), asks(user("ada", nil), reads("common", "landing")))
	wantDecision(t, got, err, true, "")
	got, err = e.Decide(t.Context(), asks(user("grace", nil), reads("common", "landing")))
	wantDecision(t, got, err, false, "")
}

func TestTheNetworkIsASetting(t *testing.T) {
	rules := map[string]string{"a.rego": allowing + "\nx := http.send({\"url\": \"http://x\", \"method\": \"get\"})"}
	engine(t, authz.EmbeddedConfig{AllowNetwork: true}, rules)
}

func TestAnAddressCanBeComparedWithANetwork(t *testing.T) {
	e := policy(t, `allow if net.cidr_contains("192.0.2.0/24", input.request.client_ip)`)
	got, err := e.Decide(t.Context(), asks(user("ada", nil), reads("common", "landing")))
	wantDecision(t, got, err, true, "")
}

func TestAFolderIsReadThroughTheLinksOfAConfigMap(t *testing.T) {
	root := t.TempDir()
	mountConfigMap(t, root, "..2026_01", map[string]string{"authz.rego": allowing, "lib/names.json": `{"a": 1}`})
	_, err := authz.NewEmbedded(t.Context(), authz.EmbeddedConfig{Load: authz.OpenPolicy(root)})
	if err != nil {
		t.Fatal(err)
	}
}

func TestALinkThatLeadsNowhereOrRoundIsRefused(t *testing.T) {
	for name, target := range map[string]string{"b.rego": "nowhere.rego", "loop": "."} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			write(t, filepath.Join(root, "a.rego"), allowing)
			if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
				t.Fatal(err)
			}
			if _, err := authz.NewEmbedded(t.Context(), authz.EmbeddedConfig{Load: authz.OpenPolicy(root)}); err == nil {
				t.Error("taken")
			}
		})
	}
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	load := authz.PolicyFiles(fstest.MapFS{"a.rego": {Data: []byte(allowing)}})
	for name, cfg := range map[string]authz.EmbeddedConfig{
		"nothing to load":        {},
		"a path that is missing": {Load: authz.OpenPolicy(filepath.Join(t.TempDir(), "missing"))},
		"a package with a slash": {Load: load, Package: "httpapi/authz"},
		"a package with a query": {Load: load, Package: "httpapi.authz.allow == true; data.x"},
		"an empty part":          {Load: load, Package: "httpapi..authz"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := authz.NewEmbedded(t.Context(), cfg); err == nil {
				t.Error("taken")
			}
		})
	}
}

// A policy that cannot decide says what to do about it.
func TestAPolicyThatCannotDecideSaysWhatToDo(t *testing.T) {
	for name, tt := range map[string]struct{ file, content, want string }{
		"another package":   {"a.rego", "package geo.rules\nallow if input.x", "the files are of geo.rules (the setting POLICY_PACKAGE"},
		"no package's rule": {"a.rego", "package httpapi.authz\nallowed if input.x", "the files are of httpapi.authz"},
		"the network":       {"a.rego", "package httpapi.authz\nallow if http.send({}).x", "POLICY_ALLOW_NETWORK=true"},
	} {
		_, err := authz.NewEmbedded(t.Context(), authz.EmbeddedConfig{Load: authz.PolicyFiles(fstest.MapFS{tt.file: {Data: []byte(tt.content)}})})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	file := filepath.Join(t.TempDir(), "a.rego")
	write(t, file, allowing)
	if _, err := authz.OpenPolicy(file)(); err == nil || !strings.Contains(err.Error(), "name its folder") {
		t.Errorf("a single file: %v", err)
	}
}
