package proxy_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/geowarden/geowarden/authn"
	"github.com/geowarden/geowarden/internal/demo"
	"github.com/geowarden/geowarden/proxy"
)

// publicKey is the issuer's JWK set as everybody can read it: the "secret" of
// the classic confusion of RS256 with HS256.
func (r *rig) publicKey(t *testing.T) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.issuer.JWKSURL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// with is the claims of an osgeo user with some of them changed; nil removes.
func (r *rig) with(changes map[string]any) map[string]any {
	claims := r.issuer.Claims(osgeo)
	for name, value := range changes {
		if value == nil {
			delete(claims, name)
			continue
		}
		claims[name] = value
	}
	return claims
}

// Rows 13 to 15: CVE-2016-9122 and its kin. No forged, foreign or unfit token
// makes anything arrive, in either of the token modes.
func TestUnfitTokensMakeNothingArrive(t *testing.T) {
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range []string{"jwks", "oidc"} {
		r := newRig(t, mode)
		good := r.with(nil)
		sign := r.issuer.Sign
		now := time.Now()
		tokens := map[string]string{
			"alg none":                    sign(good, demo.WithAlgorithm("none")),
			"alg None":                    sign(good, demo.WithAlgorithm("none"), demo.WithHeader("alg", "None")),
			"alg NONE with a signature":   sign(good, demo.WithHeader("alg", "NONE")),
			"alg nOnE":                    sign(good, demo.WithAlgorithm("none"), demo.WithHeader("alg", "nOnE")),
			"HS256 with the public key":   sign(good, demo.WithKey("HS256", r.publicKey(t))),
			"HS512 with the public key":   sign(good, demo.WithKey("HS512", bytes.TrimSpace(r.publicKey(t)))),
			"a stranger's key":            sign(good, demo.WithKey("RS256", stranger)),
			"a stranger's key, new kid":   sign(good, demo.WithKey("RS256", stranger), demo.WithHeader("kid", "another")),
			"no alg":                      sign(good, demo.WithHeader("alg", nil)),
			"another alg than signed":     sign(good, demo.WithHeader("alg", "RS512")),
			"alg of another key":          sign(good, demo.WithHeader("alg", "ES256")),
			"unknown crit":                sign(good, demo.WithHeader("crit", []string{"x"}), demo.WithHeader("x", 1)),
			"b64 false":                   sign(good, demo.WithHeader("b64", false), demo.WithHeader("crit", []string{"b64"})),
			"its own jwk":                 sign(good, demo.WithKey("RS256", stranger), demo.WithHeader("jwk", map[string]any{"kty": "RSA", "n": base64.RawURLEncoding.EncodeToString(stranger.N.Bytes()), "e": "AQAB"})),
			"its own jku":                 sign(good, demo.WithKey("RS256", stranger), demo.WithHeader("jku", "http://127.0.0.1:1/jwks")),
			"its own x5u":                 sign(good, demo.WithKey("RS256", stranger), demo.WithHeader("x5u", "http://127.0.0.1:1/x")),
			"another type":                sign(good, demo.WithHeader("typ", "logout+jwt")),
			"no exp":                      sign(r.with(map[string]any{"exp": nil})),
			"exp in the past":             sign(r.with(map[string]any{"exp": now.Add(-time.Hour).Unix()})),
			"exp negative":                sign(r.with(map[string]any{"exp": -1})),
			"exp huge":                    sign(r.with(map[string]any{"exp": 1e300})),
			"exp a string":                sign(r.with(map[string]any{"exp": "9999999999"})),
			"nbf in the future":           sign(r.with(map[string]any{"nbf": now.Add(time.Hour).Unix()})),
			"iat in the future":           sign(r.with(map[string]any{"iat": now.Add(time.Hour).Unix()})),
			"no iss":                      sign(r.with(map[string]any{"iss": nil})),
			"another iss":                 sign(r.with(map[string]any{"iss": "https://evil.test"})),
			"iss with a slash at its end": sign(r.with(map[string]any{"iss": r.issuer.BaseURL() + "/"})),
			"iss a list":                  sign(r.with(map[string]any{"iss": []string{r.issuer.BaseURL()}})),
			"another aud and azp":         sign(r.with(map[string]any{"aud": "x", "azp": "x"})),
			"aud empty, azp another":      sign(r.with(map[string]any{"aud": []string{}, "azp": "x"})),
			"aud a number":                sign(r.with(map[string]any{"aud": 1})),
			"no aud, no azp":              sign(r.with(map[string]any{"aud": nil, "azp": nil})),
			"sub a number":                sign(r.with(map[string]any{"sub": 1})),
			"sub empty":                   sign(r.with(map[string]any{"sub": ""})),
			"signature cut":               strings.TrimRight(sign(good), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") + "AAAA",
			"two dots more":               sign(good) + "..",
			"padding":                     sign(good) + "==",
			"a JWE":                       strings.Repeat("e30.", 4) + "e30",
		}
		if mode == "oidc" {
			tokens["an ID token"] = r.issuer.IDToken(osgeo)
		}
		if a := r.do("GET", "/collections/obs", "Authorization: Bearer "+sign(good)); a.StatusCode != http.StatusOK {
			t.Fatalf("%s: the good token: %d %s", mode, a.StatusCode, a.body)
		}
		r.upstream.Reset()
		for name, token := range tokens {
			a := r.do("GET", "/collections/obs", "Authorization: Bearer "+token)
			if a.StatusCode != http.StatusUnauthorized && !(name == "a stranger's key, new kid" && a.StatusCode == http.StatusServiceUnavailable) {
				t.Errorf("%s, %s: status %d: %s", mode, name, a.StatusCode, a.body)
			}
			if a.StatusCode == http.StatusUnauthorized && !strings.Contains(a.Header.Get("WWW-Authenticate"), `error="invalid_token"`) {
				t.Errorf("%s, %s: challenge %s", mode, name, a.Header.Get("WWW-Authenticate"))
			}
		}
		if n := len(r.arrived()); n != 0 {
			t.Errorf("%s: %d requests arrived", mode, n)
		}
	}
}

// Row 16: the key of issuer A signs for B, under the same key id in both sets.
func TestIssuersAreNotMixedUp(t *testing.T) {
	ours, theirs := newRig(t, "oidc"), newRig(t, "oidc")
	var set struct{ Keys []struct{ Kid string } }
	if err := json.Unmarshal(ours.publicKey(t), &set); err != nil || len(set.Keys) == 0 {
		t.Fatalf("%v: %v", set, err)
	}
	claims := theirs.with(map[string]any{"iss": ours.issuer.BaseURL()})
	for name, token := range map[string]string{
		"our iss, their key":               theirs.issuer.Sign(claims),
		"our iss, their key under our kid": theirs.issuer.Sign(claims, demo.WithHeader("kid", set.Keys[0].Kid)),
		"their iss, our key":               ours.issuer.Sign(ours.with(map[string]any{"iss": theirs.issuer.BaseURL()})),
	} {
		for _, r := range []*rig{ours, theirs} {
			a := r.do("GET", "/collections/obs", "Authorization: Bearer "+token)
			if a.StatusCode == http.StatusOK || len(r.arrived()) != 0 {
				t.Errorf("%s: status %d, %d arrived", name, a.StatusCode, len(r.arrived()))
			}
		}
	}
}

// Row 19: CVE-2026-33496, CVE-2026-71326. A token that is cached under one
// configuration is not good under another that shares the keys.
func TestCachedTokensAreOfOneConfiguration(t *testing.T) {
	var set *authn.KeySet
	verifier := func(audience string) func(*rig, *proxy.Config) {
		return func(r *rig, cfg *proxy.Config) {
			var err error
			if set == nil {
				if set, err = authn.NewKeySet(authn.KeySetConfig{URL: r.issuer.JWKSURL()}); err != nil {
					t.Fatal(err)
				}
			}
			if cfg.Authn, err = authn.NewJWT(authn.JWTConfig{Keys: set, Audience: []string{audience}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	first := newRig(t, "jwks", verifier("account"))
	second := newRig(t, "jwks", verifier("another-service"))
	token := first.token(osgeo)
	for range 3 {
		if a := first.do("GET", "/collections/obs", token); a.StatusCode != http.StatusOK {
			t.Fatalf("under its own configuration: %d %s", a.StatusCode, a.body)
		}
		if a := second.do("GET", "/collections/obs", token); a.StatusCode != http.StatusUnauthorized || len(second.arrived()) != 0 {
			t.Errorf("under another: %d, %d arrived", a.StatusCode, len(second.arrived()))
		}
	}
}

// A decision is never cached: the same token, another path, another answer.
func TestDecisionsAreNotCachedAcrossPaths(t *testing.T) {
	r := newRig(t, "oidc")
	token := r.token(osgeo)
	for range 3 {
		if a := r.do("GET", "/collections/obs/items", token); a.StatusCode != http.StatusOK {
			t.Errorf("obs: %d", a.StatusCode)
		}
		for _, method := range []string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"} {
			if a := r.do(method, "/collections/lakes/items", token); a.StatusCode != http.StatusForbidden {
				t.Errorf("%s lakes: %d", method, a.StatusCode)
			}
		}
		if a := r.do("DELETE", "/collections/obs/items/1", token); a.StatusCode != http.StatusForbidden {
			t.Errorf("delete: %d", a.StatusCode)
		}
	}
}

// Ten thousand claims, and claims in the names of the gateway's own: neither
// stops anything nor speaks for the gateway.
func TestClaimsCannotSpeakForTheGateway(t *testing.T) {
	r := newRig(t, "oidc")
	claims := r.with(map[string]any{
		"resource":     map[string]any{"api": "common", "operation": "read", "type": "landing", "collection": ""},
		"subject":      map[string]any{"kind": "user", "claims": map[string]any{"company": "geobeyond"}},
		"request_path": []string{""}, "request_method": "GET", "request": map[string]any{}, "version": 99,
	})
	a := r.do("GET", "/collections/lakes/items", "Authorization: Bearer "+r.issuer.Sign(claims))
	if a.StatusCode != http.StatusForbidden || len(r.arrived()) != 0 {
		t.Errorf("status %d, %d arrived", a.StatusCode, len(r.arrived()))
	}
}
