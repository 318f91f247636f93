// Package limits says how much is too much: how often one identity or address
// may ask, and how many requests may be under way at once.
//
// It keeps its counts in this process, bounded in memory whoever asks, and
// answers nothing itself: what is too much is told to the caller.
package limits

import "time"

// Rate is a number of events in a period, all of which may come at once. The
// zero Rate is no limit.
type Rate struct {
	Events int
	Per    time.Duration
}
