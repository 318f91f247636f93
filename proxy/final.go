package proxy

import "net/http"

// finalOnly keeps informational answers (1xx) of the back end from the client.
// They would pass before the answer is made fit, with links of the back end's
// own; and httputil.ReverseProxy writes them from another goroutine than the
// one in which net/http writes its own 100, without a lock between the two.
type finalOnly struct{ http.ResponseWriter }

func (w finalOnly) WriteHeader(status int) {
	if status >= http.StatusOK {
		w.ResponseWriter.WriteHeader(status)
	}
}

// Unwrap lets http.ResponseController reach the connection, to flush.
func (w finalOnly) Unwrap() http.ResponseWriter { return w.ResponseWriter }
