package upstream

import (
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// answer is one answer with its body, in one piece of memory.
type answer struct {
	http.Response
	body     body
	doubtful bool // somebody else may read where it ends in another way
	coding   [1]string
}

// frame settles where the answer's body ends (RFC 9112 section 6.3), and
// whether the connection is good for another request after it.
func (a *answer) frame(c *conn) error {
	chunked, err := a.takeCoding()
	if err != nil {
		return err
	}
	length, err := a.takeLength(chunked)
	if err != nil {
		return err
	}
	a.takeClose()
	if chunked {
		if err := a.takeTrailer(); err != nil {
			return err
		}
	}
	head := a.Request.Method == http.MethodHead
	a.body = body{c: c, answer: a, left: length}
	switch {
	case a.StatusCode == http.StatusSwitchingProtocols:
		a.ContentLength, a.Body, a.Close = 0, http.NoBody, true // nobody asked: what follows is nobody's
	case head:
		a.ContentLength, a.Body = length, http.NoBody
	case a.StatusCode == http.StatusNoContent:
		a.doubtful = a.doubtful || chunked || length > 0 // it has no body, and says that it has
		a.ContentLength, a.Body = 0, http.NoBody
	case a.StatusCode == http.StatusNotModified:
		a.ContentLength, a.Body = 0, http.NoBody
	case chunked:
		a.Header.Del("Content-Length")
		a.ContentLength, a.Body = -1, &a.body
		a.body.chunks = httputil.NewChunkedReader(c.br)
	case length == 0:
		a.Body = http.NoBody
	case length > 0:
		a.ContentLength, a.Body = length, &a.body
	default:
		a.ContentLength, a.Body = -1, &a.body
		a.Close = true // its end is that of the connection
	}
	a.body.keep = !a.Close && !a.doubtful && a.ProtoMinor == 1
	return nil
}

// takeCoding reads Transfer-Encoding, of which there is one, and only chunked.
// HTTP/1.0 has none: whoever sends one there is read in two ways (RFC 9112
// section 6.1).
func (a *answer) takeCoding() (chunked bool, err error) {
	codings, ok := a.Header["Transfer-Encoding"]
	if !ok {
		return false, nil
	}
	if a.ProtoMinor == 0 || len(codings) != 1 || !strings.EqualFold(codings[0], "chunked") {
		return false, malformed("a transfer coding that is not chunked")
	}
	delete(a.Header, "Transfer-Encoding")
	a.coding[0] = "chunked"
	a.TransferEncoding = a.coding[:]
	return true, nil
}

// takeLength reads Content-Length; -1 if there is none. Said twice, or beside a
// coding, it makes the connection's next answer one to mistrust.
func (a *answer) takeLength(chunked bool) (int64, error) {
	lengths, ok := a.Header["Content-Length"]
	if !ok {
		return -1, nil
	}
	for _, l := range lengths[1:] {
		if l != lengths[0] {
			return 0, malformed("two lengths")
		}
	}
	n, err := strconv.ParseUint(lengths[0], 10, 63)
	if err != nil {
		return 0, malformed("a bad length")
	}
	if chunked || len(lengths) > 1 {
		a.doubtful = true
		a.Header["Content-Length"] = lengths[:1]
	}
	return int64(n), nil
}

// takeClose reads whether the connection ends with the answer (RFC 9112 section
// 9.3).
func (a *answer) takeClose() {
	options := a.Header["Connection"]
	a.Close = httpguts.HeaderValuesContainsToken(options, "close")
	if a.ProtoMinor == 0 {
		a.Close = a.Close || !httpguts.HeaderValuesContainsToken(options, "keep-alive")
	} else if a.Close {
		delete(a.Header, "Connection")
	}
}

// takeTrailer reads which fields are announced for after the body.
func (a *answer) takeTrailer() error {
	announced, ok := a.Header["Trailer"]
	if !ok {
		return nil
	}
	delete(a.Header, "Trailer")
	for _, name := range strings.Split(strings.Join(announced, ","), ",") {
		if name = http.CanonicalHeaderKey(strings.Trim(name, " \t")); name == "" {
			continue
		}
		if !mayTrail(name) {
			return malformed("a trailer field that may not be one")
		}
		if a.Trailer == nil {
			a.Trailer = make(http.Header)
		}
		a.Trailer[name] = nil
	}
	return nil
}

// mayTrail refuses what would frame the message after its end (RFC 9110 section
// 6.5.1). The name is in canonical form.
func mayTrail(name string) bool {
	return name != "Transfer-Encoding" && name != "Content-Length" && name != "Trailer"
}
