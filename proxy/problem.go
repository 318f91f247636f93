package proxy

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/geowarden/geowarden/authn"
	"github.com/geowarden/geowarden/authz"
	"github.com/geowarden/geowarden/ogcapi"
)

// problem is the one body of every error, with the members that each family of
// clients reads: type, title, status and detail (RFC 9457); code and
// description (the OGC exception schema, pygeoapi); code, message and id
// (openEO); detail and message (fastgeoapi).
type problem struct {
	Type        string `json:"type"`
	Title       string `json:"title"`
	Status      int    `json:"status"`
	Detail      string `json:"detail"`
	Code        string `json:"code"`
	Description string `json:"description"`
	Message     string `json:"message"`
	ID          string `json:"id"`

	challenge  string        // WWW-Authenticate
	retryAfter time.Duration // Retry-After
	allow      string        // Allow
	class      string        // why, in one word, for the log
}

// fail answers a request with an error. It is the only place that does.
func (p *Proxy) fail(w http.ResponseWriter, r *http.Request, err error) {
	ev := eventOf(r)
	pr := p.problemOf(err)
	ev.failed(pr.class, err)

	pr.Type, pr.Title, pr.Description, pr.ID = "about:blank", http.StatusText(pr.Status), pr.Detail, ev.id
	if pr.Title == "" {
		pr.Title = pr.Code
	}
	if pr.Message == "" {
		pr.Message = pr.Title
	}
	h := w.Header()
	clear(h) // nothing of a half-made answer
	refuseBody(w, r)
	p.CORS.apply(h, ev.origin)
	h.Set("X-Request-Id", ev.id)
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Add("Vary", "Authorization, X-API-KEY, Cookie, Origin")
	for name, value := range map[string]string{"WWW-Authenticate": pr.challenge, "Allow": pr.allow} {
		if value != "" {
			h.Set(name, value)
		}
	}
	ev.tellRate(h)
	if pr.Status == http.StatusServiceUnavailable || pr.Status == http.StatusTooManyRequests {
		h.Set("Retry-After", wholeSeconds(max(pr.retryAfter, time.Second)))
	}
	body, err := json.Marshal(pr)
	if err != nil { // strings and a number: it cannot
		body = []byte(`{"status":500}`)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(pr.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the caller is gone if it fails
	}
}

// problemOf is the one mapping from errors to answers.
func (p *Proxy) problemOf(err error) problem {
	var (
		who         *authn.Error
		ambiguous   *ogcapi.Ambiguous
		method      *ogcapi.MethodNotAllowed
		no          *denied
		noCatalog   *ogcapi.CatalogUnavailable
		noDecision  *authz.Unavailable
		upstreamErr *upstreamError
		many        *tooMany
	)
	switch {
	case errors.Is(err, errOverloaded), errors.Is(err, errHeld):
		return problem{Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable", Detail: "the gateway has as much to do as it takes on: " + err.Error(), class: "overloaded"}
	case errors.As(err, &many):
		return problem{Status: http.StatusTooManyRequests, Code: "TooManyRequests", Detail: tooManyDetail(many.class), retryAfter: many.retryAfter, class: many.class}
	case errors.As(err, &ambiguous):
		return problem{Status: http.StatusBadRequest, Code: "InvalidParameterValue", Detail: ambiguous.What, class: "ambiguous"}
	case errors.As(err, &method):
		return problem{Status: http.StatusMethodNotAllowed, Code: "MethodNotAllowed", Detail: "the method is not one that this gateway forwards", allow: strings.Join(method.Allow, ", "), class: "method"}
	case errors.Is(err, ogcapi.ErrOutside):
		return problem{Status: http.StatusNotFound, Code: "NotFound", Detail: "nothing is served here; the API is below " + p.Context, class: "outside"}
	case errors.Is(err, errForeignTarget):
		return problem{Status: http.StatusBadRequest, Code: "InvalidParameterValue", Detail: "the request target names another host than this gateway", class: "foreign-target"}
	case errors.As(err, &who):
		return p.unauthenticated(who)
	case errors.As(err, &no):
		return p.forbidden(no)
	case errors.As(err, &noCatalog):
		return problem{Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable", Detail: "the back end's list of collections is out of reach, and this path cannot be read without it", retryAfter: noCatalog.RetryAfter, class: "no-collections"}
	case errors.As(err, &noDecision):
		return problem{Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable", Detail: noDecisionDetail(noDecision.Cause), retryAfter: noDecision.RetryAfter, class: string(noDecision.Cause)}
	case errors.As(err, &upstreamErr):
		return upstreamErr.problem
	}
	return problem{Status: http.StatusInternalServerError, Code: "InternalError", Detail: "the gateway failed; its log says more under this id", class: "internal"}
}

// unauthenticated is the answer to a credential that is missing or bad.
func (p *Proxy) unauthenticated(e *authn.Error) problem {
	out := problem{Status: http.StatusUnauthorized, Detail: e.Detail, Message: p.Scheme.Message, challenge: p.Scheme.Challenge, class: "authn-" + e.Check}
	switch e.Failure {
	case authn.Ambiguous:
		return problem{Status: http.StatusBadRequest, Code: "InvalidParameterValue", Detail: e.Detail, class: "authn-" + e.Check}
	case authn.Unavailable:
		return problem{Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable", Detail: e.Detail, retryAfter: e.RetryAfter, class: "authn-" + e.Check}
	case authn.Missing:
		out.Code = "AuthenticationRequired"
	default:
		out.Code = "TokenInvalid"
		if !strings.HasPrefix(out.challenge, "Bearer") {
			out.Code = "CredentialsInvalid"
			break
		}
		// RFC 6750 section 3.1
		out.challenge += `, error="invalid_token", error_description="` + quotable(e.Detail) + `"`
	}
	return out
}

// forbidden is the answer to a no.
func (p *Proxy) forbidden(no *denied) problem {
	detail := no.Reason
	if detail == "" {
		detail = "the policy does not allow this"
	}
	if no.anonymous && p.Scheme.Challenge != "" {
		return problem{Status: http.StatusUnauthorized, Code: "AuthenticationRequired", Detail: detail, Message: p.Scheme.Message, challenge: p.Scheme.Challenge, class: "denied-anonymous"}
	}
	out := problem{Status: http.StatusForbidden, Code: "PermissionsInsufficient", Detail: detail, class: "denied"}
	if len(no.MissingScopes) > 0 {
		out.class = "denied-scope"
		out.challenge = p.Scheme.Challenge + `, error="insufficient_scope", scope="` + quotable(strings.Join(no.MissingScopes, " ")) + `"`
	}
	return out
}

// quotable keeps what may stand in a quoted string (RFC 9110 section 5.6.4).
func quotable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return '\''
		}
		return r
	}, s)
}

func tooManyDetail(class string) string {
	switch class {
	case "rate-failures":
		return "too many bad credentials came from this address: none is looked at for a while"
	case "rate-identity":
		return "too many requests of this identity"
	case "rate-in-flight":
		return "too many requests from this address are under way"
	}
	return "too many requests from this address"
}

func noDecisionDetail(c authz.Cause) string {
	switch c {
	case authz.CauseRemote:
		return "the policy engine is out of reach"
	case authz.CauseDeadline:
		return "the policy took too long to decide"
	}
	return "the policy could not decide"
}

// upstreamError is a failure between the gateway and the back end, with its
// answer.
type upstreamError struct {
	problem
	err error
}

func (e *upstreamError) Error() string { return e.err.Error() }

func (e *upstreamError) Unwrap() error { return e.err }

// clientGone is for the log only: nobody is there to read it.
var clientGone = problem{Status: 499, Code: "ClientClosedRequest", Detail: "the client went away", class: "client-gone"}

func badGateway(detail string) problem {
	return problem{Status: http.StatusBadGateway, Code: "BadGateway", Detail: detail, class: "upstream"}
}

// upstreamFailed answers when the back end gave no usable answer.
func (p *Proxy) upstreamFailed(w http.ResponseWriter, r *http.Request, err error) {
	var timeout net.Error
	var unfit *unreadable
	pr := badGateway("the back end is out of reach")
	pass, ev := passageOf(r), eventOf(r)
	switch {
	case errors.Is(err, errHeld):
		p.fail(w, r, err)
		return
	case ev.body != nil && ev.body.stalled.Load():
		pr = problem{Status: http.StatusRequestTimeout, Code: "RequestTimeout", Detail: "the request's body did not go on", class: "client-stalled"}
	case pass != nil && pass.body.failed.Load():
		pr = problem{Status: http.StatusBadRequest, Code: "InvalidParameterValue", Detail: "the request's body could not be read: it is malformed or was cut", class: "client-body"}
	case errors.Is(err, context.Canceled):
		pr = clientGone
	case errors.As(err, &unfit):
		pr.Detail = unfit.why
	case errors.Is(err, errTunnel):
		pr.Detail = err.Error()
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		pr = problem{Status: http.StatusGatewayTimeout, Code: "GatewayTimeout", Detail: "the back end took too long to answer", class: "upstream-timeout"}
	}
	p.fail(w, r, &upstreamError{problem: pr, err: err})
}
