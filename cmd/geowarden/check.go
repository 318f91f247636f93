package main

import (
	"strings"
	"time"
)

// check asks of the settings together what no single one shows: what a mode
// needs, and what contradicts what.
func (s *Settings) check(r *report) {
	s.checkListen(r)
	s.checkTLS(r)
	s.checkModes(r)
	s.checkKeys(r)
	s.checkTokens(r)
	s.checkOIDC(r)
	s.checkPublic(r)
	s.checkUpstream(r)
	s.checkBrowsers(r)
	s.checkLimits(r)
	s.checkLogging(r)
	s.checkPolicy(r)
}

// full is the name of a setting as the reader wrote it.
func (s *Settings) full(name string) string { return s.prefix + name }

func (s *Settings) checkListen(r *report) {
	if !isHost(s.Host) {
		r.problem("HOST", "it is neither an address nor a host name")
	}
	if s.Port < 0 || s.Port > 65535 {
		r.problem("PORT", "it is not between 0 and 65535")
	}
	for f := range s.fields() {
		if d, is := f.value.Interface().(time.Duration); is && d <= 0 {
			r.problem(f.full(s.prefix), "it is not longer than nothing; write a duration such as 30s")
		}
	}
}

func (s *Settings) checkModes(r *report) {
	on, broken := []string{}, r.broken["HOST"]
	for _, mode := range []struct {
		name string
		on   bool
	}{{"OPA_ENABLED", s.OPAEnabled}, {"JWKS_ENABLED", s.JWKSEnabled}, {"API_KEY_ENABLED", s.APIKeyEnabled}} {
		if mode.on {
			on = append(on, s.full(mode.name))
		}
		broken = broken || r.broken[s.full(mode.name)]
	}
	switch {
	case len(on) > 1:
		r.problem(strings.Join(on, ", "), "OPA_ENABLED, JWKS_ENABLED and API_KEY_ENABLED are mutually exclusive; keep one of them true")
	case len(on) == 1 || broken:
	case !s.Loopback() && !s.AllowAnonymous:
		r.problem(s.full("ALLOW_ANONYMOUS"), "no mode is on and HOST is not this machine alone, so anybody could do anything; switch on API_KEY_ENABLED, JWKS_ENABLED or OPA_ENABLED, or set this to true if it is meant")
	default:
		r.warn(s.full("API_KEY_ENABLED"), "no mode is on: whoever reaches %s may do anything", s.Address())
	}
}
