//go:build e2e

package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// clock is the clock of a peer under libfaketime, which can be set while it runs.
// The gateway's own cannot be: Go asks the kernel and no library for the time.
type clock struct{ file string }

// newClock is a clock that goes right, and the environment of whoever goes by it.
func newClock(t *testing.T) (c *clock, env []string) {
	t.Helper()
	c = &clock{filepath.Join(must[string](t)(filepath.Abs(t.TempDir())), "clock")}
	c.set(t, 0)
	t.Cleanup(sweepClocks)
	return c, []string{
		"LD_PRELOAD=" + must[string](t)(faketime()), "FAKETIME_TIMESTAMP_FILE=" + c.file, "FAKETIME_CACHE_DURATION=1", "NO_FAKE_STAT=1",
		// What is waited for goes by another clock, and must: a JVM waits in a loop else.
		"FAKETIME_DONT_FAKE_MONOTONIC=1", "DONT_FAKE_MONOTONIC=1", "FAKETIME_FORCE_MONOTONIC_FIX=0",
	}
}

// sweepClocks removes what libfaketime leaves in shared memory of programs that
// were killed.
func sweepClocks() {
	for _, kind := range []string{"/dev/shm/faketime_shm_", "/dev/shm/sem.faketime_sem_"} {
		left, _ := filepath.Glob(kind + "*")
		for _, name := range left {
			if _, err := os.Stat("/proc/" + strings.TrimPrefix(name, kind)); os.IsNotExist(err) {
				_ = os.Remove(name)
			}
		}
	}
}

func (c *clock) set(t *testing.T, ahead time.Duration) {
	t.Helper()
	write(t, c.file, fmt.Sprintf("%+ds\n", int(ahead.Seconds())))
}

// issued is when a token says that it was, as how far that is ahead of this
// machine's clock.
func issued(t *testing.T, token string) time.Duration {
	t.Helper()
	payload := must[[]byte](t)(base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1]))
	var claims struct{ IAT int64 }
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return time.Until(time.Unix(claims.IAT, 0))
}

// tokenAt signs somebody in while Keycloak's clock is so far ahead.
func (k *keycloak) tokenAt(t *testing.T, c *clock, ahead time.Duration, user string) (token string) {
	t.Helper()
	c.set(t, ahead)
	until(t, fmt.Sprintf("Keycloak's clock is %v ahead", ahead), func() error {
		began := time.Now()
		token = k.user(t, user)
		if off := issued(t, token) - ahead; off > 2*time.Second || off < -2*time.Second-time.Since(began) {
			return fmt.Errorf("it is off by %v", off)
		}
		return nil
	})
	return token
}
