package authn

import (
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"math/big"
	"strings"
	"testing"
)

// Attack: a comparison of secrets that ends at the first byte that differs
// tells how much of a guess is right (CVE-2026-32595). What is looked for here
// is a digest, and the secret itself is not there to be compared with.
func TestKeysAreKnownByTheirDigestsAlone(t *testing.T) {
	const secret = "a-key-that-opens-the-door"
	file := writeFile(t, "- name: ci\n  digest: "+sha256Of("another-"+secret)+"\n")
	k, err := NewKeys(KeysConfig{Static: map[string]string{"GLOBAL": secret}, File: file})
	if err != nil {
		t.Fatal(err)
	}
	table := k.current.Load()
	if len(table.sha256) != 2 {
		t.Fatalf("%d keys in force", len(table.sha256))
	}
	for digest, key := range table.sha256 {
		if len(digest) != sha256.Size || digest != key.digest {
			t.Errorf("%s is known by %d bytes that are no digest", key.name, len(digest))
		}
	}
	if kept := fmt.Sprint(table.sha256, k.static); strings.Contains(kept, secret) {
		t.Errorf("the secret is kept: %s", kept)
	}
	for _, wrong := range []string{secret[:len(secret)-1] + "x", "x" + secret[1:], secret[:8], secret + "x", strings.ToUpper(secret)} {
		_, err := k.Authenticate(withKeys(wrong))
		wantOutcome(t, err, "invalid unknown")
	}
}

// Attack: tokens that no key could make good, sent to have keys fetched for
// them (CVE-2016-9122's algorithms, at the price of CVE-2025-22149).
func TestAlgorithmsThatNobodyAskedForCostNothing(t *testing.T) {
	iss := newIssuer(t, newSigner(t, "ES256", "k"))
	j := newVerifier(t, JWTConfig{Keys: iss.keySet(t)})
	for _, alg := range []string{"none", "HS256", "ES256K", "RSA1_5", "dir", "es256", "RS1"} {
		_, err := j.Authenticate(bearer(encode(toJSON(t, object{"alg": alg, "kid": "k"})) + "." + encode(toJSON(t, goodClaims(iss.url))) + ".AAAA"))
		wantOutcome(t, err, "invalid algorithm")
	}
	if n := iss.keyReads.Load(); n != 0 {
		t.Errorf("the keys were fetched %d times", n)
	}
}

// Attack: keys of megabytes, to be hashed by whoever asks for it.
func TestRefusingALongKeyIsCheap(t *testing.T) {
	k, err := NewKeys(KeysConfig{Static: map[string]string{"GLOBAL": "a-key-that-opens-the-door"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = k.Authenticate(withKeys(strings.Repeat("k", 1<<20)))
	wantOutcome(t, err, "invalid length")
}

// Attack: RSA keys that can be factored, or that cost minutes. The library
// refuses some of them by itself, today (RFC 7518 section 3.3).
func TestRSAKeysAreOfTheRightLength(t *testing.T) {
	for bits, good := range map[int]bool{512: false, 1024: false, 2047: false, 2048: true, 8192: true, 8193: false} {
		modulus := new(big.Int).SetBit(big.NewInt(3*7*13), bits-1, 1)
		if err := checkStrength(&rsa.PublicKey{N: modulus, E: 65537}); (err == nil) != good {
			t.Errorf("%d bits: %v", bits, err)
		}
	}
}
