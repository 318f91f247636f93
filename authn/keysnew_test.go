package authn

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestAppendedKeyIsGoodAndOnlyItsDigestIsKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys.yaml")
	expires := time.Date(2027, 1, 31, 0, 0, 0, 0, time.FixedZone("", 3600))
	first, err := AppendKey(file, "first", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	second, err := AppendKey(file, "123", expires) // a name that YAML would take for a number
	if err != nil {
		t.Fatal(err)
	}
	if first == second || !strings.HasPrefix(first, "gw_") || len(first) != len("gw_")+43 || !isB64Token(first) {
		t.Errorf("got the keys %q and %q", first, second)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v", info.Mode(), err)
	}
	data, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(data), first[3:]) {
		t.Errorf("the file holds the key, or %v", err)
	}
	now := expires.Add(-time.Second)
	k, err := NewKeys(KeysConfig{File: file, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for secret, name := range map[string]string{first: "first", second: "123"} {
		p, err := k.Authenticate(withKeys(secret))
		if err != nil || p.ID != name {
			t.Errorf("got %+v, %v", p, err)
		}
	}
	now = expires
	_, err = k.Authenticate(withKeys(second))
	wantOutcome(t, err, "invalid expired")
}

func TestWhatIsInTheFileStaysByteForByte(t *testing.T) {
	digest := sha256Of("x")
	for name, old := range map[string]string{
		"empty":             "",
		"comments":          "# keys of the gateway\n",
		"a list":            "# one\n- name: a\n  digest: " + digest + "   # mine\n",
		"no line end":       "- name: a\n  digest: " + digest,
		"an indented list":  "  - name: a\n    digest: " + digest + "\n",
		"a document marker": "---\n- {name: a, digest: '" + digest + "'}\n\n# end\n",
		"line ends of DOS":  "- name: a\r\n  digest: " + digest + "\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			file := writeFile(t, old)
			secret, err := AppendKey(file, "new", time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(file)
			if err != nil || !strings.HasPrefix(string(data), old) {
				t.Errorf("got %q, %v", data, err)
			}
			k, err := NewKeys(KeysConfig{File: file})
			if err != nil {
				t.Fatalf("%v:\n%s", err, data)
			}
			p, err := k.Authenticate(withKeys(secret))
			if err != nil || p.ID != "new" {
				t.Errorf("got %+v, %v", p, err)
			}
		})
	}
}

func TestKeyThatCannotBeAppendedChangesNothing(t *testing.T) {
	digest := sha256Of("x")
	for name, c := range map[string]struct{ old, name, says string }{
		"a name that is taken":      {"- {name: a, digest: '" + digest + "'}\n", "a", "the name a already"},
		"a malformed name":          {"", "a b", "the name must be"},
		"a name with a line end":    {"", "a\n- name: b", "the name must be"},
		"an empty name":             {"", "", "the name must be"},
		"a file with a fault":       {"- {name: a}\n", "b", "digest is missing"},
		"a list in brackets":        {"[{name: a, digest: '" + digest + "'}]\n", "b", "write it as a block"},
		"an empty list in brackets": {"[]\n", "b", "write it as a block"},
		"a document that has ended": {"- {name: a, digest: '" + digest + "'}\n...\n", "b", "write it as a block"},
	} {
		t.Run(name, func(t *testing.T) {
			file := writeFile(t, c.old)
			secret, err := AppendKey(file, c.name, time.Time{})
			if err == nil || secret != "" || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want it to say %q", err, c.says)
			}
			data, err := os.ReadFile(file)
			if err != nil || string(data) != c.old {
				t.Errorf("the file was changed: %q, %v", data, err)
			}
		})
	}
	absent := filepath.Join(t.TempDir(), "keys.yaml")
	if _, err := AppendKey(absent, "a b", time.Time{}); err == nil {
		t.Error("accepted")
	}
	if _, err := os.Stat(absent); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a file was made for a key that was refused")
	}
	if _, err := AppendKey(t.TempDir(), "a", time.Time{}); err == nil {
		t.Error("a folder was accepted")
	}
}
