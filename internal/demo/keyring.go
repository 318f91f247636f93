package demo

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"sync"

	"github.com/lestrrat-go/jwx/v3/jwk"
)

// keyring holds the keys that the issuer signs with, one for each algorithm, made when first used, and those that it
// publishes: the same and, after a rotation, the old ones too.
type keyring struct {
	mu        sync.Mutex
	current   map[string]signingKey // by algorithm
	published []jwk.Key
}

type signingKey struct {
	id      string
	private crypto.Signer
	public  jwk.Key
}

// signer returns the key for alg, and makes and publishes one if there is none. An empty id becomes the key's
// thumbprint (RFC 7638).
func (k *keyring) signer(alg, id string) (signingKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if key, ok := k.current[alg]; ok {
		return key, nil
	}
	key, err := newSigningKey(alg, id)
	if err != nil {
		return signingKey{}, err
	}
	if k.current == nil {
		k.current = map[string]signingKey{}
	}
	k.current[alg] = key
	k.published = append(k.published, key.public)
	return key, nil
}

// rotate forgets what to sign with, so that the next use makes new keys. What is published stays.
func (k *keyring) rotate() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.current = nil
}

// retire withdraws every published key that is no longer signed with.
func (k *keyring) retire() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.published = nil
	for _, key := range k.current {
		k.published = append(k.published, key.public)
	}
}

// set returns the published JWK set (RFC 7517, section 5).
func (k *keyring) set() (jwk.Set, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	set := jwk.NewSet()
	for _, key := range k.published {
		if err := set.AddKey(key); err != nil {
			return nil, err
		}
	}
	return set, nil
}

func newSigningKey(alg, id string) (signingKey, error) {
	private, err := generate(alg)
	if err != nil {
		return signingKey{}, fmt.Errorf("make a key for %s: %w", alg, err)
	}
	public, err := jwk.Import(private.Public())
	if err != nil {
		return signingKey{}, fmt.Errorf("publish a key for %s: %w", alg, err)
	}
	if id == "" {
		thumbprint, err := public.Thumbprint(crypto.SHA256)
		if err != nil {
			return signingKey{}, fmt.Errorf("name a key for %s: %w", alg, err)
		}
		id = base64.RawURLEncoding.EncodeToString(thumbprint)
	}
	for name, value := range map[string]string{jwk.KeyIDKey: id, jwk.AlgorithmKey: alg, jwk.KeyUsageKey: "sig"} {
		if err := public.Set(name, value); err != nil {
			return signingKey{}, fmt.Errorf("set %s of a key for %s: %w", name, alg, err)
		}
	}
	return signingKey{id: id, private: private, public: public}, nil
}

// generate makes a private key that fits alg (RFC 7518, section 3.1; RFC 8037).
func generate(alg string) (crypto.Signer, error) {
	switch alg {
	case "RS256", "RS384", "RS512", "PS256", "PS384", "PS512":
		return rsa.GenerateKey(rand.Reader, 2048)
	case "ES256":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ES384":
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "ES512":
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case "EdDSA":
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	}
	return nil, fmt.Errorf("the issuer has no keys of its own for %q", alg)
}
