package authn

import "time"

// maxCredential bounds a credential before anything is made of it, in bytes:
// what parsers and hashes cost grows with what a stranger sends.
const maxCredential = 16 << 10

// minRetry is the least that a client is told to wait; Retry-After counts
// whole seconds (RFC 9110 section 10.2.3).
const minRetry = time.Second

func missing(detail string) error {
	return &Error{Failure: Missing, Check: "missing", Detail: detail}
}

func ambiguous(detail string) error {
	return &Error{Failure: Ambiguous, Check: "ambiguous", Detail: detail}
}

func invalid(check, detail string) error {
	return &Error{Failure: Invalid, Check: check, Detail: detail}
}

func unavailable(retry time.Duration, detail string, cause error) error {
	return &Error{Failure: Unavailable, Check: "unavailable", Detail: detail, RetryAfter: max(retry, minRetry), Err: cause}
}
