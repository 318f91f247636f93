package authz

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// dataPath is where an OPA server has its Data API.
const dataPath = "/v1/data"

// dataEndpoint makes the address of the entrypoint package's document from the
// setting: the server's own address, or one that has /v1/data/<package> at its
// end already, once or, as fastgeoapi's tutorial leads to, twice.
func dataEndpoint(setting, pkg string) (string, error) {
	u, err := url.Parse(setting)
	if err != nil {
		return "", errors.New("OPA_URL: not a URL") // the parser's error would quote it
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return "", errors.New("OPA_URL: not an http or https URL")
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return "", errors.New("OPA_URL: user, query and fragment have no place in it")
	}
	base, named, err := splitDataPath(u.Path)
	if err != nil {
		return "", err
	}
	if pkg == "" {
		pkg = named
	}
	entry, err := newEntrypoint(pkg)
	if err != nil {
		return "", err
	}
	if named != "" && named != entry.String() {
		return "", fmt.Errorf("OPA_URL names the package %s and POLICY_PACKAGE %s: name it once", named, entry)
	}
	at := url.URL{Scheme: u.Scheme, Host: u.Host, Path: base + dataPath + "/" + strings.Join(entry, "/")}
	at.RawQuery = url.Values{"strict-builtin-errors": {"true"}}.Encode()
	return at.String(), nil
}

// splitDataPath takes a URL's path apart: what stands before the Data API, and
// the package that stands behind it, if any.
func splitDataPath(path string) (base, pkg string, err error) {
	parts := strings.Split(strings.TrimRight(path, "/")+"/", dataPath+"/")
	for _, part := range parts[1:] {
		name := strings.ReplaceAll(strings.Trim(part, "/"), "/", ".")
		switch {
		case pkg == "":
			pkg = name
		case name != "" && name != pkg:
			return "", "", errors.New("OPA_URL: two packages behind " + dataPath)
		}
	}
	return strings.TrimRight(parts[0], "/"), pkg, nil
}
