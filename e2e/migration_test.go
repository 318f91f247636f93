//go:build e2e

package e2e

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

// TestMigration puts the same requests to fastgeoapi and to Geowarden, in each
// mode and with each sort of credential. Whatever differs must be about exactly
// one row of docs/divergences.md, and no row may be there that nothing showed.
func TestMigration(t *testing.T) {
	m := running.move(t)
	seen := map[string]int{}
	for _, p := range []*pair{m.open, m.flasked, m.apiKey, m.jwks, m.oidc} {
		t.Run(p.name, func(t *testing.T) {
			p.needs(t)
			shows(t, "fastgeoapi", "side by side with it over the same data, "+p.name+": the same requests, every difference a row of docs/divergences.md")
			good, bad := m.credentials(t, p)
			p.compare(t, seen, "good", requests(p.file.context), good...)
			if bad != nil {
				p.compare(t, seen, "nobody", fewer(p.file.context))
				p.compare(t, seen, "bad", fewer(p.file.context), bad...)
			}
		})
	}
	for _, one := range particulars {
		t.Run(one.key, func(t *testing.T) {
			p := one.pair(m)
			p.needs(t)
			one.show(t, m, p)
			seen[one.key]++
		})
	}
	t.Run("rows", func(t *testing.T) {
		m.oidc.needs(t)
		needs(t, needPostGIS)
		keys := documented(t)
		for key := range seen {
			if !slices.Contains(keys, key) {
				t.Errorf("docs/divergences.md has no row %s, and this run showed one", key)
			}
		}
		for _, key := range keys {
			if why := unshown[key]; seen[key] == 0 && why == "" {
				t.Errorf("docs/divergences.md has the row %s, and nothing shows it any more", key)
			} else if why != "" && seen[key] > 0 {
				t.Errorf("%s was shown, although it cannot be: %s", key, why)
			}
		}
		for key := range unshown {
			if !slices.Contains(keys, key) {
				t.Errorf("docs/divergences.md has no row %s", key)
			}
		}
	})
}

// compare asks both sides everything, in order.
func (p *pair) compare(t *testing.T, seen map[string]int, who string, asked []asking, fields ...header) {
	t.Helper()
	kept := map[string][2]string{}
	for _, a := range asked {
		theirs, ours := p.both(t, a, kept, fields...)
		var made [2]string
		if a.keep == "item" || strings.Contains(a.path, "{item}") {
			made = kept["item"]
		}
		for _, d := range p.differences(who, a, theirs, ours, made) {
			explain(t, seen, d)
		}
	}
}

// explain notes the row that a difference is an example of, and fails unless it is
// exactly one.
func explain(t *testing.T, seen map[string]int, d difference) {
	t.Helper()
	var keys []string
	for _, row := range divergences {
		if row.is(d) {
			keys = append(keys, row.key)
			seen[row.key]++
		}
	}
	switch len(keys) {
	case 1:
	case 0:
		t.Errorf("no row of docs/divergences.md is about this: %s", d)
	default:
		t.Errorf("several rows (%s) are about this: %s", strings.Join(keys, ", "), d)
	}
}

// credentials are a good one and a bad one of the pair's mode.
func (m *moving) credentials(t *testing.T, p *pair) (good, bad []header) {
	t.Helper()
	switch p.mode {
	case "api-key":
		return []header{running.withKey()}, []header{"X-API-KEY: nobody's"}
	case "jwks":
		broken := m.issuer.Token("tomkralidis")
		return []header{bearer(running.handOut(m.issuer.Token("tomkralidis")))}, []header{bearer(running.handOut(broken[:len(broken)-8] + "AAAAAAAA"))}
	case "oidc":
		k := running.withKeycloak(t)
		return []header{bearer(k.openID(t, "tomkralidis"))}, []header{bearer("not-a-token")}
	}
	return nil, nil
}

// openID signs somebody in for a token that opens the userinfo endpoint too.
func (k *keycloak) openID(t *testing.T, name string) string {
	t.Helper()
	return k.token(t, url.Values{"grant_type": {"password"}, "client_id": {realmClient}, "client_secret": {realmSecret}, "username": {name}, "password": {"demo-" + name}, "scope": {"openid"}})
}
