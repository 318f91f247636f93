package authn

import (
	"crypto/sha256"
	"fmt"
	"time"
)

// A snapshot is one fetched state of a key set. It never changes.
type snapshot struct {
	keys       []*publicKey          // every usable key
	byID       map[string]*publicKey // those that have a key id
	refused    map[string]string     // key id -> why the key is not usable
	generation [sha256.Size]byte     // of the fetched bytes: another set is another generation
	fetched    time.Time
}

// newSnapshot parses a JWK set. A key that is not usable is left out and does
// not fail the set: providers publish encryption keys and new kinds beside the
// ones that are needed. A key id that is there twice is refused for all its
// keys: which of them was meant could be read in two ways.
func newSnapshot(body []byte, now time.Time) (*snapshot, error) {
	raw, err := splitKeySet(body)
	if err != nil {
		return nil, err
	}
	s := &snapshot{
		byID:       map[string]*publicKey{},
		refused:    map[string]string{},
		generation: sha256.Sum256(body),
		fetched:    now,
	}
	times := map[string]int{}
	for _, data := range raw {
		key, kid, err := parsePublicKey(data)
		times[kid]++
		switch {
		case err != nil:
			s.refused[kid] = err.Error()
		case kid != "":
			s.byID[kid] = key
		default:
			s.keys = append(s.keys, key)
		}
	}
	for kid, n := range times {
		if kid != "" && n > 1 {
			delete(s.byID, kid)
			s.refused[kid] = "the key set has more than one key of its id"
		}
	}
	for _, key := range s.byID {
		s.keys = append(s.keys, key)
	}
	return s, nil
}

// unusable says why a set without a usable key has none; nil when it has one.
func (s *snapshot) unusable() error {
	if len(s.keys) > 0 {
		return nil
	}
	for kid, why := range s.refused {
		return fmt.Errorf("the key set has no usable key: the one with the id %q: %s", kid, why)
	}
	return fmt.Errorf("the key set is empty")
}

// pick returns the key for a token's kid and alg, nil when the set does not
// have it, and an error when no later set could make the token good. A token
// without a key id is accepted only where it leaves no choice.
func (s *snapshot) pick(kid, alg string) (*publicKey, error) {
	if kid != "" {
		if why, ok := s.refused[kid]; ok {
			return nil, invalid("key", "the key that the token names is not usable: "+why)
		}
		return s.byID[kid], nil // whether it fits the algorithm is verify's to check
	}
	var only *publicKey
	for _, key := range s.keys {
		if !key.fits(alg) {
			continue
		}
		if only != nil {
			return nil, invalid("key", "the token names no key, and more than one would fit")
		}
		only = key
	}
	return only, nil
}
