package limits

import (
	"math"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// MaxKeys is how many keys a Memory counts at once. One more makes it forget
// the key that was quiet for longest, which then starts anew with its full
// rate: to win a second helping so, somebody must ask from as many keys in
// between.
const MaxKeys = 100_000

// Memory counts in this process: a token bucket a key, full at the beginning.
type Memory struct {
	rate    Rate
	now     func() time.Time
	buckets *lru.Cache[Key, *rate.Limiter]
}

// New returns a Limiter for a rate, with a clock (time.Now when nil). For no
// rate it returns nil, a Limiter that is none.
func New(r Rate, now func() time.Time) Limiter {
	if r.Events <= 0 || r.Per <= 0 {
		return nil
	}
	if now == nil {
		now = time.Now
	}
	buckets, _ := lru.New[Key, *rate.Limiter](MaxKeys) // it fails for no size only
	return &Memory{rate: r, now: now, buckets: buckets}
}

// Take counts an event of the key, if it is within the rate.
func (m *Memory) Take(k Key) Result {
	b, now := m.bucket(k), m.now()
	allowed := b.AllowN(now, 1)
	return m.result(b.TokensAt(now), allowed)
}

// Look says what Take would, and counts nothing.
func (m *Memory) Look(k Key) Result {
	b, ok := m.buckets.Get(k)
	if !ok {
		return m.result(float64(m.rate.Events), true)
	}
	tokens := b.TokensAt(m.now())
	return m.result(tokens, m.wait(tokens, 1) <= 0)
}

// Keys is how many keys are counted now.
func (m *Memory) Keys() int { return m.buckets.Len() }

// bucket returns the bucket of a key. Of two that begin one at once, both get
// the same.
func (m *Memory) bucket(k Key) *rate.Limiter {
	if b, ok := m.buckets.Get(k); ok {
		return b
	}
	fresh := rate.NewLimiter(rate.Limit(float64(m.rate.Events)/m.rate.Per.Seconds()), m.rate.Events)
	if b, ok, _ := m.buckets.PeekOrAdd(k, fresh); ok {
		return b
	}
	return fresh
}

func (m *Memory) result(tokens float64, allowed bool) Result {
	res := Result{
		Allowed:   allowed,
		Rate:      m.rate,
		Remaining: max(0, int(math.Floor(tokens))),
		Reset:     m.wait(tokens, float64(m.rate.Events)),
	}
	if !allowed {
		res.Remaining = 0
		res.RetryAfter = max(m.wait(tokens, 1), 1)
	} else if res.Remaining == 0 {
		res.RetryAfter = m.wait(tokens, 1)
	}
	return res
}

// wait is how long it takes from so many tokens to as many as are wanted.
func (m *Memory) wait(tokens, wanted float64) time.Duration {
	if tokens >= wanted {
		return 0
	}
	return time.Duration((wanted - tokens) / float64(m.rate.Events) * float64(m.rate.Per))
}
