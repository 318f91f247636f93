package upstream

import (
	"net"
	"net/http"
	"slices"
	"testing"
	"time"
)

// pool is an idle pool with connections a, b, ... that were put in a second
// apart, beginning at start. Its own timer is far away.
func pool(t *testing.T, max int, names string) (i *idle, all map[string]*conn, start time.Time) {
	t.Helper()
	i = &idle{max: max, timeout: time.Hour}
	t.Cleanup(i.closeAll)
	all, start = make(map[string]*conn), time.Now()
	for n, name := range names {
		here, there := net.Pipe()
		t.Cleanup(func() { _ = there.Close() })
		c := newConn(nil, here, "backend")
		all[string(name)] = c
		if kept := i.put(c, start.Add(time.Duration(n)*time.Second)); kept != (n < max) {
			t.Errorf("%c kept: %v", name, kept)
		}
	}
	return i, all, start
}

func isClosed(c *conn) bool { return c.nc.SetDeadline(time.Time{}) != nil }

func TestTheNewestConnectionIsUsedFirst(t *testing.T) {
	i, all, start := pool(t, 3, "abcd")
	var got []*conn
	for range 4 {
		got = append(got, i.get("backend", start.Add(time.Minute)))
	}
	if want := []*conn{all["c"], all["b"], all["a"], nil}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if c := i.get("elsewhere", start); c != nil {
		t.Error("a connection to another address")
	}
}

func TestConnectionsThatWereIdleForTooLongAreNotUsed(t *testing.T) {
	i, _, start := pool(t, 3, "abc")
	if c := i.get("backend", start.Add(2*time.Hour)); c != nil {
		t.Error("got one")
	}
}

func TestSweepingClosesTheOldAlone(t *testing.T) {
	i, all, start := pool(t, 3, "abc")
	i.sweep(start.Add(time.Hour + time.Second))
	for name, want := range map[string]bool{"a": true, "b": true, "c": false} {
		if got := isClosed(all[name]); got != want {
			t.Errorf("%s closed: %v", name, got)
		}
	}
	if !i.armed || i.n != 1 {
		t.Errorf("%d left, the timer is set: %v", i.n, i.armed)
	}
	i.sweep(start.Add(2 * time.Hour))
	if !isClosed(all["c"]) || i.armed || i.n != 0 || len(i.conns) != 0 {
		t.Errorf("%d left, the timer is set: %v", i.n, i.armed)
	}
}

func TestTheTimerSweeps(t *testing.T) {
	i := &idle{max: 1, timeout: time.Millisecond}
	here, there := net.Pipe()
	i.put(newConn(nil, here, "backend"), time.Now())
	if _, err := there.Read(make([]byte, 1)); err == nil { // until the other end is closed
		t.Error("something was said")
	}
}

// The context of a request may end just as its answer does. It closes the
// connection then, and must not do so under the request that has it next.
func TestAConnectionThatIsBeingCutIsNotKept(t *testing.T) {
	transport := New(&http.Transport{})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	for _, cutting := range []bool{true, false} {
		c, err := transport.dial(t.Context(), listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		c.stop = func() bool { return !cutting }
		c.release(true)
		if kept := transport.idle.get(c.address, time.Now()); (kept == nil) != cutting || isClosed(c) != cutting {
			t.Errorf("cut: %v, kept: %v", cutting, kept != nil)
		}
		c.cut()
	}
}
