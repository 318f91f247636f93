package ogcapi

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// ErrOutside is the answer for a path that is not below the context: 404.
var ErrOutside = errors.New("the path is outside the context")

// Ambiguous is a request that two parsers could read in two ways: 400.
type Ambiguous struct {
	What string // what was ambiguous, in words for the caller; nothing of the request in it unless quoted and cut
}

func (e *Ambiguous) Error() string { return e.What }

func ambiguous(format string, args ...any) error {
	return &Ambiguous{What: fmt.Sprintf(format, args...)}
}

// quoted shows a piece of a request safely: printable ASCII, and not much of it.
func quoted(s string) string {
	const longest = 40
	if len(s) > longest {
		s = s[:longest] + "..."
	}
	return strconv.QuoteToASCII(s)
}

// MethodNotAllowed is a method that no OGC API has, or that opens a tunnel or
// an echo (CONNECT, TRACE): 405.
type MethodNotAllowed struct {
	Allow []string // for the Allow header, RFC 9110 section 10.2.1
}

func (e *MethodNotAllowed) Error() string { return "the method is not allowed" }

// CatalogUnavailable means that the path cannot be read without the list of
// collections, and that there is none: 503.
type CatalogUnavailable struct {
	RetryAfter time.Duration // when the list is asked for again, at the earliest
	Err        error         // why the last attempt failed
}

func (e *CatalogUnavailable) Error() string {
	return fmt.Sprintf("the list of collections is unavailable: %v", e.Err)
}

func (e *CatalogUnavailable) Unwrap() error { return e.Err }
