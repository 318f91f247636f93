package upstream

import (
	"slices"
	"sync"
	"time"
)

// idle keeps the connections that serve no request now, the newest on top: the
// ones below grow old under little load, and are closed. One timer serves all.
type idle struct {
	max     int
	timeout time.Duration

	mu    sync.Mutex
	conns map[string][]*conn // by address, the oldest first
	n     int
	timer *time.Timer
	armed bool
}

// get takes the newest connection to an address; nil if there is none.
func (i *idle) get(address string, now time.Time) *conn {
	i.mu.Lock()
	defer i.mu.Unlock()
	stack := i.conns[address]
	if len(stack) == 0 {
		return nil
	}
	last := len(stack) - 1
	c := stack[last]
	if now.Sub(c.idleSince) >= i.timeout {
		return nil // and so are those below it; the timer is about to close them
	}
	stack[last] = nil
	i.conns[address] = stack[:last]
	i.n--
	return c
}

// put adds a connection, unless there are enough.
func (i *idle) put(c *conn, now time.Time) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.n >= i.max {
		return false
	}
	if i.conns == nil {
		i.conns = make(map[string][]*conn)
	}
	c.idleSince = now
	i.conns[c.address] = append(i.conns[c.address], c)
	i.n++
	if !i.armed {
		i.arm(i.timeout)
	}
	return true
}

// arm sets the timer. It is called with the lock held.
func (i *idle) arm(after time.Duration) {
	i.armed = true
	if i.timer == nil {
		i.timer = time.AfterFunc(after, func() { i.sweep(time.Now()) })
		return
	}
	i.timer.Reset(after)
}

// sweep closes what has been idle for too long, and comes back when the next
// one will have been.
func (i *idle) sweep(now time.Time) {
	i.mu.Lock()
	var old []*conn
	next := i.timeout
	for address, stack := range i.conns {
		fresh := slices.IndexFunc(stack, func(c *conn) bool { return now.Sub(c.idleSince) < i.timeout })
		if fresh < 0 {
			delete(i.conns, address)
			old = append(old, stack...)
			continue
		}
		old = append(old, stack[:fresh]...)
		i.conns[address] = slices.Delete(stack, 0, fresh)
		next = min(next, i.timeout-now.Sub(stack[0].idleSince))
	}
	i.n -= len(old)
	i.armed = false
	if i.n > 0 {
		i.arm(next)
	}
	i.mu.Unlock()
	for _, c := range old {
		c.cut()
	}
}

// closeAll closes every idle connection.
func (i *idle) closeAll() {
	i.mu.Lock()
	old := i.conns
	i.conns, i.n = nil, 0
	i.mu.Unlock()
	for _, stack := range old {
		for _, c := range stack {
			c.cut()
		}
	}
}
