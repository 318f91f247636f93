package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"time"
)

// maxAge is how long the gateways believe in a key that the provider removed.
const maxAge = 4 * time.Second

// reloads is how long a change of a file may take until it is in force: files
// are looked at every 30 seconds where nothing is told of them.
const reloads = 45 * time.Second

// turnPolicy puts the next policy in place, sees it in force, and then breaks
// the file in every way: that must change nothing.
func (s *soak) turnPolicy(ctx context.Context) error {
	next := s.around.policy.look().state + 1
	s.around.policy.begin()
	if err := replace(filepath.Join(s.policy, "authz.rego"), policyText(next)); err != nil {
		return err
	}
	if err := s.until(ctx, s.mode("oidc"), "the next policy is in force", http.StatusOK, func() []byte {
		return s.get("/collections/shifting", s.bearerOf(shiftingUser(next)))
	}); err != nil {
		return err
	}
	s.around.policy.end(next)
	wait(ctx, 2*time.Second)
	for i, broken := range brokenPolicies {
		if i%2 == next%2 { // half of them each time
			if err := replace(filepath.Join(s.policy, "authz.rego"), broken); err != nil {
				return err
			}
			wait(ctx, 700*time.Millisecond)
		}
	}
	return nil
}

// turnKeys exchanges the key that comes and goes, sees the new one in force,
// and then breaks the file.
func (s *soak) turnKeys(ctx context.Context) error {
	next := s.around.keys.look().state + 1
	s.around.keys.begin()
	if err := replace(s.keysFile, keysFile(next)); err != nil {
		return err
	}
	if err := s.until(ctx, s.mode("api-key"), "the next key is in force", http.StatusOK, func() []byte {
		return s.get("/collections/lakes", keyHeader(movingKey(next)))
	}); err != nil {
		return err
	}
	s.around.keys.end(next)
	wait(ctx, 2*time.Second)
	for _, broken := range []string{"", "- name: staying\n", keysFile(next) + "- name: staying\n  digest: sha256:" + digest("x") + "\n"} {
		if err := replace(s.keysFile, broken); err != nil {
			return err
		}
		wait(ctx, 500*time.Millisecond)
	}
	return nil
}

// turnProvider makes the provider sign with a new key, publish the old one for a
// while, withdraw it, and then be out of reach for a while. The phase's state is
// twice the number of the key, and one more once the old one is refused.
func (s *soak) turnProvider(ctx context.Context) error {
	key := s.around.provider.look().state/2 + 1
	if err := s.issuer.Rotate(); err != nil {
		return err
	}
	s.secrets.renew()
	s.around.provider.end(2 * key)
	wait(ctx, 4*time.Second)
	s.around.provider.begin()
	s.issuer.Retire()
	if !wait(ctx, maxAge+time.Second) {
		return nil
	}
	s.around.provider.end(2*key + 1)
	wait(ctx, 2*time.Second)
	s.around.issuer.begin()
	s.issuer.SetDown(true)
	wait(ctx, 2*maxAge)
	s.issuer.SetDown(false)
	s.around.issuer.end(0)
	wait(ctx, 3*time.Second)
	return nil
}

// turnBackend kills the back end and starts it again. From when it answers by
// itself, everything must be answered through the gateways.
func (s *soak) turnBackend(ctx context.Context) error {
	wait(ctx, 8*time.Second)
	s.around.backend.begin()
	s.front.kill()
	wait(ctx, time.Second)
	if err := s.front.startReady(context.WithoutCancel(ctx), "/collections"); err != nil {
		return err
	}
	s.around.backend.end(0)
	return nil
}

// until asks until the status is right. It is counted like every other request.
func (s *soak) until(ctx context.Context, g *guarded, what string, status int, raw func() []byte) error {
	ctx, cancel := context.WithTimeout(ctx, reloads)
	defer cancel()
	last := noAnswer
	for ctx.Err() == nil {
		one := &shot{kind: "wait until " + what, gateway: g.gateway, raw: raw(), method: http.MethodGet, alone: true}
		r, _, err := one.fire(ctx, nil)
		s.count(g.mode, one, r)
		if last = r.status; err == nil && last == status {
			return nil
		}
		wait(ctx, 20*time.Millisecond)
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return nil
	}
	return fmt.Errorf("not within %v: %s: the status is %d", reloads, what, last)
}

func (s *soak) mode(name string) *guarded {
	for _, g := range s.gateways {
		if g.mode == name {
			return g
		}
	}
	return nil
}

func (s *soak) get(path string, headers ...string) []byte {
	return message(http.MethodGet, contextPath+path, nil, headers...)
}

func keyHeader(key string) string { return "X-API-KEY: " + key }

// bearerOf is a user's token, of the provider's present key.
func (s *soak) bearerOf(user string) string {
	return "Authorization: Bearer " + s.secrets.token(user, s.around.provider.look().state/2)
}
