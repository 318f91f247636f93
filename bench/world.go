package main

import "sync"

// phase is one thing that changes while requests are under way: a state, and
// whether another is about to take its place, when either is right.
type phase struct {
	mu  sync.Mutex
	now moment
}

// moment is a phase as it was when it was looked at.
type moment struct {
	state    int
	settling bool
	epoch    int // grows with every beginning and end of a change
}

func (p *phase) look() moment {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

// begin says that from now on the old state and the next are both right.
func (p *phase) begin() { p.set(p.look().state, true) }

// end says that from now on only this state is right.
func (p *phase) end(state int) { p.set(state, false) }

func (p *phase) set(state int, settling bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = moment{state, settling, p.now.epoch + 1}
}

// world is everything around the gateways that changes.
type world struct {
	backend  phase // always state 0; settling while it is down
	issuer   phase // the same
	policy   phase // which of the two policies is in force
	keys     phase // the number of the key that comes and goes
	provider phase // the number of the signing key, see turnProvider
}

// sight is the whole world as it was before or after a request.
type sight struct{ backend, issuer, policy, keys, provider moment }

func (w *world) look() sight {
	return sight{w.backend.look(), w.issuer.look(), w.policy.look(), w.keys.look(), w.provider.look()}
}

// span is what is known about the time that a request took.
type span struct{ before, after sight }

// certain says that nothing of the thing changed from before to after, so that
// only one answer is right.
func (s span) certain(of func(sight) moment) bool {
	before := of(s.before)
	return before == of(s.after) && !before.settling
}

func ofBackend(s sight) moment  { return s.backend }
func ofIssuer(s sight) moment   { return s.issuer }
func ofPolicy(s sight) moment   { return s.policy }
func ofKeys(s sight) moment     { return s.keys }
func ofProvider(s sight) moment { return s.provider }
