package demo

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// ServeHTTP answers at the three endpoints below the base URL's path, and 404 elsewhere.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	serve := http.NotFound
	switch strings.TrimPrefix(r.URL.Path, i.root()) {
	case "/.well-known/openid-configuration":
		i.discoveries.Add(1)
		serve = readOnly(i.discovery)
	case "/jwks":
		i.sets.Add(1)
		serve = readOnly(i.jwks)
	case "/token":
		i.asked.Add(1)
		serve = i.token
	}
	if i.down.Load() {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "the issuer is down", http.StatusServiceUnavailable)
		return
	}
	serve(w, r)
}

func readOnly(serve http.HandlerFunc) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "only GET", http.StatusMethodNotAllowed)
			return
		}
		serve(w, r)
	}
}

// root is the path of the base URL: an issuer may live below one, as a Keycloak realm does.
func (i *Issuer) root() string {
	base, err := url.Parse(i.BaseURL())
	if err != nil {
		return ""
	}
	return strings.TrimRight(base.Path, "/")
}

func (i *Issuer) jwks(w http.ResponseWriter, _ *http.Request) {
	set, err := i.keys.set()
	if err != nil {
		http.Error(w, "the keys cannot be published", http.StatusInternalServerError)
		return
	}
	writePublicJSON(w, set)
}

func writePublicJSON(w http.ResponseWriter, document any) {
	body, err := json.Marshal(document)
	if err != nil {
		http.Error(w, "the document cannot be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = fmt.Fprintf(w, "%s\n", body)
}
