package upstream

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// maxInformational is how many answers that are none yet (1xx) may come before
// the one that is.
const maxInformational = 8

// malformed is an answer that breaks RFC 9112, or could be read two ways. It
// says where, and never quotes it: a value may be a secret.
type malformed string

func (m malformed) Error() string { return "malformed answer: " + string(m) }

var (
	errTooLong = errors.New("the answer's header or trailer is longer than is read")
	errFlood   = fmt.Errorf("more than %d informational answers", maxInformational)
)

// readAnswer reads heads until one is final. All of them together are bounded.
func (c *conn) readAnswer(req *http.Request) (*answer, error) {
	doubtful := false
	for room, i := c.t.maxHead, 0; i <= maxInformational; i++ {
		head, err := c.readLines(room)
		if err != nil {
			return nil, err
		}
		room -= len(head)
		a := &answer{}
		if err := a.parse(head); err != nil {
			return nil, err
		}
		a.doubtful = a.doubtful || doubtful
		doubtful = a.doubtful
		if a.StatusCode >= http.StatusOK || a.StatusCode == http.StatusSwitchingProtocols {
			a.Request = req
			return a, a.frame(c)
		}
	}
	return nil, errFlood
}

// readLines reads up to an empty line, which ends a head and a trailer section.
// room bounds it, in bytes.
func (c *conn) readLines(room int) (string, error) {
	c.head = c.head[:0]
	for whole := true; ; {
		line, err := c.br.ReadSlice('\n')
		if len(c.head)+len(line) > room {
			return "", errTooLong
		}
		c.head = append(c.head, line...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			whole = false
			continue
		case errors.Is(err, io.EOF):
			return "", io.ErrUnexpectedEOF
		case err != nil:
			return "", err
		case whole && (len(line) == 1 || len(line) == 2 && line[0] == '\r'):
			return string(c.head), nil
		}
		whole = true
	}
}

// parse reads a status line and header fields (RFC 9112 sections 4 and 5).
func (a *answer) parse(head string) error {
	line, rest, bare := cutLine(head)
	a.doubtful = bare
	if len(line) < len("HTTP/1.1 200") || line[:7] != "HTTP/1." || line[7] != '0' && line[7] != '1' || line[8] != ' ' {
		return malformed("no status line of HTTP/1.0 or HTTP/1.1")
	}
	a.Proto, a.ProtoMajor, a.ProtoMinor = line[:8], 1, int(line[7]-'0')
	a.Status = line[9:]
	for _, digit := range []byte(a.Status[:3]) {
		if digit < '0' || digit > '9' {
			return malformed("no status code of three digits")
		}
		a.StatusCode = a.StatusCode*10 + int(digit-'0')
	}
	reason := a.Status[3:]
	if a.StatusCode < 100 || reason != "" && reason[0] != ' ' || !httpguts.ValidHeaderFieldValue(reason) {
		return malformed("a bad status line")
	}
	var err error
	a.Header, bare, err = parseFields(rest)
	a.doubtful = a.doubtful || bare
	if old := a.Header["Pragma"]; len(old) > 0 && old[0] == "no-cache" && a.Header["Cache-Control"] == nil && err == nil {
		a.Header["Cache-Control"] = []string{"no-cache"} // RFC 9111 section 5.4
	}
	return err
}

// parseFields reads header or trailer fields up to the empty line. A line that
// continues the one before (obs-fold), and a space before the colon, are
// refused: others read them otherwise (RFC 9112 sections 5.1 and 5.2). bare
// tells of a line that ends without a carriage return.
func parseFields(text string) (fields http.Header, bare bool, err error) {
	n := strings.Count(text, "\n") - 1
	fields = make(http.Header, n)
	room := make([]string, n) // for the first value of each
	for {
		line, rest, lf := cutLine(text)
		bare = bare || lf
		if line == "" {
			return fields, bare, nil
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || !httpguts.ValidHeaderFieldName(name) {
			return nil, bare, malformed("a line that is no header field")
		}
		value = strings.Trim(value, " \t")
		if !httpguts.ValidHeaderFieldValue(value) {
			return nil, bare, malformed("a control character in a header field")
		}
		name = textproto.CanonicalMIMEHeaderKey(name)
		if values, again := fields[name]; again {
			fields[name] = append(values, value)
		} else {
			room[0] = value
			fields[name], room = room[:1:1], room[1:]
		}
		text = rest
	}
}

// cutLine cuts the first line off a text that ends in an empty one.
func cutLine(text string) (line, rest string, bare bool) {
	line, rest, _ = strings.Cut(text, "\n")
	line, crlf := strings.CutSuffix(line, "\r")
	return line, rest, !crlf
}
