package proxy

import (
	"net/http"
	"sync/atomic"
	"time"
)

// bound holds every request until its answer is on its way, the refused ones
// too. Over HTTP/2 an answer waits in its stream for a client that takes
// nothing (a window of zero), and only the streams of all connections together
// bound how many do: a small answer to nobody costs as much as any other.
//
// Beyond twice the requests that may be under way not even a refusal is
// written, and the stream or connection ends.
func (p *Proxy) bound(next http.Handler) http.Handler {
	var open atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := open.Add(1)
		defer open.Add(-1)
		if p.MaxInFlight > 0 && n > 2*int64(p.MaxInFlight) {
			panic(http.ErrAbortHandler)
		}
		next.ServeHTTP(w, r)
		if r.ProtoMajor >= 2 {
			rest := http.NewResponseController(w)
			_ = rest.SetWriteDeadline(time.Now().Add(refusedAnswer))
			_ = rest.Flush() // it fails where nobody is there to take it
		}
	})
}

// refusedAnswer is how long a client may take for an answer that was not
// watched: a refusal, a preflight or a health check. It has one packet.
const refusedAnswer = 2 * time.Second
