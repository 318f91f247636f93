package authn

import (
	"crypto"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jws"
)

// An algorithm is a JWS signature algorithm with the only kind of key that it
// may be used with (RFC 7518 section 3, RFC 8037 section 3.1).
type algorithm struct {
	kty, crv string
	jwa      jwa.SignatureAlgorithm
}

// algorithms is everything that is accepted. There is no "none" and no HMAC,
// whose secret could be the text of a public key (CVE-2016-9122's kin).
var algorithms = map[string]algorithm{
	"RS256": {"RSA", "", jwa.RS256()},
	"RS384": {"RSA", "", jwa.RS384()},
	"RS512": {"RSA", "", jwa.RS512()},
	"PS256": {"RSA", "", jwa.PS256()},
	"PS384": {"RSA", "", jwa.PS384()},
	"PS512": {"RSA", "", jwa.PS512()},
	"ES256": {"EC", "P-256", jwa.ES256()},
	"ES384": {"EC", "P-384", jwa.ES384()},
	"ES512": {"EC", "P-521", jwa.ES512()},
	"EdDSA": {"OKP", "Ed25519", jwa.EdDSA()},
}

// A publicKey is one usable key of a key set.
type publicKey struct {
	kty, crv string
	alg      string // empty: any algorithm that fits kty and crv
	public   crypto.PublicKey
}

// fits reports whether the key may verify a signature of the algorithm named.
func (k *publicKey) fits(alg string) bool {
	a, ok := algorithms[alg]
	return ok && a.kty == k.kty && a.crv == k.crv && (k.alg == "" || k.alg == alg)
}

// verify checks the message's signature. Which algorithm is used was settled by
// fits: it is the key's, never only the token's word.
func (k *publicKey) verify(m *message) error {
	if !k.fits(m.alg) {
		return invalid("algorithm", "the token's algorithm is not that of its key")
	}
	verifier, err := jws.VerifierFor(algorithms[m.alg].jwa)
	if err != nil {
		return invalid("algorithm", "the token's algorithm is not accepted")
	}
	if err := verifier.Verify(k.public, []byte(m.signed), m.signature); err != nil {
		return invalid("signature", "the token's signature is not valid")
	}
	return nil
}
