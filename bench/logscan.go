package main

import (
	"bytes"
	"errors"
	"strings"
	"sync/atomic"
)

// logScanner reads what a gateway logs while it logs it, and keeps nothing: a
// credential in a line, and a line that is none of the log's, are wrong.
type logScanner struct {
	*tally
	name    string
	secrets *secrets
	partial []byte // of a line
	lines   atomic.Int64
}

// Write takes in whole lines, and keeps the rest for the next time.
func (l *logScanner) Write(p []byte) (int, error) {
	l.partial = append(l.partial, p...)
	for {
		line, rest, found := bytes.Cut(l.partial, []byte("\n"))
		if !found {
			return len(p), nil
		}
		l.lines.Add(1)
		if err := l.judge(string(line)); err != nil {
			l.complain("log of "+l.name, nil, reply{}, err)
		}
		l.partial = rest
	}
}

func (l *logScanner) judge(line string) error {
	switch {
	case l.secrets.in(line):
		return errors.New("a credential is in the log: " + line)
	case !strings.HasPrefix(line, "{"):
		return errors.New("this is no line of the log: " + line)
	case strings.Contains(line, `"panic`):
		return errors.New("the gateway panicked: " + line)
	}
	return nil
}
