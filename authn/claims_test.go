package authn

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestClaims(t *testing.T) {
	key := newSigner(t, "ES256", "k")
	iss := newIssuer(t, key)
	j := newVerifier(t, JWTConfig{Keys: iss.keySet(t), Issuer: iss.url, Audience: []string{"geo", "other"}, ClientIDAsAudience: true})
	now := time.Now().Unix()

	for _, c := range []struct {
		name    string
		changes object
		want    string
	}{
		{"as issued", nil, "ok"},
		{"no exp", object{"exp": nil}, "invalid expired"},
		{"expired", object{"exp": now - 60}, "invalid expired"},
		{"expired within the leeway", object{"exp": now - 10}, "ok"},
		{"exp a float", object{"exp": float64(now) + 60.5}, "ok"},
		{"exp a string", object{"exp": "9999999999"}, "invalid malformed"},
		{"exp null", object{"exp": struct{}{}}, "invalid malformed"},
		{"exp a list", object{"exp": []int64{now + 60}}, "invalid malformed"},
		{"exp true", object{"exp": true}, "invalid malformed"},
		{"exp zero", object{"exp": 0}, "invalid malformed"},
		{"exp negative", object{"exp": -1}, "invalid malformed"},
		{"exp huge", object{"exp": 1e300}, "invalid malformed"},
		{"exp in milliseconds", object{"exp": (now + 60) * 1000}, "invalid malformed"},
		{"no nbf", object{"nbf": nil}, "ok"},
		{"nbf zero, as older Keycloaks write", object{"nbf": 0}, "ok"},
		{"nbf in the future", object{"nbf": now + 60}, "invalid not-yet-valid"},
		{"nbf within the leeway", object{"nbf": now + 10}, "ok"},
		{"nbf a string", object{"nbf": "0"}, "invalid malformed"},
		{"nbf negative", object{"nbf": -1}, "invalid malformed"},
		{"no iat", object{"iat": nil}, "ok"},
		{"iat in the future", object{"iat": now + 60}, "invalid not-yet-valid"},
		{"iat a string", object{"iat": "now"}, "invalid malformed"},
		{"no iss", object{"iss": nil}, "invalid issuer"},
		{"another iss", object{"iss": "https://evil.example"}, "invalid issuer"},
		{"iss with a slash at its end", object{"iss": iss.url + "/"}, "invalid issuer"},
		{"iss in another case", object{"iss": strings.ToUpper(iss.url)}, "invalid issuer"},
		{"iss a list", object{"iss": []string{iss.url}}, "invalid issuer"},
		{"iss empty", object{"iss": ""}, "invalid issuer"},
		{"no aud", object{"aud": nil}, "invalid audience"},
		{"another aud", object{"aud": "evil"}, "invalid audience"},
		{"aud that begins alike", object{"aud": "geowarden"}, "invalid audience"},
		{"aud a list with it", object{"aud": []string{"evil", "geo"}}, "ok"},
		{"aud the other expected one", object{"aud": []string{"other"}}, "ok"},
		{"aud a list without it", object{"aud": []string{"evil", "geo geo"}}, "invalid audience"},
		{"aud an empty list", object{"aud": []string{}}, "invalid audience"},
		{"aud an empty string", object{"aud": ""}, "invalid audience"},
		{"aud a number", object{"aud": 1}, "invalid audience"},
		{"aud a list of one that is not a string", object{"aud": []any{"geo", 1}}, "invalid audience"},
		{"aud an object", object{"aud": object{"geo": true}}, "invalid audience"},
		{"client_id for aud", object{"aud": nil, "client_id": "geo"}, "ok"},
		{"another client_id for aud", object{"aud": nil, "client_id": "evil"}, "invalid audience"},
		{"client_id beside another aud", object{"aud": "evil", "client_id": "geo"}, "invalid audience"},
		{"no sub and no client", object{"sub": nil}, "invalid subject"},
		{"sub a number", object{"sub": 7}, "invalid subject"},
		{"sub a list", object{"sub": []string{"alice"}}, "invalid subject"},
		{"sub empty", object{"sub": ""}, "invalid subject"},
		{"scope a number", object{"scope": 1}, "invalid malformed"},
		{"scope a list of numbers", object{"scope": []int{1}}, "invalid malformed"},
		{"scp an object", object{"scope": nil, "scp": object{}}, "invalid malformed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			claims := change(goodClaims(iss.url), c.changes)
			if c.name == "exp null" {
				claims["exp"] = nil
			}
			_, err := j.Authenticate(bearer(key.token(t, claims)))
			wantOutcome(t, err, c.want)
		})
	}
}

// Who is refused for a date is told how far it is off: where clocks are apart, a
// new token looks old, and nothing else says why.
func TestADateThatIsOffIsSaidWithTheClock(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		dates validity
		want  string
	}{
		{validity{expires: now.Add(-5 * time.Minute)}, "the token has expired, 5m0s ago by this gateway's clock"},
		{validity{expires: now.Add(-47 * time.Hour)}, "the token has expired, 47h0m0s ago by this gateway's clock"},
		{validity{expires: now.Add(-1000 * 24 * time.Hour)}, "the token has expired, 1000 days ago by this gateway's clock"},
		{validity{expires: time.Unix(1, 0)}, "the token has expired, 20453 days ago by this gateway's clock"},
		{validity{expires: now.Add(time.Hour), issued: now.Add(10*time.Minute - time.Millisecond)}, "the token was issued in the future, 10m0s ahead of this gateway's clock"},
		{validity{expires: now.Add(time.Hour), notBefore: now.Add(31 * time.Second)}, "the token is not valid yet, but in 31s by this gateway's clock"},
		{validity{expires: time.Unix(maxDate, 0), notBefore: time.Unix(maxDate-1, 0)}, "the token is not valid yet, but in 106751 days by this gateway's clock"},
	} {
		failed := wantError(t, c.dates.check(now))
		if failed.Detail != c.want {
			t.Errorf("%q, want %q", failed.Detail, c.want)
		}
	}
}

func TestUnsetAudienceAndIssuerAcceptAny(t *testing.T) {
	key := newSigner(t, "ES256", "k")
	iss := newIssuer(t, key)
	j := newVerifier(t, JWTConfig{Keys: iss.keySet(t)})
	for name, changes := range map[string]object{
		"others": {"iss": "https://other.example", "aud": "other"},
		"none":   {"iss": nil, "aud": nil},
	} {
		_, err := j.Authenticate(bearer(key.token(t, change(goodClaims(iss.url), changes))))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := j.Authenticate(bearer(key.token(t, change(goodClaims(iss.url), object{"aud": []string{}}))))
	wantOutcome(t, err, "invalid audience")
}

func TestClientIDMustBeInAudOrAzp(t *testing.T) {
	key := newSigner(t, "ES256", "k")
	iss := newIssuer(t, key)
	j := newVerifier(t, JWTConfig{Keys: iss.keySet(t), ClientID: "geo"})
	for _, c := range []struct {
		name    string
		changes object
		want    string
	}{
		{"aud", object{"aud": []string{"account", "geo"}}, "ok"},
		{"azp, as Keycloak writes", object{"aud": "account", "azp": "geo"}, "ok"},
		{"azp without aud", object{"aud": nil, "azp": "geo"}, "ok"},
		{"neither", object{"aud": "account", "azp": "other"}, "invalid audience"},
		{"client_id is not enough", object{"aud": "account", "client_id": "geo"}, "invalid audience"},
		{"azp a list", object{"aud": "account", "azp": []string{"geo"}}, "invalid audience"},
		{"none", object{"aud": nil}, "invalid audience"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := j.Authenticate(bearer(key.token(t, change(goodClaims(iss.url), c.changes))))
			wantOutcome(t, err, c.want)
		})
	}
}

func TestConfiguredAudienceIsNotMetByAzp(t *testing.T) {
	key := newSigner(t, "ES256", "k")
	iss := newIssuer(t, key)
	j := newVerifier(t, JWTConfig{Keys: iss.keySet(t), ClientID: "web", Audience: []string{"geo"}})
	_, err := j.Authenticate(bearer(key.token(t, change(goodClaims(iss.url), object{"aud": "account", "azp": "geo"}))))
	wantOutcome(t, err, "invalid audience")
	failed := &Error{}
	if !errors.As(err, &failed) || !strings.Contains(failed.Detail, "geo") {
		t.Errorf("the operator is not told the expected audience: %v", err)
	}
}

// Attack: an ID token, which a browser holds and hands around, sent as an access token.
func TestIDTokenIsNotAnAccessToken(t *testing.T) {
	key := newSigner(t, "ES256", "k")
	iss := newIssuer(t, key)
	j := newVerifier(t, JWTConfig{Keys: iss.keySet(t), ClientID: "geo"})
	for name, changes := range map[string]object{
		"Keycloak's typ":      {"typ": "ID"},
		"typ in another case": {"typ": "id"},
		"nonce":               {"nonce": "n"},
		"at_hash":             {"at_hash": "h"},
		"c_hash":              {"c_hash": "h"},
		"Cognito's token_use": {"token_use": "id"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := j.Authenticate(bearer(key.token(t, change(goodClaims(iss.url), changes))))
			wantOutcome(t, err, "invalid id-token")
		})
	}
	_, err := j.Authenticate(bearer(key.sign(t, `{"alg":"ES256","kid":"k","typ":"ID"}`, toJSON(t, goodClaims(iss.url)))))
	wantOutcome(t, err, "invalid id-token")
	_, err = j.Authenticate(bearer(key.token(t, change(goodClaims(iss.url), object{"typ": "Bearer"}))))
	wantOutcome(t, err, "ok")
}

// Attack: a token that the issuer signed for another purpose (RFC 8725 section 2.8).
func TestTypeOfTheToken(t *testing.T) {
	key := newSigner(t, "ES256", "k")
	iss := newIssuer(t, key)
	set := iss.keySet(t)
	usual, demanding := newVerifier(t, JWTConfig{Keys: set}), newVerifier(t, JWTConfig{Keys: set, RequireType: "at+jwt"})
	for _, c := range []struct{ typ, usual, demanding string }{
		{"", "ok", "invalid type"},
		{`,"typ":"JWT"`, "ok", "invalid type"},
		{`,"typ":"jwt"`, "ok", "invalid type"},
		{`,"typ":"at+jwt"`, "ok", "ok"},
		{`,"typ":"AT+JWT"`, "ok", "ok"},
		{`,"typ":"application/at+jwt"`, "ok", "ok"},
		{`,"typ":"logout+jwt"`, "invalid type", "invalid type"},
		{`,"typ":"dpop+jwt"`, "invalid type", "invalid type"},
	} {
		token := key.sign(t, `{"alg":"ES256","kid":"k"`+c.typ+`}`, toJSON(t, goodClaims(iss.url)))
		_, err := usual.Authenticate(bearer(token))
		wantOutcome(t, err, c.usual)
		_, err = demanding.Authenticate(bearer(token))
		wantOutcome(t, err, c.demanding)
	}
}

// Attack: an issuer that is trusted for one thing speaks for another.
func TestIssuersAreNotMixedUp(t *testing.T) {
	keyA, keyB := newSigner(t, "ES256", "same"), newSigner(t, "ES256", "same")
	a, b := newIssuer(t, keyA), newIssuer(t, keyB)
	atA := newVerifier(t, JWTConfig{Keys: a.keySet(t), Issuer: a.url})
	atB := newVerifier(t, JWTConfig{Keys: b.keySet(t), Issuer: b.url})
	for _, c := range []struct {
		name string
		by   *JWT
		key  *signer
		iss  string
		want string
	}{
		{"A's key for A at A", atA, keyA, a.url, "ok"},
		{"B's key for B at B", atB, keyB, b.url, "ok"},
		{"A's key for B at A", atA, keyA, b.url, "invalid issuer"},
		{"A's key for B at B", atB, keyA, b.url, "invalid signature"},
		{"B's key for A at A", atA, keyB, a.url, "invalid signature"},
		{"A's token at B", atB, keyA, a.url, "invalid issuer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := c.by.Authenticate(bearer(c.key.token(t, goodClaims(c.iss))))
			wantOutcome(t, err, c.want)
		})
	}
}
