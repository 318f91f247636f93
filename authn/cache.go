package authn

import (
	"crypto/sha256"
	"encoding/binary"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// cacheAge bounds how long a verified token is remembered.
const cacheAge = time.Minute

// A tokenCache remembers verified tokens, by digest: it holds no credential.
// The generation of the key set is part of the digest, so a new set flushes
// it. Failures are not remembered: they would let strangers fill it.
type tokenCache struct {
	config  [sha256.Size]byte // the configuration that the tokens were verified under
	entries *lru.Cache[[sha256.Size]byte, cachedToken]

	hits, misses atomic.Uint64
}

type cachedToken struct {
	principal *Principal
	validity  validity
	until     time.Time
}

func newTokenCache(size int, config ...string) (*tokenCache, error) {
	entries, err := lru.New[[sha256.Size]byte, cachedToken](size)
	if err != nil {
		return nil, err
	}
	var text []byte
	for _, part := range config {
		text = appendPart(text, part)
	}
	return &tokenCache{config: sha256.Sum256(text), entries: entries}, nil
}

// key digests configuration, generation and token, each behind its length, so
// that no two triples read the same (CVE-2026-33496's class).
func (c *tokenCache) key(generation [sha256.Size]byte, token string) [sha256.Size]byte {
	var space [2 << 10]byte // a common token fits, and costs no allocation
	text := appendPart(space[:0], c.config[:])
	text = appendPart(text, generation[:])
	text = appendPart(text, token)
	return sha256.Sum256(text)
}

func appendPart[T string | []byte](text []byte, part T) []byte {
	text = binary.BigEndian.AppendUint64(text, uint64(len(part)))
	return append(text, part...)
}

// get returns the principal of a token that is still valid, or nil.
func (c *tokenCache) get(key [sha256.Size]byte, now time.Time) *Principal {
	entry, ok := c.entries.Get(key)
	if !ok || !now.Before(entry.until) || entry.validity.check(now) != nil {
		c.misses.Add(1)
		return nil
	}
	c.hits.Add(1)
	return entry.principal
}

func (c *tokenCache) add(key [sha256.Size]byte, p *Principal, v validity, now time.Time) {
	until := now.Add(cacheAge)
	if v.expires.Before(until) {
		until = v.expires // without the leeway: a token that expires is looked at anew
	}
	if now.Before(until) {
		c.entries.Add(key, cachedToken{principal: p, validity: v, until: until})
	}
}
