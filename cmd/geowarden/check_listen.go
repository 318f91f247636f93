package main

import (
	"time"

	"github.com/geowarden/geowarden/internal/listen"
)

// checkTLS reads the files as the gateway will. Half of a certificate, or
// authorities without one, would leave a door open that is meant to be shut.
func (s *Settings) checkTLS(r *report) {
	if s.TLSClientCAFile != "" && !s.TLSOn() {
		r.problem(s.full("TLS_CLIENT_CA_FILE"), "it is set without TLS_CERT_FILE, so no client could be asked for a certificate; set TLS_CERT_FILE and TLS_KEY_FILE too")
	}
	if s.TLSOn() != (s.TLSKeyFile != "") {
		name, other := "TLS_KEY_FILE", "TLS_CERT_FILE"
		if !s.TLSOn() {
			name, other = other, name
		}
		r.problem(s.full(name), "it is not set although %s is; the certificate and its key go together", other)
		return
	}
	if !s.TLSOn() {
		return
	}
	faults, _ := s.tlsFiles().Examine(time.Now())
	for _, f := range faults {
		r.problem(s.tlsName(f.Part), "%s", f)
	}
	r.warnings = append(r.warnings, s.tlsWarnings()...)
	if s.BaseURL.IsSet() && s.BaseURL.Scheme == "http" {
		r.warn(s.full("PYGEOAPI_BASEURL"), "it begins with http although the gateway listens with TLS: links in answers lead to plain http")
	}
}

// tlsWarnings are what is doubtful about files that can be used.
func (s *Settings) tlsWarnings() (warnings []Warning) {
	_, doubts := s.tlsFiles().Examine(time.Now())
	for _, d := range doubts {
		warnings = append(warnings, Warning{Name: s.tlsName(d.Part), What: d.Error()})
	}
	return warnings
}

// tlsName is the setting that names the part's file.
func (s *Settings) tlsName(part listen.Part) string {
	switch part {
	case listen.PartKey:
		return s.full("TLS_KEY_FILE")
	case listen.PartClientCAs:
		return s.full("TLS_CLIENT_CA_FILE")
	default:
		return s.full("TLS_CERT_FILE")
	}
}

// spareFiles are for the log, the policy, keys, and connections to providers.
const spareFiles = 100

// openFilesWarnings asks whether this process may hold as many connections as
// the settings allow. It is asked at start and not when settings are checked:
// the limit is the process's own. A request needs a second connection, to the
// back end.
func (s *Settings) openFilesWarnings() []Warning {
	limit, known := listen.OpenFiles()
	need := uint64(s.MaxConnections) + uint64(min(s.MaxConnections, s.MaxInFlight)) + spareFiles
	if !known || limit >= need {
		return nil
	}
	r := &report{}
	r.warn(s.full("MAX_CONNECTIONS"), "this process may open %d files, and needs up to %d with MAX_CONNECTIONS and MAX_IN_FLIGHT as they are; raise its limit (ulimit -n, LimitNOFILE) or lower these", limit, need)
	return r.warnings
}
