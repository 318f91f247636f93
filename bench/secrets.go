package main

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/geowarden/geowarden/internal/demo"
)

// secrets are the credentials of a soak, good and bad ones. They are made anew
// when the provider's keys change.
type secrets struct {
	issuer *demo.Issuer
	forger *rsa.PrivateKey // not the provider's

	mu         sync.Mutex
	tokens     []map[string]string // good ones by user, of each signing key
	signatures []string            // what must be in no log
}

func newSecrets(issuer *demo.Issuer) (*secrets, error) {
	forger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	s := &secrets{issuer: issuer, forger: forger}
	s.renew()
	return s, nil
}

// renew makes the tokens of the provider's present signing key.
func (s *secrets) renew() {
	s.mu.Lock()
	defer s.mu.Unlock()
	tokens := map[string]string{}
	for _, user := range []string{osgeo, geobeyond} {
		tokens[user] = s.issuer.Token(user)
		s.signatures = append(s.signatures, tokens[user][strings.LastIndexByte(tokens[user], '.')+1:])
	}
	s.tokens = append(s.tokens, tokens)
	s.signatures = s.signatures[max(0, len(s.signatures)-8):]
}

// token is a user's, signed with the key of that number.
func (s *secrets) token(user string, key int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens[key][user]
}

// in says whether a text holds a credential: a key or a part of a token.
func (s *secrets) in(text string) bool {
	if strings.Contains(text, canary) || strings.Contains(text, "eyJ") {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, signature := range s.signatures {
		if strings.Contains(text, signature) {
			return true
		}
	}
	return false
}

// forgeries are tokens that must open nothing.
func (s *secrets) forgeries() map[string]func() string {
	claims := func(change map[string]any) map[string]any {
		c := s.issuer.Claims(osgeo)
		for name, value := range change {
			if c[name] = value; value == nil {
				delete(c, name)
			}
		}
		return c
	}
	hour := time.Now().Add(-time.Hour).Unix()
	return map[string]func() string{
		"expired":            func() string { return s.issuer.Sign(claims(map[string]any{"exp": hour})) },
		"without expiry":     func() string { return s.issuer.Sign(claims(map[string]any{"exp": nil})) },
		"of another issuer":  func() string { return s.issuer.Sign(claims(map[string]any{"iss": "http://elsewhere.example"})) },
		"for somebody else":  func() string { return s.issuer.Sign(claims(map[string]any{"aud": "x", "azp": "x"})) },
		"unsigned":           func() string { return s.issuer.Sign(claims(nil), demo.WithAlgorithm("none")) },
		"signed by another":  func() string { return s.issuer.Sign(claims(nil), demo.WithKey("RS256", s.forger)) },
		"signed by a secret": func() string { return s.issuer.Sign(claims(nil), demo.WithKey("HS256", []byte("the public key"))) },
		"cut":                func() string { return strings.TrimRight(s.issuer.Token(osgeo)[:400], ".") },
		"of four parts":      func() string { return s.issuer.Token(osgeo) + ".x" },
		"no token":           func() string { return "eyJ" + rand.Text() },
		"too long": func() string {
			return "eyJ" + base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("x", 15<<10))) + ".eyJ.x"
		},
	}
}

// unknownKey is signed with a key that nobody published.
func (s *secrets) unknownKey() string {
	return s.issuer.Sign(s.issuer.Claims(osgeo), demo.WithKey("RS256", s.forger), demo.WithHeader("kid", rand.Text()))
}

// movingKey is the API key of that number: it is in the keys file only while
// that is in force.
func movingKey(number int) string { return fmt.Sprintf("%smoving-%d", canary, number) }

// stayingKey is in every keys file.
const stayingKey = canary + "staying"

func keysFile(number int) string {
	return fmt.Sprintf("- name: staying\n  digest: sha256:%s\n- name: moving-%d\n  digest: sha256:%s\n", digest(stayingKey), number, digest(movingKey(number)))
}
