package proxy

import (
	"errors"
	"sync/atomic"
)

// inFlight counts the requests that are between the gate and the end of their
// answer. It is what bounds memory under a flood: everything that a request
// takes is taken behind it.
type inFlight struct{ n atomic.Int64 }

// enter counts one more, unless there are as many as may be; zero is no bound.
func (f *inFlight) enter(most int) bool {
	if n := f.n.Add(1); most > 0 && n > int64(most) {
		f.n.Add(-1)
		return false
	}
	return true
}

func (f *inFlight) leave() { f.n.Add(-1) }

// InFlight is how many requests are under way now.
func (p *Proxy) InFlight() int { return int(p.inFlight.n.Load()) }

// errOverloaded refuses a request at once, so that it does not wait for what
// the others hold.
var errOverloaded = errors.New("as many requests are under way as may be")
