package demo

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
)

const (
	maxBody     = 4 << 20
	maxReceived = 1024
)

var errBodyTooLarge = errors.New("the body is too large")

// Received is one request as it arrived, before anything was made of it.
type Received struct {
	Method           string
	RequestURI       string // the bytes of the request line, undecoded
	Proto            string
	Host             string
	Header           http.Header // not to be changed
	ContentLength    int64       // -1 where none was sent
	TransferEncoding []string
	BodyBytes        int64  // what arrived, at most 4 MiB and one byte
	BodySHA256       string // of what arrived, in hexadecimal
	BodyComplete     bool   // false where the body was cut, malformed or too large
}

// recorder keeps the last requests, for a test to ask what arrived.
type recorder struct {
	mu       sync.Mutex
	total    int
	received []Received
}

// receive records r with its whole body, and returns the body for whoever answers.
func (c *recorder) receive(r *http.Request) ([]byte, error) {
	var body bytes.Buffer
	n, err := io.Copy(&body, io.LimitReader(r.Body, maxBody+1))
	if err == nil && n > maxBody {
		err = errBodyTooLarge
	}
	sum := sha256.Sum256(body.Bytes())
	c.add(Received{
		Method: r.Method, RequestURI: r.RequestURI, Proto: r.Proto, Host: r.Host, Header: r.Header.Clone(),
		ContentLength: r.ContentLength, TransferEncoding: slices.Clone(r.TransferEncoding),
		BodyBytes: n, BodySHA256: hex.EncodeToString(sum[:]), BodyComplete: err == nil,
	})
	return body.Bytes(), err
}

func (c *recorder) add(r Received) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total++
	if len(c.received) == maxReceived {
		c.received = slices.Delete(c.received, 0, 1)
	}
	c.received = append(c.received, r)
}

// Requests returns what arrived since the start or the last Reset, oldest first: the last 1024 requests at most.
func (c *recorder) Requests() []Received {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.received)
}

// Last returns the newest request; false when none arrived.
func (c *recorder) Last() (Received, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.received) == 0 {
		return Received{}, false
	}
	return c.received[len(c.received)-1], true
}

// Count returns how many requests arrived, those no longer kept too.
func (c *recorder) Count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.total
}

// Reset forgets what arrived.
func (c *recorder) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total, c.received = 0, nil
}
