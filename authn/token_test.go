package authn

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestEveryAcceptedAlgorithmVerifies(t *testing.T) {
	for alg := range algorithms {
		t.Run(alg, func(t *testing.T) {
			key := newSigner(t, alg, "k")
			iss := newIssuer(t, key)
			p, err := newVerifier(t, JWTConfig{Keys: iss.keySet(t)}).Authenticate(bearer(key.token(t, goodClaims(iss.url))))
			if err != nil {
				t.Fatal(err)
			}
			if p.Kind != User || p.ID != "alice" || p.Issuer != iss.url {
				t.Errorf("got %+v", p)
			}
		})
	}
}

func TestSeveralAlgorithmsInOneSetAreFine(t *testing.T) {
	rs, es, ed := newSigner(t, "PS384", "a"), newSigner(t, "ES512", "b"), newSigner(t, "EdDSA", "c")
	iss := newIssuer(t, rs, es, ed)
	j := newVerifier(t, JWTConfig{Keys: iss.keySet(t)})
	for _, key := range []*signer{rs, es, ed} {
		_, err := j.Authenticate(bearer(key.token(t, goodClaims(iss.url))))
		wantOutcome(t, err, "ok")
	}
}

func TestKeyWithoutAlgServesEveryAlgorithmThatFitsIt(t *testing.T) {
	key := newSigner(t, "RS256", "k").with(object{"alg": nil})
	iss := newIssuer(t, key)
	j := newVerifier(t, JWTConfig{Keys: iss.keySet(t)})
	for _, alg := range []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"} {
		key.alg = alg
		_, err := j.Authenticate(bearer(key.token(t, goodClaims(iss.url))))
		wantOutcome(t, err, "ok")
	}
	other := newSigner(t, "ES256", "k")
	_, err := j.Authenticate(bearer(other.token(t, goodClaims(iss.url))))
	wantOutcome(t, err, "invalid algorithm")
}

// Attack: the token chooses how it is verified (CVE-2015-9235, CVE-2016-9122).
func TestTokenCannotChooseItsAlgorithm(t *testing.T) {
	rs, es := newSigner(t, "RS256", "rs"), newSigner(t, "ES256", "es")
	iss := newIssuer(t, rs, es)
	j := newVerifier(t, JWTConfig{Keys: iss.keySet(t)})
	payload := toJSON(t, goodClaims(iss.url))

	for _, none := range []string{"none", "None", "NONE", "nOnE", ""} {
		unsigned := encode(toJSON(t, object{"alg": none, "kid": "rs"})) + "." + encode(payload) + "."
		for _, signature := range []string{"", "AA"} {
			_, err := j.Authenticate(bearer(unsigned + signature))
			if err == nil {
				t.Errorf("alg %q with the signature %q was accepted", none, signature)
			}
		}
	}

	der, err := x509.MarshalPKIXPublicKey(rs.private.Public())
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	for _, secret := range [][]byte{der, public, []byte(toJSON(t, rs.jwk)), nil} {
		signed := encode(`{"alg":"HS256","kid":"rs"}`) + "." + encode(payload)
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(signed))
		_, err := j.Authenticate(bearer(signed + "." + encode(string(mac.Sum(nil)))))
		wantOutcome(t, err, "invalid algorithm")
	}

	rs.alg = "PS256" // a good signature by the right key, but the key says RS256
	_, err = j.Authenticate(bearer(rs.token(t, goodClaims(iss.url))))
	wantOutcome(t, err, "invalid algorithm")
	_, err = j.Authenticate(bearer(es.sign(t, `{"alg":"ES256","kid":"rs"}`, payload)))
	wantOutcome(t, err, "invalid algorithm")
	_, err = j.Authenticate(bearer(es.sign(t, `{"alg":"es256","kid":"es"}`, payload)))
	wantOutcome(t, err, "invalid algorithm")
}

// Attack: a token that brings or points to its own key (CVE-2018-0114).
func TestKeysThatComeWithTheTokenAreNotFollowed(t *testing.T) {
	good, evil := newSigner(t, "ES256", "k"), newSigner(t, "ES256", "k")
	iss, evilIssuer := newIssuer(t, good), newIssuer(t, evil)
	j := newVerifier(t, JWTConfig{Keys: iss.keySet(t)})
	for name, value := range map[string]any{
		"jwk": evil.jwk, "jku": evilIssuer.url + "/keys", "x5u": evilIssuer.url + "/keys", "x5c": []string{"MIIB"},
	} {
		header := toJSON(t, object{"alg": "ES256", "kid": "k", name: value})
		_, err := j.Authenticate(bearer(evil.sign(t, header, toJSON(t, goodClaims(iss.url)))))
		wantOutcome(t, err, "invalid signature")
	}
	if n := evilIssuer.keyReads.Load(); n != 0 {
		t.Errorf("the token's address was fetched %d times", n)
	}
}

func TestChangedTokenIsRefused(t *testing.T) {
	key := newSigner(t, "ES256", "k")
	iss := newIssuer(t, key)
	j := newVerifier(t, JWTConfig{Keys: iss.keySet(t)})
	good := key.token(t, goodClaims(iss.url))
	parts := strings.Split(good, ".")
	root := goodClaims(iss.url)
	root["sub"] = "root"
	for name, token := range map[string]string{
		"another payload":           parts[0] + "." + encode(toJSON(t, root)) + "." + parts[2],
		"another header":            encode(`{"kid":"k","alg":"ES256"}`) + "." + parts[1] + "." + parts[2],
		"another token's signature": parts[0] + "." + parts[1] + "." + strings.Split(key.token(t, root), ".")[2],
		"a signature of zeros":      parts[0] + "." + parts[1] + "." + encode(strings.Repeat("\x00", 64)), // CVE-2022-21449
		"a shorter signature":       parts[0] + "." + parts[1] + "." + parts[2][:len(parts[2])-6],
	} {
		t.Run(name, func(t *testing.T) {
			_, err := j.Authenticate(bearer(token))
			wantOutcome(t, err, "invalid signature")
		})
	}
}

// What two parsers could read in two ways, signed by the right key.
func TestTokenWithTwoReadingsIsRefused(t *testing.T) {
	key := newSigner(t, "ES256", "k")
	iss := newIssuer(t, key)
	j := newVerifier(t, JWTConfig{Keys: iss.keySet(t)})
	header, payload := `{"alg":"ES256","kid":"k"}`, toJSON(t, goodClaims(iss.url))
	good := key.sign(t, header, payload)
	parts := strings.Split(good, ".")
	deep := strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)

	for name, token := range map[string]string{
		"two parts":                      parts[0] + "." + parts[1],
		"four parts":                     good + ".AA",
		"five parts, as a JWE":           good + ".AA.AA",
		"many dots":                      strings.Repeat(".", 16000),
		"no signature":                   parts[0] + "." + parts[1] + ".",
		"no payload":                     parts[0] + ".." + parts[2],
		"padding":                        good + "==",
		"base64 and not base64url":       parts[0] + "." + parts[1] + "." + "++//" + parts[2][4:],
		"trailing bits in the signature": good[:len(good)-1] + "_",
		"a member twice in the header":   key.sign(t, `{"alg":"ES256","kid":"x","kid":"k"}`, payload),
		"a member twice in the payload":  key.sign(t, header, `{"sub":"root",`+payload[1:]),
		"a member twice, one escaped":    key.sign(t, header, `{"s\u0075b":"root",`+payload[1:]),
		"a member twice further down":    key.sign(t, header, `{"x":{"a":1,"a":2},`+payload[1:]),
		"data behind the header":         key.sign(t, header+"{}", payload),
		"data behind the payload":        key.sign(t, header, payload+"{}"),
		"invalid UTF-8":                  key.sign(t, header, `{"x":"`+"\xff"+`",`+payload[1:]),
		"half a surrogate pair":          key.sign(t, header, `{"x":"\ud800",`+payload[1:]),
		"a comment":                      key.sign(t, header, `{/**/`+payload[1:]),
		"a number out of range":          key.sign(t, header, `{"x":1e400,`+payload[1:]),
		"nested too deep":                key.sign(t, header, `{"x":`+deep+`,`+payload[1:]),
		"a list for a payload":           key.sign(t, header, `[`+payload+`]`),
		"null for a payload":             key.sign(t, header, `null`),
		"a token for a payload":          key.sign(t, header, good),
		"a list for a header":            key.sign(t, `["ES256"]`, payload),
		"crit":                           key.sign(t, `{"alg":"ES256","kid":"k","crit":["exp"]}`, payload),
		"crit, empty":                    key.sign(t, `{"alg":"ES256","kid":"k","crit":[]}`, payload),
		"crit of b64":                    key.sign(t, `{"alg":"ES256","kid":"k","crit":["b64"],"b64":false}`, payload),
		"b64":                            key.sign(t, `{"alg":"ES256","kid":"k","b64":false}`, payload),
		"kid of the wrong type":          key.sign(t, `{"alg":"ES256","kid":1}`, payload),
		"kid empty":                      key.sign(t, `{"alg":"ES256","kid":""}`, payload),
		"typ of the wrong type":          key.sign(t, `{"alg":"ES256","kid":"k","typ":["JWT"]}`, payload),
		"alg of the wrong type":          key.sign(t, `{"alg":["ES256"],"kid":"k"}`, payload),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := j.Authenticate(bearer(token))
			wantOutcome(t, err, "invalid malformed")
		})
	}
	for name, header := range map[string]string{
		"no alg": `{"kid":"k"}`, "ALG": `{"ALG":"ES256","kid":"k"}`, "Alg": `{"Alg":"ES256","kid":"k"}`,
	} {
		_, err := j.Authenticate(bearer(key.sign(t, header, payload)))
		if outcome(err) != "invalid algorithm" {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := j.Authenticate(bearer(good))
	wantOutcome(t, err, "ok") // what the others were made from
}

// Attack: refused tokens that cost memory (CVE-2025-27144, CVE-2025-30204, CVE-2024-28122).
func TestRefusingABombIsCheap(t *testing.T) {
	iss := newIssuer(t, newSigner(t, "ES256", "k"))
	j := newVerifier(t, JWTConfig{Keys: iss.keySet(t)})
	deep := strings.Repeat("[", 5000)
	for name, c := range map[string]struct {
		token string
		bytes uint64
	}{
		"a token of 1 MiB": {strings.Repeat("a", 1<<20), 1 << 10},
		"many dots":        {strings.Repeat(".", 16000), 1 << 10},
		"a compressed JWE": {encode(`{"alg":"dir","enc":"A128GCM","zip":"DEF"}`) + ".." + strings.Repeat("A", 8000) + "." + strings.Repeat("A", 4000) + ".AA", 1 << 10},
		"a deep payload":   {encode(`{"alg":"ES256"}`) + "." + encode(`{"a":`+deep) + ".AAAA", 64 << 10},
		"a deep header":    {encode(`{"a":`+deep) + ".e30.AAAA", 64 << 10},
	} {
		t.Run(name, func(t *testing.T) {
			r := bearer(c.token)
			if got := allocated(func() { _, _ = j.Authenticate(r) }); got > c.bytes {
				t.Errorf("%d bytes were allocated, more than %d", got, c.bytes)
			}
			if _, err := j.Authenticate(r); err == nil {
				t.Error("accepted")
			}
		})
	}
}

// allocated returns how many bytes a call allocates.
func allocated(call func()) uint64 {
	const runs = 100
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		call()
	}
	runtime.ReadMemStats(&after)
	return (after.TotalAlloc - before.TotalAlloc) / runs
}

func TestErrorsDoNotEchoTheToken(t *testing.T) {
	key := newSigner(t, "ES256", "k")
	iss := newIssuer(t, key)
	j := newVerifier(t, JWTConfig{Keys: iss.keySetWith(t, KeySetConfig{Interval: time.Millisecond}), Audience: []string{"geo"}})
	const canary = "cAnArY"
	claims := goodClaims(iss.url)
	for name, token := range map[string]string{
		"header": key.sign(t, `{"alg":"`+canary+`","kid":"k"}`, toJSON(t, claims)),
		"kid":    key.sign(t, `{"alg":"ES256","kid":"`+canary+`"}`, toJSON(t, claims)),
		"JSON":   key.sign(t, `{"alg":"ES256","`+canary+`":1,"`+canary+`":2}`, toJSON(t, claims)),
		"JSON 2": key.sign(t, `{"alg":"ES256",`+canary, toJSON(t, claims)),
		"aud":    key.token(t, change(claims, object{"aud": canary})),
		"iss":    key.token(t, change(claims, object{"iss": 1, "sub": canary})),
		"base64": "." + canary + ".",
		"typ":    key.sign(t, `{"alg":"ES256","kid":"k","typ":"`+canary+`"}`, toJSON(t, claims)),
	} {
		_, err := j.Authenticate(bearer(token))
		if err == nil || strings.Contains(err.Error(), canary) || strings.Contains(err.Error(), encode(canary)[:6]) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseToken(f *testing.F) {
	key := newSigner(f, "ES256", "k")
	f.Add(key.token(f, goodClaims("https://issuer.example")))
	f.Add("..")
	f.Add("e30.e30.AA")
	f.Add(key.sign(f, `{"alg":"ES256","crit":["exp"]}`, `{"exp":1e3}`))
	f.Fuzz(func(t *testing.T, token string) {
		m, err := parseToken(token)
		if err != nil {
			return
		}
		if _, ok := algorithms[m.alg]; !ok || m.claims == nil || len(m.signature) == 0 {
			t.Errorf("accepted without what it must have: %+v", m)
		}
		if again := m.signed + "." + encode(string(m.signature)); again != token {
			t.Errorf("two spellings of one token: %q and %q", token, again)
		}
	})
}
