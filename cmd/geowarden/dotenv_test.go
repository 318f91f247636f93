package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/joho/godotenv"
)

func TestDotenvReadsWhatEveryReaderReadsAlike(t *testing.T) {
	content := strings.Join([]string{
		"# a comment", "", "PLAIN=value", "export EXPORTED=value", "  INDENTED = spaced out  ", "EMPTY=", "COMMENTED=a # b", "HASH=a#b",
		`DOUBLE="a # b"`, `NEWLINE="a\nb" # c`, `SINGLE='$a "b" \n'`, "LONG='a", "b=c", "d'", `URL="https://host/a?b=c"`, "PYGEOAPI_KEY_alice=x", "LAST=z",
	}, "\r\n")
	values, problems := parseDotenv(content)
	if len(problems) != 0 {
		t.Fatal(problems)
	}
	want := map[string]string{
		"PLAIN": "value", "EXPORTED": "value", "INDENTED": "spaced out", "EMPTY": "", "COMMENTED": "a", "HASH": "a#b",
		"DOUBLE": "a # b", "NEWLINE": "a\nb", "SINGLE": `$a "b" \n`, "LONG": "a\nb=c\nd", "URL": "https://host/a?b=c", "PYGEOAPI_KEY_alice": "x", "LAST": "z",
	}
	if fmt.Sprint(values) != fmt.Sprint(want) {
		t.Errorf("%q", values)
	}
}

func TestDotenvRefusesWhatReadersDisagreeAbout(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"A=ca$NARY", "$"},     // godotenv would cut the key short to "ca"
		{`A="ca${NARY}"`, "$"}, // and python-dotenv here
		{"A=# canary", "not a comment"},
		{"A=canary # b # c", "where its comment begins"},
		{`A="canary"canary`, "is not the end"},
		{`A="can""ary"`, "is not the end"},
		{`A='can'B='ary'`, "is not the end"},
		{`A="can\tary"`, "backslashes"},
		{`A="can\"ary"`, "is not the end"},
		{`A='can\'ary'`, "is not the end"},
		{`A='can\\ary'`, "backslashes"},
		{`A="canary`, "never closed"},
		{"A: canary", "not NAME=value"}, // YAML to godotenv alone
		{"canary", "not NAME=value"},
		{"=canary", "not NAME=value"},
		{"A-B=canary", "not NAME=value"},
		{"1A=canary", "not NAME=value"},
		{"dev_a=canary", "not NAME=value"},
		{"MIICanaryBase64IsNoName=", "not NAME=value"},
		{"\ufeffA=canary", "not NAME=value"},
		{"A=can\x00ary", "control character"},
		{"A=can\rary", "control character"},
		{"A='can\x1bary'", "control character"},
		{"A=1\nB=2\nA=canary", "A is set on line 1 already"},
	} {
		_, problems := parseDotenv(c.line)
		if len(problems) == 0 || !strings.Contains(problems[0].what, c.want) {
			t.Errorf("%q: %v", c.line, problems)
		}
		if strings.Contains(strings.ToLower(fmt.Sprint(problems)), "canary") {
			t.Errorf("%q shows: %v", c.line, problems)
		}
	}
}

func TestDotenvTellsTheLine(t *testing.T) {
	_, problems := parseDotenv("A='1\n2\n3'\n\nbad\nB=$x\nC=1\nC=1\n")
	if fmt.Sprint(problems[0].line, problems[1].line, problems[2].line, len(problems)) != "5 6 8 3" {
		t.Error(problems)
	}
}

func TestDotenvThatCannotBeReadIsRefused(t *testing.T) {
	_, _, err := loadSettings([]string{"DEV_UPSTREAM_URL=http://localhost:5001"}, t.TempDir())
	wantProblems(t, err, "it cannot be read: is a directory")
}

func FuzzDotenv(f *testing.F) {
	for _, seed := range []string{"A=b\n", "export A='b\nc' # d\nB=\"e\\nf\"", "A=$B", "A='\\'", "A=\"", "A = b # c", "\r\n=\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		values, problems := parseDotenv(content)
		if len(problems) > 0 {
			return
		}
		// What is accepted line by line means the same read as a whole.
		whole, err := godotenv.Unmarshal(content)
		if err != nil || fmt.Sprint(whole) != fmt.Sprint(values) {
			t.Errorf("%q: %q, as a whole %q %v", content, values, whole, err)
		}
		for name := range values {
			if assignment.FindString(name+"=") == "" {
				t.Errorf("%q is a name", name)
			}
		}
	})
}
