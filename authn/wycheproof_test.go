package authn

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/c2sp/wycheproof"
)

// A vectorFile is a file of project Wycheproof's attacks on JOSE.
type vectorFile struct {
	TestGroups []struct {
		Private, Public object
		Tests           []vector
	}
}

type vector struct {
	TcID     int
	Comment  string
	JWS, JWE any // a string, or an object for the JSON serialization
	Result   string
}

// A tally is what became of a file's vectors. It is compared as a whole, so no
// vector can be passed over in silence.
type tally struct {
	verified int // good signatures
	invalid  int // bad ones, bad keys and malformed messages: refused

	// Good signatures that are refused all the same.
	hmac   int // by a shared secret, which is nobody's signature
	misfit int // by a key that is published for another algorithm, or for one that there is not (ES521)
}

// misfits are the vectors whose key names another algorithm than their message.
var misfits = map[string][]int{"json_web_signature_test.json": {346, 347, 350, 351}}

// Every vector gives the right answer on the way that a token takes, through
// the parsing of the key set to the signature. Only the claims are left out:
// the vectors have none.
func TestWycheproofSignatures(t *testing.T) {
	for file, want := range map[string]tally{
		"json_web_signature_test.json": {verified: 32, invalid: 355, hmac: 10, misfit: 4},
		"json_web_key_test.json":       {verified: 1, invalid: 21, hmac: 4},
		"json_web_crypto_test.json":    {verified: 2, invalid: 45, hmac: 2},
	} {
		t.Run(file, func(t *testing.T) {
			vectors, got := readVectors(t, file), tally{}
			for _, group := range vectors.TestGroups {
				snap, secrets := vectorKeys(t, group.Public, group.Private)
				for _, v := range group.Tests {
					if v.JWS == nil {
						continue
					}
					err := verifyVector(snap, v.token(t, v.JWS))
					switch {
					case err == nil && v.Result == "valid":
						got.verified++
					case err == nil:
						t.Errorf("%d %s: accepted", v.TcID, v.Comment)
					case v.Result == "invalid":
						got.invalid++
					case secrets:
						got.hmac++
					case slices.Contains(misfits[file], v.TcID):
						got.misfit++
					default:
						t.Errorf("%d %s: refused: %v", v.TcID, v.Comment, err)
					}
				}
			}
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

// Attack: an encrypted token in the place of a signed one (CVE-2025-27144's
// cost, and a decryption that nobody asked for).
func TestWycheproofEncryptionsAreNoTokens(t *testing.T) {
	for file, want := range map[string]int{"json_web_encryption_test.json": 139, "json_web_crypto_test.json": 34} {
		key := newSigner(t, "ES256", "k")
		iss, refused := newIssuer(t, key), 0
		j := newVerifier(t, JWTConfig{Keys: iss.keySet(t)})
		for _, group := range readVectors(t, file).TestGroups {
			for _, v := range group.Tests {
				if v.JWE == nil {
					continue
				}
				refused++
				_, err := j.Authenticate(bearer(v.token(t, v.JWE)))
				if failed := (*Error)(nil); !errors.As(err, &failed) || failed.Failure == Unavailable {
					t.Errorf("%s %d %s: %v", file, v.TcID, v.Comment, err)
				}
			}
		}
		if n := iss.keyReads.Load(); refused != want || n != 0 {
			t.Errorf("%s: %d vectors, want %d; the keys were asked for %d times", file, refused, want, n)
		}
	}
}

func readVectors(t *testing.T, name string) (file vectorFile) {
	t.Helper()
	data, err := fs.ReadFile(wycheproof.TestVectors, name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	return file
}

// token is a vector's message as a client would send it.
func (v vector) token(t *testing.T, message any) string {
	t.Helper()
	if text, ok := message.(string); ok {
		return text
	}
	return toJSON(t, message)
}

// vectorKeys is a group's key or key set, as an issuer would publish it, and
// whether it is of secrets that are shared. The vectors hold some keys with
// their private parts alone.
func vectorKeys(t *testing.T, public, private object) (snap *snapshot, secrets bool) {
	t.Helper()
	if public == nil {
		public = private
	}
	keys, isSet := public["keys"].([]any)
	if !isSet {
		keys = []any{public}
	}
	published := make([]object, len(keys))
	for i, key := range keys {
		published[i] = maps.Clone(key.(object))
		secrets = published[i]["kty"] == "oct"
		for _, secret := range []string{"d", "p", "q", "dp", "dq", "qi"} {
			delete(published[i], secret)
		}
	}
	snap, err := newSnapshot([]byte(toJSON(t, object{"keys": published})), timeZero)
	if err != nil {
		t.Fatal(err)
	}
	return snap, secrets
}

// verifyVector is parseToken and JWT.verify for a payload that is not claims.
func verifyVector(snap *snapshot, token string) error {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		_, err := parseToken(token)
		return err
	}
	header, err := decodeSegment(parts[0])
	if err != nil {
		return err
	}
	m := &message{signed: parts[0] + "." + parts[1]}
	if err := m.readHeader(header); err != nil {
		return err
	}
	if m.signature, err = decodeBase64(parts[2]); err != nil {
		return err
	}
	key, err := snap.pick(m.kid, m.alg)
	if err != nil {
		return err
	}
	if key == nil {
		return invalid("key", "the key that signed the token is not in the key set")
	}
	return key.verify(m)
}
