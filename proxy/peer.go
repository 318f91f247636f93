package proxy

import (
	"net/http"
	"net/netip"
)

// peers are the networks whose X-Forwarded-* headers are believed.
type peers []netip.Prefix

// trusts reports whether the connection itself comes from a trusted peer.
func (ps peers) trusts(r *http.Request) bool {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	return ps.hold(at.Addr())
}

// hold reports whether an address is one of theirs.
func (ps peers) hold(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	for _, p := range ps {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}
