package proxy

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/go-chi/chi/v5/middleware"

	"github.com/geowarden/geowarden/internal/limits"
)

// inFlight counts the requests that are between the gate and the end of their
// answer, in all and of each address. It is what bounds memory under a flood:
// everything that a request takes is taken behind it. No address has all the
// places: over HTTP/2, a few connections that read nothing would fill them.
type inFlight struct {
	most, share int // in all, and of one address; zero is no bound

	mu   sync.Mutex
	n    int
	each map[limits.Key]int
}

// enter counts one more and returns how to give its place back, once, or says
// whose places are taken.
func (f *inFlight) enter(of limits.Key, counted bool) (leave func(), err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	counted = counted && f.share > 0
	switch {
	case f.most > 0 && f.n >= f.most:
		return nil, errOverloaded
	case counted && f.each[of] >= f.share:
		return nil, &tooMany{class: "rate-in-flight", retryAfter: time.Second}
	}
	f.n++
	if counted {
		f.each[of]++
	}
	return func() { f.leave(of, counted) }, nil
}

func (f *inFlight) leave(of limits.Key, counted bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n--
	if counted {
		if f.each[of]--; f.each[of] == 0 {
			delete(f.each, of)
		}
	}
}

// enter takes a place for a request. A trusted proxy that does not say for whom
// it asks asks for many, and has no share of its own.
func (p *Proxy) enter(r *http.Request) (leave func(), err error) {
	addr := middleware.GetClientIPAddr(r.Context())
	return p.inFlight.enter(limits.Address(addr), addr.IsValid() && !p.peers.hold(addr))
}

// InFlight is how many requests are under way now.
func (p *Proxy) InFlight() int {
	p.inFlight.mu.Lock()
	defer p.inFlight.mu.Unlock()
	return p.inFlight.n
}

// errOverloaded refuses a request at once, so that it does not wait for what
// the others hold.
var errOverloaded = errors.New("as many requests are under way as may be")
