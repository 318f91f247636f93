package authn

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"strings"
	"testing"
	"time"
)

func TestUnfitKeysAreRefusedAndTheOthersServe(t *testing.T) {
	rs, es := newSigner(t, "RS256", "rs"), newSigner(t, "ES256", "es")
	good := newSigner(t, "EdDSA", "good")
	p384 := newSigner(t, "ES384", "es")
	ed := newSigner(t, "EdDSA", "ed")
	for name, c := range map[string]struct {
		key  *signer
		want string
	}{
		"use=enc":                      {rs.with(object{"use": "enc"}), "invalid key"},
		"use of the wrong type":        {rs.with(object{"use": []string{"sig"}}), "invalid key"},
		"use in another case":          {rs.with(object{"use": "SIG"}), "invalid key"},
		"no use":                       {rs.with(object{"use": nil}), "ok"},
		"key_ops with verify":          {rs.with(object{"key_ops": []string{"verify"}}), "ok"},
		"key_ops without verify":       {rs.with(object{"key_ops": []string{"encrypt"}}), "invalid key"},
		"key_ops empty":                {rs.with(object{"key_ops": []string{}}), "invalid key"},
		"key_ops of the wrong type":    {rs.with(object{"key_ops": "verify"}), "invalid key"},
		"an encryption alg":            {rs.with(object{"alg": "RSA-OAEP"}), "invalid key"},
		"alg of another kty":           {rs.with(object{"alg": "ES256"}), "invalid key"},
		"alg of another curve":         {es.with(object{"alg": "ES384"}), "invalid key"},
		"HS256":                        {rs.with(object{"alg": "HS256"}), "invalid key"},
		"alg of the wrong type":        {rs.with(object{"alg": 256}), "invalid key"},
		"another alg of the same kty":  {rs.with(object{"alg": "PS256"}), "invalid algorithm"},
		"a secret":                     {rs.with(object{"kty": "oct", "k": "c2VjcmV0"}), "invalid key"},
		"no kty":                       {rs.with(object{"kty": nil}), "invalid key"},
		"an unknown kty":               {rs.with(object{"kty": "AKP"}), "invalid key"},
		"an unknown curve":             {es.with(object{"crv": "secp256k1"}), "invalid key"},
		"another curve than the point": {es.with(object{"crv": "P-384", "alg": nil}), "invalid key"},
		"a point off the curve":        {es.with(object{"y": es.jwk["x"]}), "invalid key"},
		"no modulus":                   {rs.with(object{"n": nil}), "invalid key"},
		"a modulus of the wrong type":  {rs.with(object{"n": 3}), "invalid key"},
		"1024 bits":                    {rs.with(object{"n": encode(strings.Repeat("\xff", 128))}), "invalid key"},
		"an exponent of 1":             {rs.with(object{"e": "AQ"}), "invalid key"},
		"2047 bits":                    {rs.with(object{"n": encode("\x7f" + strings.Repeat("\xff", 255))}), "invalid key"},
		"an even exponent":             {rs.with(object{"e": "Ag"}), "invalid key"},
		"a modulus of 16384 bits":      {rs.with(object{"n": encode(strings.Repeat("\xff", 2048))}), "invalid key"},
		"an Ed25519 key cut short":     {ed.with(object{"x": "AAAA"}), "invalid key"},
		"an X25519 key":                {ed.with(object{"crv": "X25519"}), "invalid key"},
		"its private part":             {es.with(object{"d": es.jwk["x"]}), "invalid key"},
		"ES256 with a P-384 key":       {p384.with(object{"alg": "ES256"}), "invalid key"},
		"broken certificates, unread":  {rs.with(object{"x5c": []string{"?"}, "x5u": "::", "x5t": 1}), "ok"},
	} {
		t.Run(name, func(t *testing.T) {
			iss := newIssuer(t, c.key, good)
			j := newVerifier(t, JWTConfig{Keys: iss.keySet(t)})
			_, err := j.Authenticate(bearer(c.key.token(t, goodClaims(iss.url))))
			wantOutcome(t, err, c.want)
			_, err = j.Authenticate(bearer(good.token(t, goodClaims(iss.url))))
			wantOutcome(t, err, "ok")
		})
	}
}

// Attack: keys that parse and then break verification itself.
func TestKeysThatWouldBreakVerificationAreRefused(t *testing.T) {
	for name, public := range map[string]crypto.PublicKey{
		"an exponent of 1, with which a signature is its own message": &rsa.PublicKey{N: rsaKey().N, E: 1},
		"an Ed25519 key cut short, on which verification panics":      ed25519.PublicKey("short"),
		"a secret": []byte("secret"),
	} {
		if checkStrength(public) == nil {
			t.Errorf("accepted: %s", name)
		}
	}
}

func TestSameKeyIDTwiceIsRefusedForBoth(t *testing.T) {
	a, b, good := newSigner(t, "ES256", "k"), newSigner(t, "ES256", "k"), newSigner(t, "ES256", "good")
	iss := newIssuer(t, a, good, b)
	j := newVerifier(t, JWTConfig{Keys: iss.keySet(t)})
	for _, key := range []*signer{a, b} {
		_, err := j.Authenticate(bearer(key.token(t, goodClaims(iss.url))))
		wantOutcome(t, err, "invalid key")
	}
	_, err := j.Authenticate(bearer(good.token(t, goodClaims(iss.url))))
	wantOutcome(t, err, "ok")
}

func TestTokenWithoutKeyIDNeedsExactlyOneKeyThatFits(t *testing.T) {
	es, rs := newSigner(t, "ES256", "es"), newSigner(t, "RS256", "rs")
	unnamed := es.with(object{"kid": nil})
	for name, c := range map[string]struct {
		set  []*signer
		want string
	}{
		"one key, unnamed":              {[]*signer{unnamed}, "ok"},
		"one key, named":                {[]*signer{es}, "ok"},
		"another that does not fit":     {[]*signer{es, rs}, "ok"},
		"another that would fit":        {[]*signer{es, newSigner(t, "ES256", "other")}, "invalid key"},
		"another unnamed one":           {[]*signer{unnamed, newSigner(t, "ES256", "").with(object{"kid": nil})}, "invalid key"},
		"none that fits":                {[]*signer{rs}, "invalid key"},
		"the same key under two names":  {[]*signer{es, es.with(object{"kid": "es2"})}, "invalid key"},
		"a named one twice, and itself": {[]*signer{newSigner(t, "ES256", "d"), newSigner(t, "ES256", "d"), es}, "ok"},
	} {
		t.Run(name, func(t *testing.T) {
			iss := newIssuer(t, c.set...)
			j := newVerifier(t, JWTConfig{Keys: iss.keySetWith(t, KeySetConfig{Interval: time.Millisecond})})
			_, err := j.Authenticate(bearer(unnamed.token(t, goodClaims(iss.url))))
			wantOutcome(t, err, c.want)
		})
	}
}

func TestKeySetThatIsMalformedIsRefused(t *testing.T) {
	key := toJSON(t, newSigner(t, "ES256", "k").jwk)
	for _, body := range []string{
		``, `null`, `[]`, `{}`, `{"keys":{}}`, `{"keys":null}`, `{"Keys":[` + key + `]}`, key,
		`{"keys":[` + key + `]`, `{"keys":[` + key + `]}x`, `{"keys":[` + key + `],"keys":[]}`, `<html>`,
	} {
		if _, err := newSnapshot([]byte(body), timeZero); err == nil {
			t.Errorf("accepted: %s", body)
		}
	}
	twice := strings.Replace(key, `{`, `{"kid":"other",`, 1)
	snap, err := newSnapshot([]byte(`{"x":{"a":1},"keys":[1,null,"k",[],`+twice+`,`+key+`]}`), timeZero)
	if err != nil || len(snap.keys) != 1 || snap.byID["k"] == nil {
		t.Errorf("one good key among broken ones: %+v, %v", snap, err)
	}
}

func FuzzKeySet(f *testing.F) {
	rs, es, ed := newSigner(f, "RS256", "a"), newSigner(f, "ES256", "b"), newSigner(f, "EdDSA", "c")
	f.Add(toJSON(f, object{"keys": []object{rs.jwk, es.jwk, ed.jwk}}))
	f.Add(`{"keys":[{"kty":"EC","crv":"P-256","x":"","y":""}]}`)
	f.Add(`{"keys":[{"kty":"RSA","n":"AQ","e":"AQ"},{"kty":"oct","k":"AA"}]}`)
	f.Fuzz(func(t *testing.T, body string) {
		snap, err := newSnapshot([]byte(body), timeZero)
		if err != nil {
			return
		}
		for _, key := range snap.keys {
			if !key.fitsAny() || checkStrength(key.public) != nil || !ofKind(key.kty, key.public) {
				t.Errorf("an unfit key is in the set: %+v", key)
			}
		}
	})
}

func ofKind(kty string, public crypto.PublicKey) bool {
	switch public.(type) {
	case *rsa.PublicKey:
		return kty == "RSA"
	case *ecdsa.PublicKey:
		return kty == "EC"
	}
	return kty == "OKP"
}
