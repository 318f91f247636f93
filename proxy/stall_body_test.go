package proxy

import (
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// deaf is a body whose Read comes back late: the request is over by then, and
// its connection serves another, or is none any more.
type deaf struct {
	io.Closer
	wake chan bool
}

func (d deaf) Read([]byte) (int, error) {
	<-d.wake
	return 0, http.ErrBodyReadAfterClose
}

// cuts is a connection that counts the deadlines of the past that are set on it.
type cuts struct {
	http.ResponseWriter
	n atomic.Int32
}

func (c *cuts) SetReadDeadline(t time.Time) error {
	if t.Before(time.Now()) {
		c.n.Add(1)
	}
	return nil
}

// A reader who is left over from a request does not cut the connection's next.
func TestNoReadIsCutOnceTheRequestIsOver(t *testing.T) {
	for over, want := range map[bool]int32{true: 0, false: 1} {
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
			if over {
				body.release()
			}
			time.Sleep(time.Hour)
			if n := connection.n.Load(); n != want {
				t.Errorf("over %v: cut %d times, want %d", over, n, want)
			}
			close(source.wake)
			if err := <-done; err == nil {
				t.Error("no error came back")
			}
		})
	}
}
