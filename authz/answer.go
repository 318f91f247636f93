package authz

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxReason bounds, in bytes, what a policy can make the gateway say.
const maxReason = 512

// illegible is the answer to a request that a policy could only see altered.
var illegible = Decision{Reason: "the request is not UTF-8"}

// dataRules are the rules that narrow what is answered, by their names in the
// entrypoint package. No engine of this build enforces them, so a policy that
// has one is refused: served without it, it would give away what it hides.
var dataRules = []string{"feature_visible", "feature_writable", "masked_properties"}

// reasonOf is the text of a reason: what is not a string is none. Control
// characters go, because the text reaches logs and headers.
func reasonOf(value any) string {
	text, _ := value.(string)
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, text)
	if len(text) <= maxReason {
		return text
	}
	cut := maxReason
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut]
}

// unavailable is the error of an engine that has no answer. A try soon after
// makes sense only where the cause can pass by itself.
func unavailable(cause Cause, err error) *Unavailable {
	retry := 30 * time.Second
	if cause == CauseDeadline || cause == CauseRemote {
		retry = time.Second
	}
	return &Unavailable{Cause: cause, RetryAfter: retry, Err: err}
}

// late is the cause of a decision that was cut short, by the deadline or
// because the client has gone.
func late(ctx context.Context) *Unavailable {
	return unavailable(CauseDeadline, errors.Join(errors.New("the decision was cut short"), context.Cause(ctx)))
}
