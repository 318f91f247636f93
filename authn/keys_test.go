package authn

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func withKeys(values ...string) *http.Request {
	r := bearer("ignored.in.this.mode")
	r.Header["X-Api-Key"] = values
	return r
}

func sha256Of(secret string) string {
	digest := sha256.Sum256([]byte(secret))
	return "sha256:" + hex.EncodeToString(digest[:])
}

func sha512Of(secret string) string {
	digest := sha512.Sum512([]byte(secret))
	return "sha512:" + hex.EncodeToString(digest[:])
}

func writeFile(t testing.TB, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "keys.yaml")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestKeysAreTold(t *testing.T) {
	file := writeFile(t, `
- name: ci
  digest: `+sha256Of("ci-secret")+`
- name: long
  digest: sha512:`+strings.ToUpper(sha512Of("long-secret")[7:])+`
- name: old
  digest: `+sha256Of("old-secret")+`
  expires: 2026-01-31T12:00:00+01:00
- name: off
  digest: `+sha512Of("off-secret")+`
  disabled: true
- name: on
  digest: `+sha512Of("on-secret")+`
  disabled: false
`)
	expiry := time.Date(2026, 1, 31, 11, 0, 0, 0, time.UTC)
	now := expiry.Add(-time.Second)
	k, err := NewKeys(KeysConfig{Static: map[string]string{"PYGEOAPI_KEY_GLOBAL": "global secret"}, File: file, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	if k.Len() != 6 {
		t.Errorf("%d keys, want 6", k.Len())
	}
	for _, c := range []struct {
		name   string
		values []string
		want   string
		id     string
	}{
		{"static", []string{"global secret"}, "ok", "PYGEOAPI_KEY_GLOBAL"},
		{"by SHA-256", []string{"ci-secret"}, "ok", "ci"},
		{"by SHA-512, in capitals", []string{"long-secret"}, "ok", "long"},
		{"not yet expired", []string{"old-secret"}, "ok", "old"},
		{"disabled", []string{"off-secret"}, "invalid disabled", ""},
		{"not disabled", []string{"on-secret"}, "ok", "on"},
		{"none", nil, "missing", ""},
		{"empty", []string{""}, "missing", ""},
		{"unknown", []string{"guess"}, "invalid unknown", ""},
		{"of the right length and the right beginning", []string{"global secreT"}, "invalid unknown", ""},
		{"in another case", []string{"GLOBAL SECRET"}, "invalid unknown", ""},
		{"with a space behind", []string{"ci-secret "}, "invalid unknown", ""},
		{"a digest for the key", []string{sha256Of("ci-secret")}, "invalid unknown", ""},
		{"a name for the key", []string{"ci"}, "invalid unknown", ""},
		{"twice", []string{"ci-secret", "ci-secret"}, "ambiguous", ""},
		{"twice, one empty", []string{"", "ci-secret"}, "ambiguous", ""},
		{"joined", []string{"ci-secret, ci-secret"}, "invalid unknown", ""},
		{"1 MiB", []string{strings.Repeat("a", 1<<20)}, "invalid length", ""},
		{"with a control character", []string{"ci-secret\x00"}, "invalid unknown", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := k.Authenticate(withKeys(c.values...))
			wantOutcome(t, err, c.want)
			if err == nil && (p.Kind != Key || p.ID != c.id) {
				t.Errorf("got %+v", p)
			}
			if err != nil {
				detail := map[Failure]string{Missing: "no api key", Invalid: "invalid api key", Ambiguous: "the X-API-KEY header is there more than once"}
				if failed := wantError(t, err); failed.Detail != detail[failed.Failure] {
					t.Errorf("the caller is told %q", failed.Detail)
				}
			}
		})
	}
	now = expiry
	_, err = k.Authenticate(withKeys("old-secret"))
	wantOutcome(t, err, "invalid expired")
}

// Attack: a configuration that lets everybody in (CVE-2026-27586, CVE-2021-21411).
func TestKeysThatCannotBeMeantAreRefusedByName(t *testing.T) {
	digest := sha256Of("secret")
	for name, c := range map[string]struct {
		static map[string]string
		file   string
		says   []string
	}{
		"no key at all":             {nil, "", []string{"no api key"}},
		"an empty file and nothing": {nil, "[]", []string{"no api key"}},
		"an empty key":              {map[string]string{"A": "x", "B": ""}, "", []string{"B is empty"}},
		"two that are the same":     {map[string]string{"A": "x", "B": "y", "C": "x"}, "", []string{"A and C"}},
		"several faults":            {map[string]string{"A": "", "B": " x", "C": "y\n", "D": "z", "E": "z"}, "", []string{"A is empty", "B could never", "C could never", "D and E"}},
		"over 16 KiB":               {map[string]string{"A": strings.Repeat("x", maxCredential+1)}, "", []string{"A could never"}},
		"a name in both":            {map[string]string{"A": "x"}, "- {name: A, digest: '" + digest + "'}", []string{"the name A"}},
		"a key in both":             {map[string]string{"A": "secret"}, "- {name: B, digest: '" + digest + "'}", []string{"A and B"}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := KeysConfig{Static: c.static}
			if c.file != "" {
				cfg.File = writeFile(t, c.file)
			}
			_, err := NewKeys(cfg)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, text := range c.says {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%q does not say %q", err, text)
				}
			}
		})
	}
	if _, err := NewKeys(KeysConfig{Static: map[string]string{"A": "x"}, File: filepath.Join(t.TempDir(), "gone")}); err == nil {
		t.Error("a file that is not there was accepted")
	}
}

func TestKeysFileIsReadStrictly(t *testing.T) {
	digest := sha256Of("secret")
	for name, c := range map[string]struct{ file, says string }{
		"empty":                     {"", "holds no list"},
		"comments only":             {"# nothing\n", "holds no list"},
		"null":                      {"null", "holds no list"},
		"not YAML":                  {"- name: [", "not YAML"},
		"a mapping":                 {"name: a\ndigest: " + digest, "line 1: it is not a list"},
		"two documents":             {"- {name: a, digest: '" + digest + "'}\n---\n- {name: b}", "second document"},
		"a text for an entry":       {"- a", "entry 1: line 1: not a key"},
		"an alias":                  {"- &a {name: a, digest: '" + digest + "'}\n- *a", "entry 2: line 2: not a key"},
		"an unknown field":          {"- name: a\n  digest: " + digest + "\n  expire: 2027-01-31T00:00:00Z", `entry 1: line 3: unknown field "expire"`},
		"a field twice":             {"- name: a\n  digest: " + digest + "\n  name: b", "line 3: name is there twice"},
		"no name":                   {"- digest: " + digest, "line 1: name is missing"},
		"no digest":                 {"- name: a", "line 1: digest is missing"},
		"an empty name":             {"- name: ''\n  digest: " + digest, "line 1: name must be"},
		"a name with a line end":    {"- name: \"a\\nb\"\n  digest: " + digest, "line 1: name must be"},
		"a list for a name":         {"- name: [a]\n  digest: " + digest, "line 1: name must be a plain value"},
		"the key itself":            {"- name: a\n  digest: secret", "line 2: digest must be"},
		"a digest without function": {"- name: a\n  digest: " + digest[7:], "line 2: digest must be"},
		"a weak digest":             {"- name: a\n  digest: md5:d41d8cd98f00b204e9800998ecf8427e", "line 2: digest must be"},
		"a short digest":            {"- name: a\n  digest: " + digest[:60], "line 2: digest must be"},
		"the wrong length":          {"- name: a\n  digest: sha512:" + digest[7:], "line 2: digest must be"},
		"a date without a time":     {"- name: a\n  digest: " + digest + "\n  expires: 2027-01-31", "line 3: expires must be"},
		"the zero date":             {"- name: a\n  digest: " + digest + "\n  expires: 0001-01-01T00:00:00Z", "line 3: expires must be"},
		"an empty date":             {"- name: a\n  digest: " + digest + "\n  expires:", "line 3: expires must be"},
		"disabled: yes":             {"- name: a\n  digest: " + digest + "\n  disabled: yes", "line 3: disabled must be"},
		"disabled empty":            {"- name: a\n  digest: " + digest + "\n  disabled:", "line 3: disabled must be"},
		"a name twice":              {"- {name: a, digest: '" + digest + "'}\n- {name: a, digest: '" + sha256Of("x") + "'}", "the name a"},
		"a digest twice":            {"- {name: a, digest: '" + digest + "'}\n- {name: b, digest: '" + strings.ToUpper(digest[7:]) + "'}", "digest must be"},
		"a key twice":               {"- {name: a, digest: '" + digest + "'}\n- {name: b, digest: 'sha256:" + strings.ToUpper(digest[7:]) + "'}", "a and b are the same"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewKeys(KeysConfig{Static: map[string]string{"A": "static"}, File: writeFile(t, c.file)})
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want it to say %q", err, c.says)
			}
			if err != nil && strings.Contains(err.Error(), "digest: secret") {
				t.Errorf("the error holds the key: %v", err)
			}
		})
	}
}

// Attack: the time of an answer tells how much of a guess is right
// (CVE-2026-32595). The work for a wrong key depends on its length alone: it is
// hashed once, and looked up by digest, however many keys there are.
func TestManyKeysCostWhatOneCosts(t *testing.T) {
	var list strings.Builder
	for n := range 10_000 {
		fmt.Fprintf(&list, "- {name: k%d, digest: '%s'}\n", n, sha256Of(fmt.Sprint("secret-", n)))
	}
	many, err := NewKeys(KeysConfig{File: writeFile(t, list.String())})
	if err != nil {
		t.Fatal(err)
	}
	p, err := many.Authenticate(withKeys("secret-9999"))
	if err != nil || p.ID != "k9999" {
		t.Errorf("got %+v, %v", p, err)
	}
	for _, guess := range []string{"secret-999x", "xxxxxxxxxxx"} {
		r := withKeys(guess)
		if n := testing.AllocsPerRun(100, func() { _, _ = many.Authenticate(r) }); n > 1 {
			t.Errorf("%s: %v allocations, want the error alone", guess, n)
		}
	}
}

func FuzzParseKeys(f *testing.F) {
	f.Add("- name: a\n  digest: " + sha256Of("x") + "\n  expires: 2027-01-31T00:00:00Z\n  disabled: true\n")
	f.Add("[]")
	f.Add("- {name: a, digest: 'sha256:'}")
	f.Add("a: &a [*a]")
	f.Fuzz(func(t *testing.T, data string) {
		entries, err := parseKeys([]byte(data))
		if err != nil {
			return
		}
		for _, e := range entries {
			if !keyName.MatchString(e.name) || len(e.digest) != sha256.Size && len(e.digest) != sha512.Size {
				t.Errorf("an unfit entry: %+v", e)
			}
		}
	})
}
