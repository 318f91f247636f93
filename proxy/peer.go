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
	addr := at.Addr().Unmap().WithZone("")
	for _, p := range ps {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}
