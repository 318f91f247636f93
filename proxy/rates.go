package proxy

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5/middleware"

	"github.com/geowarden/geowarden/authn"
	"github.com/geowarden/geowarden/internal/limits"
)

// tooMany is a request beyond a rate (RFC 6585 section 4).
type tooMany struct {
	class      string
	retryAfter time.Duration
}

func (t *tooMany) Error() string { return t.class + ": beyond the rate" }

// within notes what is left of a rate, for the answer, and refuses what is
// beyond it.
func (ev *event) within(class string, res limits.Result) error {
	if ev.rate.Rate.Events == 0 {
		ev.rate = res
	} else {
		ev.rate = limits.Tighter(ev.rate, res)
	}
	if !res.Allowed {
		return &tooMany{class: class, retryAfter: res.RetryAfter}
	}
	return nil
}

// takeAddress counts a request of its address, whoever asks.
func (p *Proxy) takeAddress(r *http.Request) error {
	if p.PerAddress == nil {
		return nil
	}
	return eventOf(r).within("rate-address", p.PerAddress.Take(addressKey(r)))
}

// takeIdentity counts a request of somebody who is known. Its counters are
// told to nobody else: they are looked at only after the credential was.
func (p *Proxy) takeIdentity(r *http.Request, who *authn.Principal) error {
	if p.PerIdentity == nil || who.Kind == authn.Anonymous {
		return nil
	}
	return eventOf(r).within("rate-identity", p.PerIdentity.Take(limits.Name(string(who.Kind), who.Issuer, who.ID)))
}

// mayTry refuses a credential, unread, of an address that sent too many bad
// ones: a right guess among them must look like a wrong one.
func (p *Proxy) mayTry(r *http.Request) error {
	if p.Failures == nil || !bringsCredential(r.Header) {
		return nil
	}
	if res := p.Failures.Look(addressKey(r)); !res.Allowed {
		return eventOf(r).within("rate-failures", res)
	}
	return nil
}

// countFailure counts a credential that failed a check, and returns the error
// that is its answer. One that is missing, or that could not be checked, is
// nobody's guess. Of many that were under way together, those beyond the rate
// learn no more than one that was not read.
func (p *Proxy) countFailure(r *http.Request, err error) error {
	var failed *authn.Error
	if p.Failures == nil || !errors.As(err, &failed) || failed.Failure != authn.Invalid && failed.Failure != authn.Ambiguous {
		return err
	}
	if tooMany := eventOf(r).within("rate-failures", p.Failures.Take(addressKey(r))); tooMany != nil {
		return tooMany
	}
	return err
}

func addressKey(r *http.Request) limits.Key {
	return limits.Address(middleware.GetClientIPAddr(r.Context()))
}

// bringsCredential reports whether there is a header that the authenticator of
// some mode reads.
func bringsCredential(h http.Header) bool {
	return len(h["Authorization"]) > 0 || len(h["X-Api-Key"]) > 0
}

// tellRate writes what is left of the tightest rate that applied, in the
// headers of the IETF's draft on RateLimit fields up to its sixth version: they
// are what clients read. The back end's own would contradict them.
func (ev *event) tellRate(h http.Header) {
	if ev.rate.Rate.Events == 0 {
		return
	}
	for name := range h {
		if strings.HasPrefix(name, "Ratelimit") || strings.HasPrefix(name, "X-Ratelimit") {
			delete(h, name)
		}
	}
	limit := strconv.Itoa(ev.rate.Rate.Events)
	h.Set("RateLimit-Limit", limit)
	h.Set("RateLimit-Remaining", strconv.Itoa(ev.rate.Remaining))
	h.Set("RateLimit-Reset", wholeSeconds(ev.rate.Reset))
	h.Set("RateLimit-Policy", limit+";w="+wholeSeconds(ev.rate.Rate.Per))
}

// wholeSeconds rounds up: who waits so long has waited long enough.
func wholeSeconds(d time.Duration) string { return strconv.Itoa(int(math.Ceil(d.Seconds()))) }
