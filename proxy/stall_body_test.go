package proxy

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// deaf is a body whose Read comes back late: the request is over by then, and
// its connection serves another, or is none any more.
type deaf struct{ wake chan bool }

func (d deaf) Read([]byte) (int, error) {
	<-d.wake
	return 0, http.ErrBodyReadAfterClose
}

func (d deaf) Close() error { return nil }

// cuts is a connection that counts the deadlines that are set on it.
type cuts struct {
	http.ResponseWriter
	n int
}

func (c *cuts) SetReadDeadline(time.Time) error {
	c.n++
	return nil
}

// A reader who is left over from a request does not cut the connection's next.
func TestNoReadIsCutOnceItsBodyIsClosed(t *testing.T) {
	for closing, want := range map[bool]int{true: 0, false: 1} {
		synctest.Test(t, func(t *testing.T) {
			var connection cuts
			source := deaf{wake: make(chan bool)}
			body := &watchedBody{ReadCloser: source, connection: http.NewResponseController(&connection), stall: time.Minute}
			done := make(chan error)
			go func() {
				_, err := body.Read(nil)
				done <- err
			}()
			time.Sleep(time.Minute - 1)
			if closing {
				_ = body.Close()
			}
			time.Sleep(time.Hour)
			if connection.n != want {
				t.Errorf("closed %v: cut %d times, want %d", closing, connection.n, want)
			}
			close(source.wake)
			if err := <-done; err == nil {
				t.Error("no error came back")
			}
		})
	}
}
