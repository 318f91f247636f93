package main

import (
	"cmp"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// checkLimits refuses limits that would shut everybody out, or nobody.
func (s *Settings) checkLimits(r *report) {
	for _, limit := range []struct {
		name  string
		value int
		least int
		most  int
	}{
		{"MAX_STREAMS", s.MaxStreams, 1, 10_000},
		{"MAX_CONNECTIONS", s.MaxConnections, 1, 1_000_000},
		{"MAX_CONNECTIONS_PER_ADDRESS", s.MaxConnectionsPerAddress, 1, 1_000_000},
		{"MAX_IN_FLIGHT", s.MaxInFlight, 1, 1_000_000},
		{"MAX_IN_FLIGHT_PER_ADDRESS", s.MaxInFlightPerAddress, 1, 1_000_000},
	} {
		within(s.full(limit.name), limit.value, limit.least, limit.most, r)
	}
	within(s.full("MAX_HEADER_BYTES"), s.MaxHeaderBytes, 4<<10, 1<<20, r)
	within(s.full("MAX_HELD_BYTES"), s.MaxHeldBytes, 64<<10, 1<<30, r)
	for _, limit := range []struct {
		name  string
		value time.Duration
	}{{"HEADER_TIMEOUT", s.HeaderTimeout}, {"IDLE_TIMEOUT", s.IdleTimeout}, {"STALL_TIMEOUT", s.StallTimeout}} {
		within(s.full(limit.name), patience(limit.value), patience(100*time.Millisecond), patience(time.Hour), r)
	}
	if s.MaxConnectionsPerAddress > s.MaxConnections && !r.broken[s.full("MAX_CONNECTIONS")] {
		r.warn(s.full("MAX_CONNECTIONS_PER_ADDRESS"), "it is more than MAX_CONNECTIONS, so one address can take every place; write less")
	}
	s.checkMetrics(r)
}

// patience is a duration that is written as people write it.
type patience time.Duration

func (p patience) String() string {
	return strings.NewReplacer("m0s", "m", "h0m0s", "h").Replace(time.Duration(p).String())
}

func within[T cmp.Ordered](name string, value, least, most T, r *report) {
	switch {
	case r.broken[name]:
	case value < least:
		r.problem(name, "it is too small; write %v to %v", least, most)
	case value > most:
		r.problem(name, "it is too large; write %v to %v", least, most)
	}
}

func (s *Settings) checkMetrics(r *report) {
	if s.MetricsAddress == "" {
		return
	}
	name := s.full("METRICS_ADDRESS")
	host, port, err := net.SplitHostPort(s.MetricsAddress)
	if err != nil || port == "" || host != "" && !isHost(host) {
		r.problem(name, "it is not a host and a port; write them as 127.0.0.1:9464")
		return
	}
	switch n, err := strconv.ParseUint(port, 10, 16); {
	case err != nil:
		r.problem(name, "its port is not a number between 0 and 65535; write it as 127.0.0.1:9464")
	case n > 0 && int(n) == s.Port && sameListener(host, s.Host):
		r.problem(name, "it is the address that the gateway itself listens on (HOST and PORT); write another port, as in 127.0.0.1:9464")
	}
}

// sameListener says whether two hosts cannot both be listened on with one port.
func sameListener(a, b string) bool {
	x, y := listenerAddr(a), listenerAddr(b)
	return strings.EqualFold(a, b) || x.IsUnspecified() || y.IsUnspecified() || x.IsValid() && x == y
}

// listenerAddr is where a host listens, or the zero value for a name.
func listenerAddr(host string) netip.Addr {
	switch {
	case host == "":
		return netip.IPv6Unspecified()
	case strings.EqualFold(host, "localhost"):
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	addr, _ := netip.ParseAddr(host)
	return addr.Unmap()
}
