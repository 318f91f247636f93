package proxy

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5/middleware"

	"github.com/geowarden/geowarden/authn"
	"github.com/geowarden/geowarden/authz"
	"github.com/geowarden/geowarden/ogcapi"
)

// passage is what is known of a request once it was admitted. Only a request
// that has one is forwarded.
type passage struct {
	asked  *ogcapi.Request
	who    *authn.Principal
	public *address // the gateway's, as this caller sees it
	body   *clientBody

	exempt bool // admitted without a credential

	seen map[string][]string // the headers that the policy saw
}

func passageOf(r *http.Request) *passage { return eventOf(r).pass }

// gate stands in front of the back end. An admitted request goes through; any
// other is answered here, in one place.
func (p *Proxy) gate(w http.ResponseWriter, r *http.Request) {
	leave, err := p.enter(r)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	defer leave()
	client := p.watch(w, r)
	defer client.finish()
	w = client
	if err := p.admit(r); err != nil {
		p.fail(w, r, err)
		return
	}
	if passageOf(r).exempt {
		p.servePublic(w, r)
		return
	}
	p.forward(w, r)
}

// forward hands an admitted request to the back end, and its answer back.
func (p *Proxy) forward(w http.ResponseWriter, r *http.Request) {
	eventOf(r).forwarded = p.Now()
	p.upstream.ServeHTTP(finalOnly{w}, r)
}

// admit is the whole decision on a request: what is asked, who asks, may they.
// It gives the request its passage, or returns the error that becomes the
// answer. Nothing about the resource is told before the caller is known.
func (p *Proxy) admit(r *http.Request) error {
	if err := p.takeAddress(r); err != nil {
		return err
	}
	ev := eventOf(r)
	public, err := p.addressFor(r)
	if err != nil {
		return err
	}
	asked, err := ogcapi.Parse(r, p.Context)
	if err != nil {
		return err
	}
	ev.asked = asked
	if p.exempt(asked) {
		ev.who, ev.decision = nobody, "public"
		p.pass(r, asked, nobody, public)
		return nil
	}
	who, err := p.authenticate(r)
	if err != nil {
		return err
	}
	if err := p.resolve(r, asked); err != nil {
		return err
	}
	if err := p.decide(r, who, asked); err != nil {
		return err
	}
	p.pass(r, asked, who, public)
	return nil
}

// nobody asks where no credential is needed.
var nobody = &authn.Principal{Kind: authn.Anonymous}

// authenticate asks the authenticator and notes who it is.
func (p *Proxy) authenticate(r *http.Request) (*authn.Principal, error) {
	if err := p.mayTry(r); err != nil {
		return nil, err
	}
	start, ev := p.Now(), eventOf(r)
	who, err := p.Authn.Authenticate(r)
	ev.authn, ev.who = p.Now().Sub(start), who
	if err != nil {
		return nil, p.countFailure(r, err)
	}
	return who, p.takeIdentity(r, who)
}

// resolve settles which collection is meant.
func (p *Proxy) resolve(r *http.Request, asked *ogcapi.Request) error {
	start := p.Now()
	err := p.Resolver.Resolve(r.Context(), asked)
	eventOf(r).resolve = p.Now().Sub(start)
	return err
}

// decide asks the authorizer and notes its answer beside the question, so that
// no decision goes unrecorded.
func (p *Proxy) decide(r *http.Request, who *authn.Principal, asked *ogcapi.Request) error {
	start := p.Now()
	dec, err := p.Authz.Decide(r.Context(), authz.Input{
		Principal: who,
		Request:   asked,
		ClientIP:  middleware.GetClientIPAddr(r.Context()),
		Header:    p.policyHeader(r.Header),
		Time:      start,
	})
	eventOf(r).decided(dec, err, p.Now().Sub(start))
	if err != nil {
		return err
	}
	if !dec.Allow {
		return &denied{Decision: dec, anonymous: who.Kind == authn.Anonymous}
	}
	return nil
}

// denied is a no of the authorizer. Somebody who is not signed in is asked to.
type denied struct {
	authz.Decision
	anonymous bool
}

func (d *denied) Error() string { return "denied: " + d.Reason }

// policyHeader picks the headers that the configuration lets a policy see.
func (p *Proxy) policyHeader(h http.Header) map[string][]string {
	if len(p.PolicyHeaders) == 0 {
		return nil
	}
	seen := make(map[string][]string, len(p.PolicyHeaders))
	for _, name := range p.PolicyHeaders {
		if values := h.Values(name); len(values) > 0 {
			seen[strings.ToLower(name)] = values
		}
	}
	return seen
}

// pass lets a request through: without a passage none is forwarded.
func (p *Proxy) pass(r *http.Request, asked *ogcapi.Request, who *authn.Principal, public *address) {
	pass := &passage{
		asked: asked, who: who, public: public,
		body: &clientBody{ReadCloser: r.Body},
	}
	if pass.exempt = p.exempt(asked); !pass.exempt {
		pass.seen = p.policyHeader(r.Header)
	}
	eventOf(r).pass = pass
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = pass.body
	}
}
