package limits

import (
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
)

// Key is whose events are counted. It has one size, however long a name a
// client brings.
type Key [16]byte

// Address is the key of an address. Whoever has one address of IPv6 has its
// whole /64 (RFC 6177), and could otherwise ask from a new one each time. An
// address that is not known is one key for all who have none.
func Address(a netip.Addr) Key {
	a = a.Unmap()
	if a.Is6() {
		network, _ := a.WithZone("").Prefix(64) // 64 bits are within an IPv6 address
		return Key(network.Addr().As16())
	}
	if !a.IsValid() {
		return Key{len(Key{}) - 1: 1} // no network of IPv6, nor an address of IPv4
	}
	return Key(a.As16())
}

// Name is the key of a name in parts, such as kind, issuer and subject. Each
// part is digested with its length, so that no two lists of parts are one key
// by the way in which they are joined.
func Name(parts ...string) Key {
	h := make([]byte, 0, 256)
	for _, part := range parts {
		h = binary.BigEndian.AppendUint64(h, uint64(len(part)))
		h = append(h, part...)
	}
	sum := sha256.Sum256(h)
	return Key(sum[:len(Key{})])
}
