//go:build e2e

package e2e

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// floodWorkers send tokens of unknown keys, each of which waits for the next look
// at the provider's keys; a gateway lets 64 wait.
const floodWorkers = 24

const unknownKey = "the key that signed the token is not in the issuer's key set"

// rotates gives Keycloak a new signing key, makes the old one passive and removes
// it. It returns a load with tokens of the new key, and one with a token of the
// old one, both of the whole test.
func rotates(whole, t *testing.T, g *watched, k *keycloak, l *load, p people) (next, old *load) {
	t.Helper()
	flood := newLoad(g.gateway, without("a flood", keys, "401", "503"))
	flood.questions = []*question{{
		kind: "a token of a random key", method: http.MethodGet, path: "/collections/obs/items?f=json", fields: func() []header { return []header{bearer(ofARandomKey(p.osgeo))} },
		right: "401", says: unknownKey, needs: keys,
	}}
	flood.begin(t, floodWorkers)
	flood.settle(t)

	before := k.signingKeys(t)
	if len(before) != 1 {
		t.Fatalf("the realm has %d signing keys", len(before))
	}
	was := before[0]
	var fresh people
	l.through(t, asEver("there is a new key"), func() {
		k.administer(t, http.MethodPost, "/components", was.successor())
		fresh = people{osgeo: k.user(t, "tomkralidis"), geobeyond: k.user(t, "francbartoli"), expired: p.expired}
	})
	if keyID(t, fresh.osgeo) == keyID(t, p.osgeo) {
		t.Fatal("Keycloak signs with the old key")
	}
	// The first that the gateway sees of the new key is the first of these.
	next = startLoad(whole, g.gateway, running.moved, loadWorkers, asEver("a new key signs"), questions(fresh)...)
	next.settle(t)
	fetched := func() {
		const fetches = `geowarden_key_set_fetches_total{result="ok"}`
		began := g.figure(t, fetches)
		until(t, "the gateway has looked at the keys", func() error {
			if g.figure(t, fetches) < began+2 { // the first may have begun before
				return fmt.Errorf("see %s", g.log)
			}
			return nil
		})
	}
	l.through(t, asEver("the old key is passive"), func() {
		was.Config["active"] = []string{"false"}
		k.administer(t, http.MethodPut, "/components/"+was.ID, was)
		fetched()
	})
	l.end(t)

	old = startLoad(whole, g.gateway, running.moved, 2, asEver("the old key is published"), &question{
		kind: "osgeo with a token of the old key", method: http.MethodGet, path: "/collections/obs/items?f=json", fields: with(p.osgeo), right: "200", says: `"FeatureCollection"`, needs: keys,
	})
	old.settle(t)
	flood.end(t) // which has the gateway look at the keys all the time: now it looks for their age alone
	old.through(t, without("the old key is removed", keys, "401"), func() {
		k.administer(t, http.MethodDelete, "/components/"+was.ID, nil)
		fetched()
	})
	isProblem(t, get(t, g.url+"/collections/obs/items?f=json", bearer(p.osgeo)).wants(t, http.StatusUnauthorized), unknownKey)
	next.through(t, asEver("the new key is alone"), func() {})
	return next, old
}

// component is a key provider of the realm.
type component struct {
	ID           string              `json:"id,omitempty"`
	Name         string              `json:"name"`
	ProviderID   string              `json:"providerId"`
	ProviderType string              `json:"providerType"`
	ParentID     string              `json:"parentId"`
	Config       map[string][]string `json:"config"`
}

// signingKeys are what the realm signs tokens with.
func (k *keycloak) signingKeys(t *testing.T) (signing []*component) {
	t.Helper()
	var all []*component
	got := k.administer(t, http.MethodGet, "/components?"+url.Values{"type": {"org.keycloak.keys.KeyProvider"}}.Encode(), nil)
	if err := json.Unmarshal(got.body, &all); err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if c.ProviderID == "rsa-generated" {
			signing = append(signing, c)
		}
	}
	return signing
}

// successor is a key that is preferred to this one.
func (c *component) successor() *component {
	return &component{Name: "rsa-next", ProviderID: c.ProviderID, ProviderType: c.ProviderType, ParentID: c.ParentID, Config: map[string][]string{
		"priority": {"200"}, "enabled": {"true"}, "active": {"true"}, "algorithm": {"RS256"}, "keySize": {"2048"},
	}}
}

// keyID is the key that a token names.
func keyID(t *testing.T, token string) string {
	t.Helper()
	head := must[[]byte](t)(base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0]))
	var named struct{ Kid string }
	if err := json.Unmarshal(head, &named); err != nil || named.Kid == "" {
		t.Fatalf("no key in %s", head)
	}
	return named.Kid
}

// ofARandomKey says what a good token says, and names a key that there never was.
func ofARandomKey(token string) string {
	_, rest, _ := strings.Cut(token, ".")
	head := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT","kid":"` + rand.Text() + `"}`))
	return head + "." + rest
}
