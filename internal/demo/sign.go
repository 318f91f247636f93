package demo

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/lestrrat-go/jwx/v3/jws/jwsbb"
)

// SignOption changes how Sign makes a token. Together they make tokens that an honest issuer would not: that is what
// tests of a verifier are for.
type SignOption func(*signing)

type signing struct {
	alg    string
	key    any
	header map[string]any
}

// WithAlgorithm signs with the issuer's own key for alg: RS256 to RS512, PS256 to PS512, ES256 to ES512 or EdDSA.
// A key that is not there yet is made, and published. "none" leaves the signature empty (RFC 7518, section 3.6).
func WithAlgorithm(alg string) SignOption { return func(s *signing) { s.alg = alg } }

// WithKey signs with a key that is not the issuer's: a crypto.Signer, or a []byte secret for the HS algorithms. The
// kid stays that of the issuer's default key, so that it looks like the real one; WithHeader changes it.
func WithKey(alg string, key any) SignOption { return func(s *signing) { s.alg, s.key = alg, key } }

// WithHeader sets a member of the protected header, whatever it is (kid, typ, crit, jku, even alg, which then lies
// about the signature). A nil value leaves the member out.
func WithHeader(name string, value any) SignOption {
	return func(s *signing) { s.header[name] = value }
}

// Sign makes a compact JWS (RFC 7515, section 7.1) of claims: RS256 unless told otherwise, with alg, kid and typ in
// the header. It panics on claims that are no JSON and on an algorithm or key that cannot sign, as these are mistakes
// in the test that calls it: with an empty token that test would pass for the wrong reason.
func (i *Issuer) Sign(claims map[string]any, opts ...SignOption) string {
	token, err := i.sign(claims, opts...)
	if err != nil {
		panic("demo: " + err.Error())
	}
	return token
}

func (i *Issuer) sign(claims map[string]any, opts ...SignOption) (string, error) {
	s := signing{alg: defaultAlgorithm, header: map[string]any{}}
	for _, opt := range opts {
		opt(&s)
	}
	own := s.alg
	if s.key != nil || s.alg == "none" {
		own = defaultAlgorithm
	}
	key, err := i.keys.signer(own, "")
	if err != nil {
		return "", err
	}
	if s.key == nil {
		s.key = key.private
	}
	header := map[string]any{"alg": s.alg, "kid": key.id, "typ": "JWT"}
	maps.Copy(header, s.header)
	maps.DeleteFunc(header, func(_ string, value any) bool { return value == nil })
	return compact(header, claims, s.alg, s.key)
}

// compact serialises and signs. It builds the header itself, because a library rightly refuses to lie about alg.
func compact(header, claims map[string]any, alg string, key any) (string, error) {
	head, err := json.Marshal(header)
	if err != nil {
		return "", fmt.Errorf("header: %w", err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("claims: %w", err)
	}
	b64 := base64.RawURLEncoding
	input := b64.EncodeToString(head) + "." + b64.EncodeToString(payload)
	if alg == "none" {
		return input + ".", nil
	}
	signature, err := jwsbb.Sign(key, alg, []byte(input), nil)
	if err != nil {
		return "", fmt.Errorf("sign with %s: %w", alg, err)
	}
	return input + "." + b64.EncodeToString(signature), nil
}
