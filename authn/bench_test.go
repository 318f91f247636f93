package authn

import (
	"strconv"
	"testing"
	"time"
)

// benchmarkClaims are as many as Keycloak writes: a token of about 1 kB.
func benchmarkClaims(url string) object {
	return change(goodClaims(url), object{
		"azp": "pygeoapi-client", "typ": "Bearer", "company": "geobeyond", "acr": "1", "sid": "4e5d1b0c-0000-4000-8000-b0a2a9a3d2f1",
		"jti": "b0a2a9a3-0000-4000-8000-4e5d1b0c0000", "email": "alice@example.org", "preferred_username": "alice", "email_verified": true,
		"realm_access":    object{"roles": []string{"offline_access", "uma_authorization", "default-roles-pygeoapi"}},
		"resource_access": object{"account": object{"roles": []string{"manage-account", "view-profile"}}},
	})
}

// BenchmarkVerify is the cost of the first request with a token.
func BenchmarkVerify(b *testing.B) {
	for _, alg := range []string{"RS256", "PS256", "ES256", "ES384", "EdDSA"} {
		b.Run(alg, func(b *testing.B) {
			key := newSigner(b, alg, "k")
			iss := newIssuer(b, key)
			j := newVerifier(b, JWTConfig{Keys: iss.keySetWith(b, KeySetConfig{MaxAge: time.Hour}), Issuer: iss.url})
			r := bearer(key.token(b, benchmarkClaims(iss.url)))
			b.ReportAllocs()
			for b.Loop() {
				j.cache.entries.Purge()
				if _, err := j.Authenticate(r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCacheHit is the cost of every other request.
func BenchmarkCacheHit(b *testing.B) {
	key := newSigner(b, "RS256", "k")
	iss := newIssuer(b, key)
	j := newVerifier(b, JWTConfig{Keys: iss.keySetWith(b, KeySetConfig{MaxAge: time.Hour}), Issuer: iss.url})
	r := bearer(key.token(b, benchmarkClaims(iss.url)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := j.Authenticate(r); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkKey is the cost of a request with an API key: one of many costs what
// the only one costs.
func BenchmarkKey(b *testing.B) {
	for _, many := range []int{1, 100_000} {
		b.Run(strconv.Itoa(many), func(b *testing.B) {
			static := make(map[string]string, many)
			for i := range many {
				static[strconv.Itoa(i)] = "a long random text " + strconv.Itoa(i)
			}
			k, err := NewKeys(KeysConfig{Static: static})
			if err != nil {
				b.Fatal(err)
			}
			r := withKeys("a long random text 0")
			b.ReportAllocs()
			for b.Loop() {
				if _, err := k.Authenticate(r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestCacheHitDoesNotAllocate(t *testing.T) {
	key := newSigner(t, "RS256", "k")
	iss := newIssuer(t, key)
	j := newVerifier(t, JWTConfig{Keys: iss.keySet(t)})
	r := bearer(key.token(t, benchmarkClaims(iss.url)))
	if n := testing.AllocsPerRun(100, func() {
		if _, err := j.Authenticate(r); err != nil {
			t.Error(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
