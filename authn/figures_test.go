package authn

import (
	"errors"
	"testing"
	"time"
)

func TestTheKeySetSaysWhenItWasRead(t *testing.T) {
	inBubble(t, func(t *testing.T, iss *issuer) {
		key := newSigner(t, "EdDSA", "k")
		iss.publish(t, key)
		set := iss.keySetWith(t, KeySetConfig{Interval: time.Second, MaxAge: 20 * time.Second})
		if at := set.Read(); !at.IsZero() {
			t.Errorf("read at %s, before any fetch", at)
		}
		time.Sleep(time.Minute)
		first := time.Now()
		defer runs(t, set)()
		if at := set.Read(); !at.Equal(first) {
			t.Errorf("read at %s, want %s", at, first)
		}
		time.Sleep(11 * time.Second) // Run fetches at half of MaxAge
		if at := set.Read(); !at.Equal(first.Add(10 * time.Second)) {
			t.Errorf("read at %s after the second fetch", at)
		}
	})
}

// A failed fetch must not make old keys look fresh.
func TestAFailedFetchLeavesTheTimeOfTheLastGoodOne(t *testing.T) {
	inBubble(t, func(t *testing.T, iss *issuer) {
		key := newSigner(t, "EdDSA", "k")
		iss.publish(t, key)
		fetched := make(chan error, 9)
		set := iss.keySetWith(t, KeySetConfig{Interval: time.Second, MaxAge: 20 * time.Second, OnFetch: func(err error) { fetched <- err }})
		first := time.Now()
		defer runs(t, set)()
		if err := <-fetched; err != nil {
			t.Fatal(err)
		}
		iss.status.Store(500)
		if err := <-fetched; err == nil {
			t.Fatal("the issuer is down, and the fetch succeeded")
		}
		if at := set.Read(); !at.Equal(first) {
			t.Errorf("read at %s, want %s", at, first)
		}
	})
}

func TestLookupsOfTheTokenCacheAreCounted(t *testing.T) {
	key := newSigner(t, "ES256", "k")
	iss := newIssuer(t, key)
	j := newVerifier(t, JWTConfig{Keys: iss.keySet(t)})
	r := bearer(key.token(t, goodClaims(iss.url)))
	for range 4 { // the first finds no key set, and so no cache
		if _, err := j.Authenticate(r); err != nil {
			t.Fatal(err)
		}
	}
	expired := bearer(key.token(t, change(goodClaims(iss.url), object{"exp": 1000})))
	var refused *Error
	if _, err := j.Authenticate(expired); !errors.As(err, &refused) {
		t.Fatalf("an expired token: %v", err)
	}
	if hits, misses := j.CacheLookups(); hits != 3 || misses != 1 {
		t.Errorf("%d hits and %d misses, want 3 and 1", hits, misses)
	}
}
