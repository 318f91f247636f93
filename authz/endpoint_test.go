package authz

import (
	"strings"
	"testing"
)

func dataEndpoint(setting, pkg string) (string, error) {
	server, entry, err := splitSetting(setting, pkg)
	if err != nil {
		return "", err
	}
	return server.data(entry), nil
}

func TestEverySpellingOfTheOPAAddressWorks(t *testing.T) {
	const want = "http://opa:8181/v1/data/httpapi/authz?strict-builtin-errors=true"
	for _, setting := range []string{
		"http://opa:8181",
		"http://opa:8181/",
		"http://opa:8181/v1/data",
		"http://opa:8181/v1/data/",
		"http://opa:8181/v1/data/httpapi/authz",
		"http://opa:8181/v1/data/httpapi/authz//",
		"http://opa:8181/v1/data/httpapi/authz/v1/data/httpapi/authz",
	} {
		for _, pkg := range []string{"", "httpapi.authz"} {
			got, err := dataEndpoint(setting, pkg)
			if err != nil || got != want {
				t.Errorf("%s, %q: %s, %v", setting, pkg, got, err)
			}
		}
	}
}

func TestTheOPAAddressNamesPackageAndPrefix(t *testing.T) {
	tests := []struct{ setting, pkg, want string }{
		{"https://host/opa", "my.rules", "https://host/opa/v1/data/my/rules"},
		{"https://host/opa/v1/data/my/rules/", "", "https://host/opa/v1/data/my/rules"},
		{"https://[::1]:8181/v1/dataset", "", "https://[::1]:8181/v1/dataset/v1/data/httpapi/authz"},
	}
	for _, test := range tests {
		got, err := dataEndpoint(test.setting, test.pkg)
		if err != nil || got != test.want+"?strict-builtin-errors=true" {
			t.Errorf("%s: %s, %v", test.setting, got, err)
		}
	}
}

func TestAnOPAAddressWithTwoMeaningsIsRefused(t *testing.T) {
	for _, test := range []struct{ setting, pkg string }{
		{"", ""},
		{"opa:8181", ""},
		{"file:///v1/data", ""},
		{"http://", ""},
		{"http://user:secret@opa:8181", ""},
		{"http://opa:8181/?pretty", ""},
		{"http://opa:8181/v1/data?", ""},
		{"http://opa:8181/#x", ""},
		{"http://secret host/", ""},
		{"http://opa:8181/v1/data/other", "httpapi.authz"},
		{"http://opa:8181/v1/data/httpapi/authz/allow", "httpapi.authz"},
		{"http://opa:8181/v1/data/a/v1/data/b", ""},
		{"http://opa:8181/v1/data/a%2Fb/c%3Fd", ""},
		{"http://opa:8181", "a/b"},
	} {
		got, err := dataEndpoint(test.setting, test.pkg)
		if err == nil {
			t.Errorf("%s, %q became %s", test.setting, test.pkg, got)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error quotes the address: %v", err)
		}
	}
}
