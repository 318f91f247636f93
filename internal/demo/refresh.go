package demo

import (
	"crypto/rand"
	"sync"
	"time"
)

const (
	refreshLifetime  = 30 * time.Minute
	maxRefreshTokens = 1000
)

// refreshTokens remembers what was granted, by opaque tokens that work once (RFC 9700, section 4.14.2).
type refreshTokens struct {
	mu     sync.Mutex
	grants map[string]refreshable
}

type refreshable struct {
	grant
	expires time.Time
}

// issue remembers g. When too many are remembered, those that have expired go first, then any.
func (t *refreshTokens) issue(g grant, now time.Time) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.grants == nil {
		t.grants = map[string]refreshable{}
	}
	if len(t.grants) >= maxRefreshTokens {
		t.forgetSome(now)
	}
	token := rand.Text()
	t.grants[token] = refreshable{grant: g, expires: now.Add(refreshLifetime)}
	return token
}

func (t *refreshTokens) forgetSome(now time.Time) {
	for token, g := range t.grants {
		if !now.Before(g.expires) {
			delete(t.grants, token)
		}
	}
	for token := range t.grants {
		if len(t.grants) < maxRefreshTokens {
			return
		}
		delete(t.grants, token)
	}
}

// redeem uses token up. Somebody else's client learns nothing, and does not use it up either.
func (t *refreshTokens) redeem(token string, client Client, now time.Time) (grant, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g, ok := t.grants[token]
	if !ok || g.client.ID != client.ID {
		return grant{}, false
	}
	delete(t.grants, token)
	return g.grant, now.Before(g.expires)
}
