package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
)

func (s *Settings) checkPublic(r *report) {
	if s.RootPath == "/" {
		s.RootPath = "" // fastgeoapi's word for none
	}
	s.checkPath("FASTGEOAPI_CONTEXT", s.Context, r)
	if s.RootPath != "" {
		s.checkPath("ROOT_PATH", s.RootPath, r)
	}
	if public := strings.Trim(s.Context, "/"); public == "healthz" || public == "readyz" || public == "metrics" {
		r.problem(s.full("FASTGEOAPI_CONTEXT"), "it is a path of the gateway's own; choose another")
	}
	if !s.BaseURL.IsSet() && !s.Loopback() && !r.broken["HOST"] {
		r.warn(s.full("PYGEOAPI_BASEURL"), "not set: links in answers lead to %s", s.PublicURL())
	}
	if s.ReverseProxy && len(s.TrustedProxies) == 0 {
		r.warn(s.full("TRUSTED_PROXIES"), "not set although FASTGEOAPI_REVERSE_PROXY is true: the X-Forwarded-* headers of every peer are ignored")
	}
}

// checkPath refuses the root as a context: the gateway's own paths are there.
func (s *Settings) checkPath(name, path string, r *report) {
	if !strings.HasPrefix(path, "/") || strings.HasSuffix(path, "/") || !plainPath(path) {
		r.problem(s.full(name), "it is not a plain path; begin it with a slash, do not end it with one, as in /geoapi")
	}
}

func (s *Settings) checkUpstream(r *report) {
	if s.elsewhere != "" {
		s.need("UPSTREAM_URL", s.UpstreamURL.IsSet(), s.elsewhere+" is there, but ENV_STATE is "+s.EnvState+", so names with the other prefix are not read", r)
	}
	s.need("UPSTREAM_URL", s.UpstreamURL.IsSet(), "where is the back end? This is the one line to add to a .env file of fastgeoapi, as in "+s.full("UPSTREAM_URL")+"=http://localhost:5001", r)
	if s.UpstreamURL.IsSet() && s.UpstreamURL.Port() == strconv.Itoa(s.Port) && isLoopback(s.UpstreamURL.Hostname()) && (s.Loopback() || net.ParseIP(s.Host).IsUnspecified()) {
		r.problem(s.full("UPSTREAM_URL"), "it leads back to the gateway itself; run the back end on another port")
	}
	if _, err := s.UpstreamCAs(); err != nil {
		r.problem(s.full("UPSTREAM_CA_FILE"), "%s %s", s.UpstreamCAFile, err)
	}
	if s.UpstreamURL.Exposed() && (len(s.UpstreamHeaders) > 0 || s.ForwardAuthorization) {
		r.warn(s.full("UPSTREAM_URL"), "plain http to another machine: what UPSTREAM_HEADERS or FORWARD_AUTHORIZATION send can be read on the way; use https")
	}
	if s.ForwardAuthorization && s.UpstreamHeaders.Header()[http.CanonicalHeaderKey("Authorization")] != nil {
		r.problem(s.full("FORWARD_AUTHORIZATION"), "it is true although UPSTREAM_HEADERS sets Authorization; keep one of the two")
	}
}

// UpstreamCAs are the authorities that the upstream's certificate is checked
// against; nil stands for the system's.
func (s *Settings) UpstreamCAs() (*x509.CertPool, error) {
	if s.UpstreamCAFile == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(s.UpstreamCAFile)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", pathless(err))
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("holds no certificate in PEM")
	}
	return pool, nil
}

func (s *Settings) checkBrowsers(r *report) {
	if s.CORSCredentials && s.CORSOrigins.Any() {
		r.problem(s.full("CORS_CREDENTIALS"), "it is true although CORS_ORIGINS is *, so any page could act for whoever visits it; list the origins")
	}
}

func (s *Settings) checkLogging(r *report) {
	if s.LogFormat.replaceTemplate() {
		r.warn(s.full("LOG_FORMAT"), "it is a template of loguru; the log is json instead")
	}
	if strings.ContainsAny(s.LogFilename, `/\`) || s.LogFilename == "." || s.LogFilename == ".." {
		r.problem(s.full("LOG_FILENAME"), "it is not a file's name; put the folder into LOG_PATH")
	}
	if (s.LogPath == "") != (s.LogFilename == "") {
		r.warn(s.full("LOG_PATH"), "LOG_PATH and LOG_FILENAME go together: only one is set, and no file is written")
	}
}
