package authn

import (
	"testing"
	"time"
)

func TestCachedTokenIsTheSamePrincipal(t *testing.T) {
	key := newSigner(t, "ES256", "k")
	iss := newIssuer(t, key)
	j := newVerifier(t, JWTConfig{Keys: iss.keySet(t)})
	r := bearer(key.token(t, goodClaims(iss.url)))
	first, err := j.Authenticate(r)
	if err != nil {
		t.Fatal(err)
	}
	derived := 0
	for range 3 {
		again, err := j.Authenticate(r)
		if err != nil || again != first {
			t.Fatalf("got %p and %p, %v", first, again, err)
		}
		again.Derived(func(*Principal) any { derived++; return derived })
	}
	if derived != 1 {
		t.Errorf("derived %d times", derived)
	}
}

// Attack: a verdict of one configuration is served under another (CVE-2026-33496, CVE-2026-71326).
func TestCacheKeysTellEverythingApart(t *testing.T) {
	one, two := [32]byte{1}, [32]byte{2}
	seen := map[[32]byte]string{}
	for _, config := range [][]string{{"a", "b"}, {"ab"}, {"a|b"}, {"", "ab"}, {"ab", ""}, {"b", "a"}} {
		for _, generation := range [][32]byte{one, two} {
			for _, token := range []string{"t", "tt", "t|t", ""} {
				cache, err := newTokenCache(1, config...)
				if err != nil {
					t.Fatal(err)
				}
				this := toJSON(t, []any{config, generation[0], token})
				key := cache.key(generation, token)
				if other, taken := seen[key]; taken {
					t.Errorf("%s and %s have one key", other, this)
				}
				seen[key] = this
			}
		}
	}
}

func TestSameTokenUnderTwoConfigurations(t *testing.T) {
	key := newSigner(t, "ES256", "k")
	iss := newIssuer(t, key)
	set := iss.keySet(t)
	token := key.token(t, goodClaims(iss.url))
	for range 2 {
		_, err := newVerifier(t, JWTConfig{Keys: set, Audience: []string{"geo"}}).Authenticate(bearer(token))
		wantOutcome(t, err, "ok")
		_, err = newVerifier(t, JWTConfig{Keys: set, Audience: []string{"other"}}).Authenticate(bearer(token))
		wantOutcome(t, err, "invalid audience")
	}
}

func TestCachedTokenDiesInTime(t *testing.T) {
	inBubble(t, func(t *testing.T, iss *issuer) {
		key := newSigner(t, "EdDSA", "k")
		iss.publish(t, key)
		j := newVerifier(t, JWTConfig{Keys: iss.keySet(t)})
		now := time.Now().Unix()
		r := bearer(key.token(t, change(goodClaims(iss.url), object{"exp": now + 20})))
		authenticate := func(want string) *Principal {
			t.Helper()
			p, err := j.Authenticate(r)
			wantOutcome(t, err, want)
			return p
		}
		first := authenticate("ok")
		time.Sleep(19 * time.Second)
		if authenticate("ok") != first {
			t.Error("not cached until exp")
		}
		time.Sleep(time.Second)
		if authenticate("ok") == first {
			t.Error("cached past exp")
		}
		time.Sleep(leeway)
		authenticate("invalid expired")

		r = bearer(key.token(t, change(goodClaims(iss.url), object{"exp": now + 3600})))
		first = authenticate("ok")
		time.Sleep(cacheAge - time.Second)
		if authenticate("ok") != first {
			t.Error("not cached for a minute")
		}
		time.Sleep(time.Second)
		if authenticate("ok") == first {
			t.Error("cached for more than a minute")
		}
	})
}

func TestCheckOfTheClockRunsAgainOnAHit(t *testing.T) {
	key := newSigner(t, "ES256", "k")
	iss := newIssuer(t, key)
	now := time.Now()
	j := newVerifier(t, JWTConfig{Keys: iss.keySet(t), Now: func() time.Time { return now }})
	r := bearer(key.token(t, goodClaims(iss.url)))
	_, err := j.Authenticate(r)
	wantOutcome(t, err, "ok")
	now = now.Add(-2 * leeway) // the clock was set back, to before the token
	_, err = j.Authenticate(r)
	wantOutcome(t, err, "invalid not-yet-valid")
}

func TestNewKeySetFlushesTheCache(t *testing.T) {
	inBubble(t, func(t *testing.T, iss *issuer) {
		key, other := newSigner(t, "EdDSA", "k"), newSigner(t, "EdDSA", "k")
		iss.publish(t, key)
		set := iss.keySetWith(t, KeySetConfig{Interval: time.Second, MaxAge: 20 * time.Second})
		defer runs(t, set)()
		j := newVerifier(t, JWTConfig{Keys: set})
		r := bearer(key.token(t, goodClaims(iss.url)))
		first, err := j.Authenticate(r)
		wantOutcome(t, err, "ok")

		time.Sleep(11 * time.Second) // the same set, fetched again
		again, err := j.Authenticate(r)
		wantOutcome(t, err, "ok")
		if again != first {
			t.Error("the same set flushed the cache")
		}
		iss.publish(t, other)
		time.Sleep(11 * time.Second)
		_, err = j.Authenticate(r)
		wantOutcome(t, err, "invalid signature")
	})
}

func TestCacheIsBoundedAndHoldsNoFailures(t *testing.T) {
	key := newSigner(t, "ES256", "k")
	iss := newIssuer(t, key)
	j := newVerifier(t, JWTConfig{Keys: iss.keySet(t), CacheSize: 3, Audience: []string{"geo"}})
	for n := range 10 {
		_, err := j.Authenticate(bearer(key.token(t, change(goodClaims(iss.url), object{"n": n}))))
		wantOutcome(t, err, "ok")
	}
	if n := j.cache.entries.Len(); n != 3 {
		t.Errorf("%d tokens are cached, want 3", n)
	}
	j.cache.entries.Purge()
	_, err := j.Authenticate(bearer(key.token(t, change(goodClaims(iss.url), object{"aud": "other"}))))
	wantOutcome(t, err, "invalid audience")
	if n := j.cache.entries.Len(); n != 0 {
		t.Errorf("%d failures are cached", n)
	}
}
