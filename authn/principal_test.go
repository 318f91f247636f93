package authn

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestKindAndIDOfAPrincipal(t *testing.T) {
	for _, c := range []struct {
		name   string
		claims object
		kind   Kind
		id     string
	}{
		{"a person", object{"sub": "alice", "azp": "web"}, User, "alice"},
		{"a person with RFC 9068's client_id", object{"sub": "alice", "client_id": "web"}, User, "alice"},
		{"no sub", object{"client_id": "robot"}, Service, "robot"},
		{"no sub, azp only", object{"azp": "robot"}, Service, "robot"},
		{"sub is the client", object{"sub": "robot", "client_id": "robot"}, Service, "robot"},
		{"sub is azp", object{"sub": "robot", "azp": "robot"}, Service, "robot"},
		{"Keycloak's service account", object{"sub": "f3", "azp": "Robot", "client_id": "Robot", "preferred_username": "service-account-robot"}, Service, "f3"},
		{"a person who is called like a service account", object{"sub": "f3", "azp": "robot", "preferred_username": "service-account-robot"}, User, "f3"},
		{"the service account of another client", object{"sub": "f3", "azp": "web", "client_id": "web", "preferred_username": "service-account-robot"}, User, "f3"},
		{"a client of the wrong type", object{"sub": "alice", "client_id": []any{"alice"}}, User, "alice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := newPrincipal(c.claims)
			if err != nil {
				t.Fatal(err)
			}
			if p.Kind != c.kind || p.ID != c.id {
				t.Errorf("got %s %s, want %s %s", p.Kind, p.ID, c.kind, c.id)
			}
		})
	}
}

func TestScopesOfAPrincipal(t *testing.T) {
	for name, c := range map[string]struct {
		claims object
		want   []string
	}{
		"none":                      {object{}, nil},
		"scope":                     {object{"scope": "openid  read"}, []string{"openid", "read"}},
		"scope empty":               {object{"scope": ""}, nil},
		"scope a list":              {object{"scope": []any{"openid", "read"}}, []string{"openid", "read"}},
		"scp a list":                {object{"scp": []any{"read"}}, []string{"read"}},
		"scp a string":              {object{"scp": "read write"}, []string{"read", "write"}},
		"scp never adds to scope":   {object{"scope": "read", "scp": []any{"write"}}, []string{"read"}},
		"a list's words stay whole": {object{"scp": []any{"read write"}}, []string{"read write"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.claims["sub"] = "alice"
			p, err := newPrincipal(c.claims)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(p.Scopes, c.want) {
				t.Errorf("got %q, want %q", p.Scopes, c.want)
			}
		})
	}
}

func TestClaimsKeepTheirNumbers(t *testing.T) {
	key := newSigner(t, "ES256", "k")
	iss := newIssuer(t, key)
	claims := change(goodClaims(iss.url), object{"tenant": json.Number("9007199254740993"), "roles": []string{"a"}, "realm": object{"x": true}, "gone": []any{nil}})
	p, err := newVerifier(t, JWTConfig{Keys: iss.keySet(t)}).Authenticate(bearer(key.token(t, claims)))
	if err != nil {
		t.Fatal(err)
	}
	if p.Claims["tenant"] != json.Number("9007199254740993") { // a float64 would make it …992: another tenant
		t.Errorf("got %v", p.Claims["tenant"])
	}
	if got := toJSON(t, p.Claims); got != toJSON(t, claims) {
		t.Errorf("got %s", got)
	}
}

func TestOnlyAMissingCredentialIsAnonymous(t *testing.T) {
	key := newSigner(t, "ES256", "k")
	iss := newIssuer(t, key)
	set := iss.keySet(t)
	open, closed := newVerifier(t, JWTConfig{Keys: set, AllowAnonymous: true}), newVerifier(t, JWTConfig{Keys: set})

	r := bearer("")
	r.Header.Del("Authorization")
	r.Header.Set("X-Api-Key", "not read in this mode")
	p, err := open.Authenticate(r)
	if err != nil || p.Kind != Anonymous || p.ID != "" {
		t.Errorf("got %+v, %v", p, err)
	}
	_, err = closed.Authenticate(r)
	wantOutcome(t, err, "missing")

	_, err = open.Authenticate(bearer(key.token(t, change(goodClaims(iss.url), object{"exp": 1}))))
	wantOutcome(t, err, "invalid expired")
	r.Header.Set("Authorization", "")
	_, err = open.Authenticate(r)
	wantOutcome(t, err, "invalid scheme")
	r.Header["Authorization"] = []string{"Bearer a.b.c", "Bearer a.b.c"}
	_, err = open.Authenticate(r)
	wantOutcome(t, err, "ambiguous")

	p, err = Open{}.Authenticate(r)
	if err != nil || p.Kind != Anonymous {
		t.Errorf("open mode: got %+v, %v", p, err)
	}
}
