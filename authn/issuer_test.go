package authn

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"
)

type object = map[string]any

// A signer is a private key with its JWK; it signs whatever it is given, well
// formed or not.
type signer struct {
	alg     string
	private crypto.Signer
	jwk     object
}

// rsaKey is made once: it takes longer than all else in these tests.
var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func newSigner(t testing.TB, alg, kid string) *signer {
	t.Helper()
	var private crypto.Signer
	var err error
	switch alg {
	case "ES256":
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ES384":
		private, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "ES512":
		private, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case "EdDSA":
		_, private, err = ed25519.GenerateKey(rand.Reader)
	default:
		private = rsaKey()
	}
	if err != nil {
		t.Fatal(err)
	}
	return newSignerOf(t, private, alg, kid)
}

func newSignerOf(t testing.TB, private crypto.Signer, alg, kid string) *signer {
	t.Helper()
	key, err := jwk.Import(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(key)
	if err != nil {
		t.Fatal(err)
	}
	members := object{}
	if err := json.Unmarshal(data, &members); err != nil {
		t.Fatal(err)
	}
	members["alg"], members["use"], members["kid"] = alg, "sig", kid
	return &signer{alg: alg, private: private, jwk: members}
}

// with returns the signer with members of its JWK changed; nil removes one.
func (s *signer) with(changes object) *signer {
	changed := *s
	changed.jwk = change(s.jwk, changes)
	return &changed
}

func change(base, changes object) object {
	changed := maps.Clone(base)
	for name, value := range changes {
		if value == nil {
			delete(changed, name)
		} else {
			changed[name] = value
		}
	}
	return changed
}

// token signs claims under the header that fits the key.
func (s *signer) token(t testing.TB, claims object) string {
	t.Helper()
	header := object{"alg": s.alg, "typ": "JWT"}
	if s.jwk["kid"] != nil {
		header["kid"] = s.jwk["kid"]
	}
	return s.sign(t, toJSON(t, header), toJSON(t, claims))
}

// sign signs the two texts as they are.
func (s *signer) sign(t testing.TB, header, payload string) string {
	t.Helper()
	signed := encode(header) + "." + encode(payload)
	algorithm, ok := jwa.LookupSignatureAlgorithm(s.alg)
	if !ok {
		t.Fatalf("no algorithm %s", s.alg)
	}
	by, err := jws.SignerFor(algorithm)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := by.Sign(s.private, []byte(signed))
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + encode(string(signature))
}

func encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

func toJSON(t testing.TB, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// goodClaims are those of an access token of the issuer, valid for an hour.
func goodClaims(issuer string) object {
	now := time.Now().Unix()
	return object{"iss": issuer, "sub": "alice", "aud": "geo", "iat": now, "nbf": now, "exp": now + 3600, "scope": "openid read"}
}

// An issuer serves a key set and its discovery document, and counts.
type issuer struct {
	url       string
	client    *http.Client
	body      atomic.Pointer[string]
	status    atomic.Int64
	delay     atomic.Int64 // a time.Duration between reading the keys and answering
	keyReads  atomic.Int64
	docReads  atomic.Int64
	discovery atomic.Pointer[string]
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := i.body.Load()
	if r.URL.Path == wellKnownSuffix {
		i.docReads.Add(1)
		body = i.discovery.Load()
	} else {
		i.keyReads.Add(1)
	}
	time.Sleep(time.Duration(i.delay.Load()))
	w.WriteHeader(int(i.status.Load()))
	_, _ = w.Write([]byte(*body))
}

func (i *issuer) publish(t testing.TB, signers ...*signer) {
	t.Helper()
	keys := make([]object, len(signers))
	for n, s := range signers {
		keys[n] = s.jwk
	}
	i.publishText(toJSON(t, object{"keys": keys}))
}

func (i *issuer) publishText(body string) { i.body.Store(&body) }

func (i *issuer) describe(t testing.TB, document object) {
	t.Helper()
	text := toJSON(t, document)
	i.discovery.Store(&text)
}

func newIssuer(t testing.TB, signers ...*signer) *issuer {
	t.Helper()
	i := &issuer{}
	server := httptest.NewServer(i)
	t.Cleanup(server.Close)
	i.start(t, server.URL, server.Client(), signers)
	return i
}

func (i *issuer) start(t testing.TB, url string, client *http.Client, signers []*signer) {
	t.Helper()
	i.url, i.client = url, client
	i.status.Store(http.StatusOK)
	i.publish(t, signers...)
	i.describe(t, object{"issuer": url, "jwks_uri": url + "/keys", "token_endpoint": url + "/token", "authorization_endpoint": url + "/auth"})
}

func (i *issuer) keySet(t testing.TB) *KeySet {
	t.Helper()
	return i.keySetWith(t, KeySetConfig{})
}

func (i *issuer) keySetWith(t testing.TB, cfg KeySetConfig) *KeySet {
	t.Helper()
	cfg.Client = i.client
	if cfg.Discovery == nil {
		cfg.URL = i.url + "/keys"
	}
	set, err := NewKeySet(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func newVerifier(t testing.TB, cfg JWTConfig) *JWT {
	t.Helper()
	j, err := NewJWT(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func bearer(token string) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

// outcome is "ok", or the failure and the check that failed.
func outcome(err error) string {
	if err == nil {
		return "ok"
	}
	failed := &Error{}
	if !errors.As(err, &failed) {
		return "not an *Error: " + err.Error()
	}
	names := map[Failure]string{Missing: "missing", Ambiguous: "ambiguous", Invalid: "invalid", Unavailable: "unavailable"}
	if names[failed.Failure] == failed.Check {
		return failed.Check
	}
	return names[failed.Failure] + " " + failed.Check
}

func wantOutcome(t testing.TB, err error, want string) {
	t.Helper()
	if got := outcome(err); got != want {
		t.Errorf("got %s, want %s (%v)", got, want, err)
	}
}
