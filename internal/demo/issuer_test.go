package demo_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jwt"

	"github.com/geowarden/geowarden/internal/demo"
)

const issuerURL = "https://issuer.example/realms/demo"

func newIssuer(t testing.TB, config demo.IssuerConfig) *demo.Issuer {
	t.Helper()
	if config.BaseURL == "" {
		config.BaseURL = issuerURL
	}
	issuer, err := demo.NewIssuer(config)
	if err != nil {
		t.Fatal(err)
	}
	return issuer
}

// published is the JWK set as a client gets it.
func published(t testing.TB, issuer *demo.Issuer) jwk.Set {
	t.Helper()
	w := ask(t, issuer, http.MethodGet, issuer.JWKSURL(), "")
	set, err := jwk.Parse(w.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestAnOpenIDClientFindsAndVerifiesEverything(t *testing.T) {
	issuer := newIssuer(t, demo.IssuerConfig{})
	server := httptest.NewServer(issuer)
	defer server.Close()
	for _, base := range []string{server.URL, server.URL + "/realms/demo"} {
		issuer.SetBaseURL(base)
		provider, err := oidc.NewProvider(t.Context(), base)
		if err != nil {
			t.Fatal(err)
		}
		if got := provider.Endpoint().TokenURL; got != issuer.TokenURL() || got != base+"/token" {
			t.Errorf("token endpoint %s", got)
		}
		verify := provider.Verifier(&oidc.Config{ClientID: "pygeoapi-client"}).Verify
		if token, err := verify(t.Context(), issuer.IDToken("tomkralidis")); err != nil || token.AccessTokenHash == "" {
			t.Errorf("ID token: %v", err)
		}
		if _, err := verify(t.Context(), issuer.Token("tomkralidis")); err == nil {
			t.Error("an access token passed for an ID token")
		}
	}
	if got := issuer.Counts(); got.Discovery != 2 || got.JWKS != 2 || got.Token != 0 {
		t.Errorf("counted %+v", got)
	}
}

func TestAnAccessTokenLooksLikeOneOfKeycloak(t *testing.T) {
	issuer := newIssuer(t, demo.IssuerConfig{Now: func() time.Time { return noon }})
	token := issuer.Claims("francbartoli")
	for name, want := range map[string]any{
		"iss": issuerURL, "aud": "account", "azp": "pygeoapi-client", "typ": "Bearer", "scope": "email profile",
		"preferred_username": "francbartoli", "company": "geobeyond", "email": "francbartoli@geobeyond.example",
		"iat": noon.Unix(), "exp": noon.Add(5 * time.Minute).Unix(), "sub": demo.Users()[0].Subject,
	} {
		if token[name] != want {
			t.Errorf("%s: %v, want %v", name, token[name], want)
		}
	}
	if token["jti"] == issuer.Claims("francbartoli")["jti"] {
		t.Error("two tokens have one jti")
	}
	if got := issuer.Claims("tomkralidis")["company"]; got != "osgeo" {
		t.Errorf("company %v", got)
	}
	service := issuer.Claims("demo-service")
	if service["client_id"] != "demo-service" || service["azp"] != "demo-service" || service["company"] != nil || service["sub"] == "" {
		t.Errorf("service: %v", service)
	}
}

func TestRotationKeepsOldKeysUntilTheyRetire(t *testing.T) {
	issuer := newIssuer(t, demo.IssuerConfig{KeyID: "first"})
	verifies := func(token string) bool {
		_, err := jwt.Parse([]byte(token), jwt.WithKeySet(published(t, issuer)))
		return err == nil
	}
	before := issuer.Token("tomkralidis")
	if set := published(t, issuer); set.Len() != 1 || !verifies(before) {
		t.Fatalf("%d keys at first", set.Len())
	}
	if _, ok := published(t, issuer).LookupKeyID("first"); !ok {
		t.Error("the first key has another id")
	}
	if err := issuer.Rotate(); err != nil {
		t.Fatal(err)
	}
	after := issuer.Token("tomkralidis")
	if set := published(t, issuer); set.Len() != 2 || !verifies(before) || !verifies(after) {
		t.Errorf("%d keys after the rotation", set.Len())
	}
	issuer.Retire()
	if set := published(t, issuer); set.Len() != 1 || verifies(before) || !verifies(after) {
		t.Errorf("%d keys after the old one retired", set.Len())
	}
}

func TestNoPrivateKeyIsPublished(t *testing.T) {
	issuer := newIssuer(t, demo.IssuerConfig{})
	for _, alg := range algorithms {
		issuer.Sign(map[string]any{}, demo.WithAlgorithm(alg))
	}
	set := published(t, issuer)
	if set.Len() != len(algorithms) {
		t.Fatalf("%d keys", set.Len())
	}
	for n := range set.Len() {
		key, _ := set.Key(n)
		if private, err := jwk.IsPrivateKey(key); err != nil || private {
			t.Errorf("key %d is private: %v", n, err)
		}
	}
}

func TestAnIssuerThatIsDownAnswersNothing(t *testing.T) {
	issuer := newIssuer(t, demo.IssuerConfig{})
	issuer.SetDown(true)
	for _, address := range []string{issuer.DiscoveryURL(), issuer.JWKSURL(), issuer.TokenURL()} {
		if w := ask(t, issuer, http.MethodGet, address, ""); w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s: %d", address, w.Code)
		}
	}
	if got, want := issuer.Counts(), (demo.Counts{Discovery: 1, JWKS: 1, Token: 1}); got != want {
		t.Errorf("counted %+v", got)
	}
	issuer.SetDown(false)
	if w := ask(t, issuer, http.MethodGet, issuer.JWKSURL(), ""); w.Code != http.StatusOK {
		t.Errorf("after the outage: %d", w.Code)
	}
}

func TestNothingElseIsServed(t *testing.T) {
	issuer := newIssuer(t, demo.IssuerConfig{})
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{http.MethodGet, "/", 404},
		{http.MethodGet, "/realms/other/jwks", 404},
		{http.MethodPost, issuer.JWKSURL(), 405},
		{http.MethodDelete, issuer.DiscoveryURL(), 405},
		{http.MethodGet, issuer.TokenURL(), 405},
	} {
		if w := ask(t, issuer, c.method, c.path, ""); w.Code != c.status {
			t.Errorf("%s %s: %d", c.method, c.path, w.Code)
		}
	}
}

func TestAnIssuerWithoutClientsIsRefused(t *testing.T) {
	if _, err := demo.NewIssuer(demo.IssuerConfig{Clients: []demo.Client{}}); err == nil {
		t.Error("it was made")
	}
}
