package authz

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// dataPath is where an OPA server has its Data API.
const dataPath = "/v1/data"

// opaServer is the address of an OPA server, without its APIs.
type opaServer struct{ url.URL }

// data is the address of the document of a package. Undefined is no excuse for
// a builtin that failed, so the server is told to say so.
func (s opaServer) data(e entrypoint) string {
	at := s.URL
	at.Path += dataPath + "/" + strings.Join(e, "/")
	at.RawQuery = url.Values{"strict-builtin-errors": {"true"}}.Encode()
	return at.String()
}

// compile is the address of the Compile API.
func (s opaServer) compile() string {
	at := s.URL
	at.Path += "/v1/compile"
	return at.String()
}

// splitSetting reads the address of an OPA server: its own, or one that has
// /v1/data/<package> at its end already, once or, as fastgeoapi's tutorial
// leads to, twice. The errors do not quote it.
func splitSetting(setting, pkg string) (opaServer, entrypoint, error) {
	var none opaServer
	u, err := url.Parse(setting)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return none, nil, errors.New("OPA_URL: not an http or https URL")
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return none, nil, errors.New("OPA_URL: user, query and fragment have no place in it")
	}
	base, named, err := splitDataPath(u.Path)
	if err != nil {
		return none, nil, err
	}
	if pkg == "" {
		pkg = named
	}
	entry, err := newEntrypoint(pkg)
	if err != nil {
		return none, nil, err
	}
	if named != "" && named != entry.String() {
		return none, nil, fmt.Errorf("OPA_URL names the package %s and POLICY_PACKAGE %s: name it once", named, entry)
	}
	return opaServer{url.URL{Scheme: u.Scheme, Host: u.Host, Path: base}}, entry, nil
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
