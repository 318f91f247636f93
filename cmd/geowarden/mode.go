package main

import (
	"net"
	"path/filepath"
	"strconv"
	"strings"
)

// Mode is the way in which callers prove who they are.
type Mode string

// The modes. Exactly one is in force.
const (
	ModeOpen   Mode = "open"    // nobody is asked
	ModeAPIKey Mode = "api-key" // X-API-KEY, any valid key may do anything
	ModeJWKS   Mode = "jwks"    // a bearer token, any valid token may do anything
	ModeOIDC   Mode = "oidc"    // a bearer token, and a policy decides
)

// Mode returns the mode in force. No switch on is ModeOpen; two at once do not
// load.
func (s *Settings) Mode() Mode {
	switch {
	case s.OPAEnabled:
		return ModeOIDC
	case s.JWKSEnabled:
		return ModeJWKS
	case s.APIKeyEnabled:
		return ModeAPIKey
	}
	return ModeOpen
}

// Address is what to listen on, as host:port.
func (l Listen) Address() string { return net.JoinHostPort(l.Host, strconv.Itoa(l.Port)) }

// Loopback says whether only this machine can reach the address.
func (l Listen) Loopback() bool { return isLoopback(l.Host) }

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// PublicURL is the address of the landing page as callers see it, without a
// slash at its end: base, root path and context, none of them twice where the
// base has them already.
func (s *Settings) PublicURL() string {
	base := "http://localhost:" + strconv.Itoa(s.Port)
	if s.TLSOn() {
		base = "https://localhost:" + strconv.Itoa(s.Port)
	}
	if s.BaseURL.IsSet() {
		base = strings.TrimRight(s.BaseURL.String(), "/")
	}
	path := ""
	if s.BaseURL.IsSet() {
		path = strings.TrimRight(s.BaseURL.Path, "/")
	}
	switch {
	case strings.HasSuffix(path, s.RootPath+s.Context):
		return base
	case strings.HasSuffix(path, s.RootPath):
		return base + s.Context
	}
	return base + s.RootPath + s.Context
}

// ServerURL is what the upstream calls itself in its links.
func (s *Settings) ServerURL() string {
	if s.UpstreamServerURL.IsSet() {
		return s.UpstreamServerURL.String()
	}
	return s.UpstreamURL.String()
}

// LogFile is the file that is logged to beside standard error, or "" for none.
func (s *Settings) LogFile() string {
	if s.LogPath == "" || s.LogFilename == "" {
		return ""
	}
	return filepath.Join(s.LogPath, s.LogFilename)
}
