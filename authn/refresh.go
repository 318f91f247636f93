package authn

import (
	"context"
	"math"
	"time"
)

// maxBackoff bounds the time between two tries of Run while a provider is down.
const maxBackoff = time.Minute

// A fetch is one attempt to fetch a key set. err may be read once done is closed.
type fetch struct {
	number uint64
	done   chan struct{}
	err    error
}

// Run keeps the set fresh until ctx ends: it fetches at once, then at half of
// MaxAge, and after a failure sooner, ever more slowly.
func (s *KeySet) Run(ctx context.Context) {
	backoff := s.cfg.Interval
	for ctx.Err() == nil {
		f, delay := s.turn(ctx, math.MaxUint64) // whatever has ended is not enough
		if f != nil {
			select {
			case <-f.done:
			case <-ctx.Done():
				return
			}
			if f.err != nil {
				delay, backoff = backoff, min(2*backoff, maxBackoff, s.cfg.MaxAge/2)
			} else {
				delay, backoff = s.cfg.MaxAge/2, s.cfg.Interval
			}
		}
		pause(ctx, delay)
	}
}

// turn returns the fetch under way, or begins one; where the interval forbids
// that, it returns how long it still does. A fetch after the one of that number
// may have come and gone while its waiter was not looking: then it is returned
// as it ended. It is the only place where a fetch
// begins, so nothing that arrives makes more than one an interval (CVE-2025-22149's class).
func (s *KeySet) turn(ctx context.Context, after uint64) (*fetch, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended != nil && s.ended.number > after {
		return s.ended, 0
	}
	if s.flight != nil {
		return s.flight, 0
	}
	now := s.cfg.Now()
	if delay := s.began.Add(s.cfg.Interval).Sub(now); s.count > 0 && delay > 0 {
		return nil, delay
	}
	s.count++
	s.began = now
	s.flight = &fetch{number: s.count, done: make(chan struct{})}
	// The fetch serves everybody who waits, so it outlives the request that began it.
	go s.fetch(context.WithoutCancel(ctx), s.flight)
	return s.flight, 0
}

func (s *KeySet) fetch(ctx context.Context, f *fetch) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	snap, err := s.read(ctx)
	if snap != nil {
		s.current.Store(snap)
	}
	s.failing.Store(err != nil)
	if s.cfg.OnFetch != nil {
		s.cfg.OnFetch(err)
	}
	f.err = err
	s.mu.Lock()
	s.flight, s.ended = nil, f
	s.mu.Unlock()
	close(f.done)
}

// read fetches and parses the set. A set without a usable key comes with an
// error, but it comes: the keys that it no longer has are refused.
func (s *KeySet) read(ctx context.Context) (*snapshot, error) {
	address := s.cfg.URL
	now := s.cfg.Now() // before the fetch: a key's age counts from when it was last known
	if d := s.cfg.Discovery; d != nil {
		var err error
		if address, err = d.keysURL(ctx, now); err != nil {
			return nil, err
		}
	}
	body, err := get(ctx, s.client, address)
	if err != nil {
		return nil, err
	}
	snap, err := newSnapshot(body, now)
	if err != nil {
		return nil, err
	}
	return snap, snap.unusable()
}

// await waits until a fetch that began after the call has succeeded, or until
// an earlier one brought what is looked for. Only few may wait, and not for
// long: tokens of random keys are free to make.
func (s *KeySet) await(ctx context.Context, found func(*snapshot) bool) error {
	select {
	case s.waiting <- struct{}{}:
		defer func() { <-s.waiting }()
	default:
		return s.unavailable(nil)
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Wait)
	defer cancel()
	s.mu.Lock()
	after := s.count
	s.mu.Unlock()
	for ctx.Err() == nil {
		f, delay := s.turn(ctx, after)
		if f == nil {
			if delay > s.cfg.Wait {
				break
			}
			pause(ctx, delay)
			continue
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			return s.unavailable(ctx.Err())
		}
		if f.err == nil && found(s.current.Load()) {
			return nil
		}
		if f.number > after {
			if f.err != nil {
				return s.unavailable(f.err)
			}
			return nil
		}
	}
	return s.unavailable(ctx.Err())
}

// unavailable is the answer where no fetch could tell; it says when the next may.
func (s *KeySet) unavailable(cause error) error {
	s.mu.Lock()
	retry := s.began.Add(s.cfg.Interval).Sub(s.cfg.Now())
	s.mu.Unlock()
	return unavailable(retry, "the issuer's keys are out of reach", cause)
}

// pause waits for delay, or for the end of ctx.
func pause(ctx context.Context, delay time.Duration) {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
