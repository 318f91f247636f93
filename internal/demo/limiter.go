package demo

import (
	"sync"
	"time"
)

// limiter lets so many calls pass in each second.
type limiter struct {
	perSecond int
	now       func() time.Time

	mu     sync.Mutex
	second int64
	passed int
}

func (l *limiter) allow() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if second := l.now().Unix(); second != l.second {
		l.second, l.passed = second, 0
	}
	if l.passed >= l.perSecond {
		return false
	}
	l.passed++
	return true
}
