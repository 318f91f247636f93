package proxy

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"github.com/geowarden/geowarden/ogcapi"
)

// exempt reports whether a request needs no credential: GET and HEAD of exactly
// the API definition, in one of the few forms that there are of it. An exemption
// is an exact path in its one reading, with its methods; never a prefix or a
// pattern (CVE-2025-54576, CVE-2026-41059). Any other parameter takes a
// credential: it would only get past what is kept.
func (p *Proxy) exempt(q *ogcapi.Request) bool {
	if !p.PublicOpenAPI || !slices.Equal(q.Segments, []string{"openapi"}) || q.Method != http.MethodGet && q.Method != http.MethodHead {
		return false
	}
	for name, values := range q.Query {
		if len(values) != 1 || !slices.Contains(publicForms[name], values[0]) {
			return false
		}
	}
	return true
}

// publicForms are the forms of the API definition that pygeoapi has.
var publicForms = map[string][]string{"f": {"json", "html"}, "ui": {"swagger", "redoc"}}

// publicAnswers holds the API definition as it was last served to the public.
// It is fetched once for all who ask, by a request of the gateway's own: a
// flood without a credential does not reach the back end, nobody shapes what
// others get, and a slow reader holds up nobody else.
type publicAnswers struct {
	kept    *lru.Cache[publicForm, *publicAnswer]
	flights singleflight.Group
	now     func() time.Time
}

// publicForm is what the answer depends on, and all that it depends on.
type publicForm struct{ public, query, accept string }

type publicAnswer struct {
	status int
	header http.Header
	body   []byte
	until  time.Time
}

const (
	publicKept    = 32
	publicFor     = 30 * time.Second
	publicFailed  = time.Second // how long a failure stands for all who ask
	publicTimeout = 30 * time.Second
)

func newPublicAnswers(now func() time.Time) (*publicAnswers, error) {
	kept, err := lru.New[publicForm, *publicAnswer](publicKept)
	return &publicAnswers{kept: kept, now: now}, err
}

// keep keeps an answer, and of the others the newest that there is room for.
func (a *publicAnswers) keep(form publicForm, fresh *publicAnswer, room int64) {
	a.kept.Add(form, fresh)
	for a.size() > room && a.kept.Len() > 1 {
		a.kept.RemoveOldest()
	}
}

func (a *publicAnswers) size() (sum int64) {
	for _, answer := range a.kept.Values() {
		sum += int64(len(answer.body))
	}
	return sum
}

// formOf is the form that a request asks for, in one spelling.
func formOf(pass *passage, h http.Header) publicForm {
	form := publicForm{public: pass.public.text, query: pass.asked.Query.Encode(), accept: "application/json"}
	if !pass.asked.Query.Has("f") && strings.Contains(h.Get("Accept"), "text/html") {
		form.accept = "text/html"
	}
	return form
}

// servePublic answers with what everybody gets.
func (p *Proxy) servePublic(w http.ResponseWriter, r *http.Request) {
	pass := passageOf(r)
	form := formOf(pass, r.Header)
	answer, ok := p.openapi.kept.Get(form)
	if !ok || !p.openapi.now().Before(answer.until) {
		fetched := p.openapi.flights.DoChan(form.public+" "+form.query+" "+form.accept, func() (any, error) { //nolint:contextcheck // it serves all who wait, and outlives each of them
			fresh := p.fetchPublic(form, pass)
			p.openapi.keep(form, fresh, heldAtOnce*p.held.size)
			return fresh, nil
		})
		select {
		case result := <-fetched:
			answer, _ = result.Val.(*publicAnswer)
		case <-r.Context().Done():
			p.fail(w, r, &upstreamError{problem: clientGone, err: r.Context().Err()})
			return
		}
	}
	if answer == nil || answer.status >= http.StatusInternalServerError {
		p.fail(w, r, &upstreamError{problem: badGateway("the API definition cannot be had from the back end"), err: errors.New("no public answer")})
		return
	}
	h := w.Header()
	for name, values := range answer.header {
		h[name] = slices.Clone(values)
	}
	p.CORS.apply(h, eventOf(r).origin)
	h.Set("X-Request-Id", eventOf(r).id)
	eventOf(r).tellRate(h)
	p.fixCaching(h, nobody)
	h.Set("Content-Length", strconv.Itoa(len(answer.body)))
	w.WriteHeader(answer.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(answer.body) // the caller is gone if it fails
	}
}

// fetchPublic asks the back end for a form of the API definition, on nobody's
// behalf and with nothing of any client's.
func (p *Proxy) fetchPublic(form publicForm, pass *passage) (answer *publicAnswer) {
	ctx, cancel := context.WithTimeout(context.Background(), publicTimeout)
	defer cancel()
	// With a server in its context, ReverseProxy tells a cut by a panic.
	ctx = context.WithValue(ctx, http.ServerContextKey, &http.Server{}) //nolint:gosec // it never listens
	ctx = context.WithValue(ctx, eventKey{}, &event{id: requestID(nil)})
	question := *pass.asked
	question.Method, question.RawQuery = http.MethodGet, form.query
	r := (&http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/"}, Header: http.Header{"Accept": {form.accept}}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}).WithContext(ctx)
	w := &heldAnswer{header: http.Header{}, most: p.held.size}
	defer func() {
		answer = w.answer(p.openapi.now(), recover() != nil)
	}()
	p.pass(r, &question, nobody, pass.public)
	p.upstream.ServeHTTP(finalOnly{w}, r)
	return nil
}

// heldAnswer keeps an answer in memory, up to a size.
type heldAnswer struct {
	most   int64
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *heldAnswer) Header() http.Header { return w.header }

func (w *heldAnswer) WriteHeader(status int) { w.status = status }

func (w *heldAnswer) Write(p []byte) (int, error) {
	if int64(w.body.Len()+len(p)) > w.most {
		return 0, errors.New("larger than what is held for the public")
	}
	return w.body.Write(p)
}

// answer is what is kept of it: for a while, and a failure for a moment.
func (w *heldAnswer) answer(now time.Time, broken bool) *publicAnswer {
	if broken || w.status == 0 {
		return &publicAnswer{status: http.StatusBadGateway, until: now.Add(publicFailed)}
	}
	for _, name := range []string{"Set-Cookie", "Date", "Cache-Control", "Vary", "X-Request-Id", "Trailer", "Content-Length"} {
		w.header.Del(name)
	}
	dropHeaders(w.header, cors)
	a := &publicAnswer{status: w.status, header: w.header, body: w.body.Bytes(), until: now.Add(publicFor)}
	if w.status != http.StatusOK {
		a.until = now.Add(publicFailed)
	}
	return a
}
