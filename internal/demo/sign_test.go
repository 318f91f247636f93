package demo_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jws"

	"github.com/geowarden/geowarden/internal/demo"
)

var algorithms = []string{
	"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
}

func header(t testing.TB, token string) map[string]any {
	t.Helper()
	head, _, _ := strings.Cut(token, ".")
	decoded, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(decoded, &members); err != nil {
		t.Fatal(err)
	}
	return members
}

func TestEveryAlgorithmVerifiesWithThePublishedKey(t *testing.T) {
	issuer := newIssuer(t, demo.IssuerConfig{})
	for _, alg := range algorithms {
		token := issuer.Sign(map[string]any{"sub": "a"}, demo.WithAlgorithm(alg))
		payload, err := jws.Verify([]byte(token), jws.WithKeySet(published(t, issuer)))
		if err != nil || string(payload) != `{"sub":"a"}` {
			t.Errorf("%s: %s, %v", alg, payload, err)
		}
		if got := header(t, token); got["alg"] != alg || got["typ"] != "JWT" {
			t.Errorf("%s: header %v", alg, got)
		}
	}
}

func TestATestMayForgeWhatItLikes(t *testing.T) {
	issuer := newIssuer(t, demo.IssuerConfig{KeyID: "real"})
	secret := []byte("a secret of at least thirty-two bytes")
	forged := issuer.Sign(map[string]any{}, demo.WithKey("HS256", secret), demo.WithHeader("typ", nil), demo.WithHeader("jku", "https://evil.example"))
	if _, err := jws.Verify([]byte(forged), jws.WithKey(jwa.HS256(), secret)); err != nil {
		t.Error(err)
	}
	got := header(t, forged)
	if _, typed := got["typ"]; typed || got["kid"] != "real" || got["jku"] != "https://evil.example" {
		t.Errorf("header %v", got)
	}
	lying := issuer.Sign(map[string]any{}, demo.WithHeader("alg", "ES256"), demo.WithHeader("kid", "other"))
	if got := header(t, lying); got["alg"] != "ES256" || got["kid"] != "other" {
		t.Errorf("header %v", got)
	}
	if unsigned := issuer.Sign(map[string]any{}, demo.WithAlgorithm("none")); !strings.HasSuffix(unsigned, ".") {
		t.Error("none is signed")
	}
}

func TestATokenThatCannotBeMadeStopsTheTestThatWantsIt(t *testing.T) {
	issuer := newIssuer(t, demo.IssuerConfig{})
	for name, make := range map[string]func() string{
		"algorithm": func() string { return issuer.Sign(map[string]any{}, demo.WithAlgorithm("XX256")) },
		"key":       func() string { return issuer.Sign(map[string]any{}, demo.WithKey("RS256", []byte("no RSA key"))) },
		"claims":    func() string { return issuer.Sign(map[string]any{"f": func() {}}) },
		"user":      func() string { return issuer.Token("nobody") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			if token := make(); token != "" {
				t.Errorf("%s: a token", name)
			}
		}()
	}
}
