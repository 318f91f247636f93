// Package limits says how much is too much: how often one identity or one
// address may ask.
//
// It keeps its counts in this process, bounded in memory whoever asks, and
// refuses nothing itself: what is too much is told to the caller, in the words
// that the caller's answer needs. It keeps digests, never names or credentials.
package limits

import "time"

// Rate is a number of events in a period, all of which may come at once. The
// zero Rate is no limit.
type Rate struct {
	Events int
	Per    time.Duration
}

// Limiter says whether a key is within its rate. It is safe for simultaneous
// use. A store that several replicas share can take the place of Memory; one
// that cannot be reached answers for itself, and should answer no.
type Limiter interface {
	// Take counts an event of the key, if it is within the rate.
	Take(Key) Result
	// Look says what Take would, and counts nothing.
	Look(Key) Result
}

// Result is the answer about one key.
type Result struct {
	Allowed    bool
	Rate       Rate          // the rate that was applied
	Remaining  int           // events that may still come at once
	Reset      time.Duration // until all of them may, if none comes
	RetryAfter time.Duration // until the next one may; zero where Remaining is not
}

// Tighter returns the one of two results that leaves less: a refusal before
// what is allowed, then the fewer events, then the longer way back.
func Tighter(a, b Result) Result {
	switch {
	case a.Allowed != b.Allowed && b.Allowed, a.Allowed == b.Allowed && a.Remaining < b.Remaining:
		return a
	case a.Allowed == b.Allowed && a.Remaining == b.Remaining && a.Reset >= b.Reset:
		return a
	}
	return b
}
