package authn

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// timeZero is a time that does not matter.
var timeZero = time.Time{}

// A pipeListener lets a real server and a real client talk through memory, so
// that the clock of a synctest bubble can run ahead.
type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { l.once.Do(func() { close(l.done) }); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "memory"} }

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// inBubble runs test with an issuer inside a bubble with a clock of its own.
func inBubble(t *testing.T, test func(t *testing.T, iss *issuer)) {
	synctest.Test(t, func(t *testing.T) {
		iss := &issuer{}
		l := &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
		server := &http.Server{Handler: iss, ReadHeaderTimeout: time.Minute}
		go func() { _ = server.Serve(l) }()
		transport := &http.Transport{DialContext: l.dial, DisableKeepAlives: true}
		defer func() {
			_ = server.Close()
			synctest.Wait()
		}()
		iss.start(t, "http://issuer.example", &http.Client{Transport: transport}, nil)
		test(t, iss)
	})
}

// runs starts the refreshing of a key set, and stops it at the end.
func runs(t *testing.T, set *KeySet) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { set.Run(ctx); close(done) }()
	synctest.Wait()
	return func() { cancel(); <-done }
}

// Attack: random key ids and bad signatures make the gateway hammer the issuer (CVE-2025-22149).
func TestFloodFetchesAtMostOncePerInterval(t *testing.T) {
	inBubble(t, func(t *testing.T, iss *issuer) {
		good, evil := newSigner(t, "EdDSA", "good"), newSigner(t, "EdDSA", "good")
		iss.publish(t, good)
		set := iss.keySetWith(t, KeySetConfig{Interval: 5 * time.Second})
		defer runs(t, set)()
		j := newVerifier(t, JWTConfig{Keys: set})
		begin := time.Now()
		payload := toJSON(t, goodClaims(iss.url))
		signed := strings.Split(evil.sign(t, `{"alg":"EdDSA","kid":"good"}`, payload), ".")

		var flood sync.WaitGroup
		for n := range 10_000 {
			flood.Go(func() {
				random := encode(fmt.Sprintf(`{"alg":"EdDSA","kid":"random-%d"}`, n)) + "." + signed[1] + "." + signed[2]
				_, err := j.Authenticate(bearer(random))
				if got := outcome(err); got != "invalid key" && got != "unavailable" {
					t.Errorf("a random key id: %s", got)
				}
				_, err = j.Authenticate(bearer(strings.Join(signed, ".")))
				wantOutcome(t, err, "invalid signature")
			})
			if n%1000 == 0 {
				synctest.Wait()
				_, err := j.Authenticate(bearer(good.token(t, goodClaims(iss.url))))
				wantOutcome(t, err, "ok") // a good token is not held up
				time.Sleep(time.Second)
			}
		}
		flood.Wait()
		most := int64(time.Since(begin)/(5*time.Second)) + 1
		if got := iss.keyReads.Load(); got < 2 || got > most {
			t.Errorf("%d fetches in %s, want 2 to %d", got, time.Since(begin), most)
		}
	})
}

func TestRotationUnderAFloodRefusesNoGoodToken(t *testing.T) {
	inBubble(t, func(t *testing.T, iss *issuer) {
		older, newer := newSigner(t, "EdDSA", "old"), newSigner(t, "EdDSA", "new")
		iss.publish(t, older)
		set := iss.keySetWith(t, KeySetConfig{Interval: 5 * time.Second})
		defer runs(t, set)()
		j := newVerifier(t, JWTConfig{Keys: set})

		time.Sleep(time.Second) // inside the interval: nothing may be fetched yet
		iss.publish(t, older, newer)
		begin := time.Now()
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				_, err := j.Authenticate(bearer(newer.token(t, goodClaims(iss.url))))
				wantOutcome(t, err, "ok")
			})
		}
		synctest.Wait()
		for n := range 500 {
			all.Go(func() {
				random := older.with(object{"kid": fmt.Sprint("random-", n)})
				_, err := j.Authenticate(bearer(random.token(t, goodClaims(iss.url))))
				if got := outcome(err); got != "invalid key" && got != "unavailable" {
					t.Errorf("a random key id: %s", got)
				}
			})
		}
		synctest.Wait()
		// Nobody else may wait, so this one is told to come again, and not that it is bad.
		_, err := j.Authenticate(bearer(newer.token(t, goodClaims(iss.url))))
		if failed := wantError(t, err); failed.Failure != Unavailable || failed.RetryAfter != 4*time.Second {
			t.Errorf("got %v, retry after %s", err, failed.RetryAfter)
		}
		all.Wait()
		if waited := time.Since(begin); waited != 4*time.Second {
			t.Errorf("waited %s for the next fetch, want 4s", waited)
		}
		if got := iss.keyReads.Load(); got != 2 {
			t.Errorf("%d fetches, want 2", got)
		}
	})
}

func TestKeyThatAppearsDuringAFetchIsFoundInTheNext(t *testing.T) {
	inBubble(t, func(t *testing.T, iss *issuer) {
		older, newer := newSigner(t, "EdDSA", "old"), newSigner(t, "EdDSA", "new")
		iss.publish(t, older)
		set := iss.keySetWith(t, KeySetConfig{Interval: 5 * time.Second, MaxAge: 20 * time.Second})
		defer runs(t, set)()
		j := newVerifier(t, JWTConfig{Keys: set})
		iss.delay.Store(int64(2 * time.Second))
		time.Sleep(11 * time.Second) // the fetch at 10 s is under way, with the old set
		iss.publish(t, older, newer)
		_, err := j.Authenticate(bearer(newer.token(t, goodClaims(iss.url))))
		wantOutcome(t, err, "ok")
		if got := iss.keyReads.Load(); got != 3 {
			t.Errorf("%d fetches, want 3", got)
		}
	})
}

func wantError(t *testing.T, err error) *Error {
	t.Helper()
	failed := &Error{}
	if !errors.As(err, &failed) {
		t.Fatalf("got %v, want an *Error", err)
	}
	return failed
}

func TestRemovedKeyDiesWithinMaxAge(t *testing.T) {
	for _, background := range []bool{true, false} {
		inBubble(t, func(t *testing.T, iss *issuer) {
			gone, stays := newSigner(t, "EdDSA", "gone"), newSigner(t, "EdDSA", "stays")
			iss.publish(t, gone, stays)
			set := iss.keySetWith(t, KeySetConfig{MaxAge: 10 * time.Minute})
			if background {
				defer runs(t, set)()
			}
			j := newVerifier(t, JWTConfig{Keys: set})
			token := gone.token(t, goodClaims(iss.url))
			_, err := j.Authenticate(bearer(token))
			wantOutcome(t, err, "ok")

			iss.publish(t, stays)
			time.Sleep(10 * time.Minute)
			synctest.Wait()
			_, err = j.Authenticate(bearer(token))
			wantOutcome(t, err, "invalid key")
			_, err = j.Authenticate(bearer(stays.token(t, goodClaims(iss.url))))
			wantOutcome(t, err, "ok")
		})
	}
}

func TestSetThatLosesAllItsKeysKillsThem(t *testing.T) {
	inBubble(t, func(t *testing.T, iss *issuer) {
		key := newSigner(t, "EdDSA", "k")
		iss.publish(t, key)
		set := iss.keySet(t)
		defer runs(t, set)()
		j := newVerifier(t, JWTConfig{Keys: set})
		token := key.token(t, goodClaims(iss.url))
		_, err := j.Authenticate(bearer(token))
		wantOutcome(t, err, "ok")

		iss.publish(t)
		time.Sleep(10 * time.Minute)
		_, err = j.Authenticate(bearer(token))
		wantOutcome(t, err, "unavailable")
		if set.Ready() == nil {
			t.Error("ready without a key")
		}
	})
}

func TestOutageIsOutlivedUntilTheCeiling(t *testing.T) {
	inBubble(t, func(t *testing.T, iss *issuer) {
		key, unknown := newSigner(t, "EdDSA", "k"), newSigner(t, "EdDSA", "unknown")
		iss.publish(t, key)
		var failures atomic.Int64
		set := iss.keySetWith(t, KeySetConfig{MaxAge: 10 * time.Minute, Ceiling: time.Hour, OnFetch: func(err error) {
			if err != nil {
				failures.Add(1)
			}
		}})
		defer runs(t, set)()
		j := newVerifier(t, JWTConfig{Keys: set})
		claims := change(goodClaims(iss.url), object{"exp": time.Now().Add(24 * time.Hour).Unix()})
		token := key.token(t, claims)

		iss.status.Store(http.StatusBadGateway)
		time.Sleep(59 * time.Minute)
		_, err := j.Authenticate(bearer(token))
		wantOutcome(t, err, "ok")
		if err := set.Ready(); err != nil {
			t.Errorf("not ready with the last good set: %v", err)
		}
		if failures.Load() == 0 {
			t.Error("the failed fetches were not told")
		}
		_, err = j.Authenticate(bearer(unknown.token(t, claims)))
		if failed := wantError(t, err); failed.Failure != Unavailable || failed.RetryAfter < time.Second {
			t.Errorf("an unknown key in an outage: %v, retry after %s", err, failed.RetryAfter)
		}

		time.Sleep(2 * time.Minute)
		_, err = j.Authenticate(bearer(token))
		wantOutcome(t, err, "unavailable")
		if set.Ready() == nil {
			t.Error("ready beyond the ceiling")
		}

		iss.status.Store(http.StatusOK)
		time.Sleep(maxBackoff + time.Second)
		if err := set.Ready(); err != nil {
			t.Errorf("not ready after the outage: %v", err)
		}
		_, err = j.Authenticate(bearer(token))
		wantOutcome(t, err, "ok")
	})
}

func TestIssuerThatIsDownAtStartIsTriedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, iss *issuer) {
		key := newSigner(t, "EdDSA", "k")
		iss.publish(t, key)
		iss.status.Store(http.StatusServiceUnavailable)
		discovery, err := NewDiscovery(iss.url+wellKnownSuffix, "", iss.client)
		if err != nil {
			t.Fatal(err)
		}
		set := iss.keySetWith(t, KeySetConfig{Discovery: discovery})
		j := newVerifier(t, JWTConfig{Keys: set})
		defer runs(t, set)()
		if set.Ready() == nil || discovery.Ready() == nil {
			t.Error("ready while the issuer is down")
		}
		token := key.token(t, change(goodClaims(iss.url), object{"exp": time.Now().Add(24 * time.Hour).Unix()}))
		_, err = j.Authenticate(bearer(token))
		if failed := wantError(t, err); failed.Failure != Unavailable || failed.RetryAfter < time.Second {
			t.Errorf("got %v, retry after %s", err, failed.RetryAfter)
		}

		time.Sleep(time.Hour)
		reads := iss.docReads.Load()
		if reads < 50 || reads > 80 {
			t.Errorf("%d tries in an hour, want about one a minute", reads)
		}
		iss.status.Store(http.StatusOK)
		time.Sleep(maxBackoff)
		synctest.Wait()
		_, err = j.Authenticate(bearer(token))
		wantOutcome(t, err, "ok")
		if err := errors.Join(set.Ready(), discovery.Ready()); err != nil {
			t.Error(err)
		}
	})
}

func TestWaitingForAKeyEndsWithTheRequest(t *testing.T) {
	inBubble(t, func(t *testing.T, iss *issuer) {
		key := newSigner(t, "EdDSA", "k")
		iss.publish(t, key)
		set := iss.keySet(t)
		defer runs(t, set)()
		j := newVerifier(t, JWTConfig{Keys: set})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin := time.Now()
		_, err := j.Authenticate(bearer(key.with(object{"kid": "unknown"}).token(t, goodClaims(iss.url))).WithContext(ctx))
		wantOutcome(t, err, "unavailable")
		if waited := time.Since(begin); waited != time.Second {
			t.Errorf("waited %s", waited)
		}
	})
}

func TestTokenThatIsRefusedAnywayCostsNoFetch(t *testing.T) {
	key := newSigner(t, "EdDSA", "k")
	iss := newIssuer(t, key)
	set := iss.keySet(t)
	j := newVerifier(t, JWTConfig{Keys: set, Issuer: iss.url})
	_, err := j.Authenticate(bearer(key.token(t, goodClaims(iss.url))))
	wantOutcome(t, err, "ok")
	unknown := key.with(object{"kid": "unknown"})
	for _, changes := range []object{{"exp": 1}, {"iss": "https://other.example"}} {
		_, err := j.Authenticate(bearer(unknown.token(t, change(goodClaims(iss.url), changes))))
		if failed := wantError(t, err); failed.Failure != Invalid {
			t.Errorf("got %v", err)
		}
	}
	if n := iss.keyReads.Load(); n != 1 {
		t.Errorf("%d fetches, want 1", n)
	}
}

func TestKeySetConfigurationThatCannotWorkIsRefused(t *testing.T) {
	const good = "https://issuer.example/keys"
	for name, cfg := range map[string]KeySetConfig{
		"no source":              {},
		"two sources":            {URL: good, Discovery: &Discovery{}},
		"not a URL":              {URL: "issuer.example/keys"},
		"another scheme":         {URL: "file:///etc/passwd"},
		"a password in the URL":  {URL: "https://user:secret@issuer.example/keys"},
		"a fragment":             {URL: good + "#x"},
		"no host":                {URL: "https:///keys"},
		"a negative interval":    {URL: good, Interval: -1},
		"max age under interval": {URL: good, Interval: time.Minute, MaxAge: time.Minute},
		"ceiling under max age":  {URL: good, MaxAge: time.Hour, Ceiling: time.Minute},
	} {
		_, err := NewKeySet(cfg)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, cfg := range map[string]JWTConfig{
		"no keys": {}, "an empty audience": {Keys: &KeySet{}, Audience: []string{""}}, "a negative cache": {Keys: &KeySet{}, CacheSize: -1},
	} {
		if _, err := NewJWT(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
