package main

import "net"

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
		{"MAX_HEADER_BYTES", int(s.MaxHeaderBytes), 4 << 10, 1 << 20},
		{"MAX_HELD_BYTES", int(s.MaxHeldBytes), 64 << 10, 1 << 30},
	} {
		if name := s.full(limit.name); !r.broken[name] && (limit.value < limit.least || limit.value > limit.most) {
			r.problem(name, "it is not between %d and %d", limit.least, limit.most)
		}
	}
	if s.MetricsAddress == "" {
		return
	}
	if _, port, err := net.SplitHostPort(s.MetricsAddress); err != nil || port == "" {
		r.problem(s.full("METRICS_ADDRESS"), "it is not a host and a port; write them as 127.0.0.1:9464")
	}
}
