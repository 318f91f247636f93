package authn

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// KeySetConfig says where a key set is and how it is kept. Exactly one of URL
// and Discovery is set; everything else has a default.
type KeySetConfig struct {
	URL       string        // the address of the JWK set
	Discovery *Discovery    // tells the address, and the issuer of the tokens
	Client    *http.Client  // its transport and timeout are used
	Interval  time.Duration // the least time between two fetches; 5 s
	MaxAge    time.Duration // a key that was removed is refused after this; 10 min
	Ceiling   time.Duration // how long the last good set serves while none can be fetched; 6 h
	Wait      time.Duration // how long a token of an unknown key waits for a fetch; 3 s more than Interval, 15 s at most
	Waiters   int           // how many such tokens wait at once; 64
	Now       func() time.Time
	OnFetch   func(err error) // called after each fetch, from one goroutine at a time; must not block
}

// KeySet is an issuer's JWK set, fetched when it is needed and kept fresh by
// Run. Whatever tokens arrive, it fetches at most once an interval.
type KeySet struct {
	cfg     KeySetConfig
	client  *http.Client
	current atomic.Pointer[snapshot]
	failing atomic.Bool   // the last fetch failed
	waiting chan struct{} // a place for each token that waits

	mu     sync.Mutex
	count  uint64    // fetches begun
	began  time.Time // when the last one was
	flight *fetch    // the one under way
	ended  *fetch    // the last one that is over
}

// NewKeySet checks the configuration. It fetches nothing: an issuer that is
// down does not keep the gateway from starting.
func NewKeySet(cfg KeySetConfig) (*KeySet, error) {
	if (cfg.URL == "") == (cfg.Discovery == nil) {
		return nil, errors.New("a key set needs either a URL or a discovery document")
	}
	if cfg.Discovery == nil {
		if err := checkURL(cfg.URL); err != nil {
			return nil, fmt.Errorf("the key set's URL %w", err)
		}
	}
	setDefault(&cfg.Interval, 5*time.Second)
	setDefault(&cfg.MaxAge, 10*time.Minute)
	setDefault(&cfg.Ceiling, 6*time.Hour)
	setDefault(&cfg.Wait, min(cfg.Interval+3*time.Second, 15*time.Second))
	setDefault(&cfg.Waiters, 64)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	switch {
	case cfg.Interval < 0 || cfg.Wait < 0 || cfg.Waiters < 0:
		return nil, errors.New("the key set's interval, wait and waiters must not be negative")
	case cfg.MaxAge < 2*cfg.Interval:
		return nil, errors.New("the key set's max age must be at least twice its interval")
	case cfg.Ceiling < cfg.MaxAge:
		return nil, errors.New("the key set's ceiling must not be less than its max age")
	}
	return &KeySet{
		cfg:     cfg,
		client:  limitedClient(cfg.Client),
		waiting: make(chan struct{}, cfg.Waiters),
	}, nil
}

func setDefault[T comparable](value *T, otherwise T) {
	var zero T
	if *value == zero {
		*value = otherwise
	}
}

// Ready returns nil when tokens can be verified now, and says why not otherwise.
func (s *KeySet) Ready() error {
	snap := s.usable()
	if snap == nil {
		return errors.New("no key set that is fresh enough could be fetched")
	}
	return snap.unusable()
}

// Failing reports that the last fetch failed: the last good set may still
// serve, until the ceiling.
func (s *KeySet) Failing() bool { return s.failing.Load() }

// Read returns when the set in force was fetched; zero before the first.
func (s *KeySet) Read() time.Time {
	if snap := s.current.Load(); snap != nil {
		return snap.fetched
	}
	return time.Time{}
}

// Ceiling returns the age at which a set is used no more, whatever fails.
func (s *KeySet) Ceiling() time.Duration { return s.cfg.Ceiling }

// usable returns the set that tokens may be verified with, or nil. A set older
// than MaxAge may hold a key that was removed since: it is used only while no
// newer one can be fetched, and never beyond the ceiling.
func (s *KeySet) usable() *snapshot {
	snap := s.current.Load()
	if snap == nil {
		return nil
	}
	limit := s.cfg.MaxAge
	if s.failing.Load() {
		limit = s.cfg.Ceiling
	}
	if s.cfg.Now().Sub(snap.fetched) >= limit {
		return nil
	}
	return snap
}

// load returns a usable set, waiting for a fetch if there is none.
func (s *KeySet) load(ctx context.Context) (*snapshot, error) {
	if snap := s.usable(); snap != nil {
		return snap, nil
	}
	err := s.await(ctx, func(*snapshot) bool { return true })
	if snap := s.usable(); snap != nil {
		return snap, nil // a failed fetch may have put the last good set in force again
	}
	if err == nil {
		err = s.unavailable(nil)
	}
	return nil, err
}

// find returns the key for a token, and the set that it is from. A key that
// the set does not have may be newer than the set, so it is looked for in the
// next one before the token is refused: rotation refuses no good token.
func (s *KeySet) find(ctx context.Context, snap *snapshot, kid, alg string) (*publicKey, *snapshot, error) {
	key, err := snap.pick(kid, alg)
	if key != nil || err != nil {
		return key, snap, err
	}
	err = s.await(ctx, func(newer *snapshot) bool {
		key, err := newer.pick(kid, alg)
		return key != nil || err != nil
	})
	if err != nil {
		return nil, nil, err
	}
	newer := s.usable()
	if newer == nil {
		return nil, nil, s.unavailable(nil)
	}
	if key, err = newer.pick(kid, alg); key == nil && err == nil {
		err = invalid("key", "the key that signed the token is not in the issuer's key set")
	}
	return key, newer, err
}

// id tells this key set from others, for the cache of verified tokens.
func (s *KeySet) id() string {
	if s.cfg.Discovery != nil {
		return strings.Join([]string{"discovery", s.cfg.Discovery.url, s.cfg.Discovery.expected}, " ")
	}
	return "url " + s.cfg.URL
}
