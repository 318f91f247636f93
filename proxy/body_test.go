package proxy

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
)

// closing is a body as net/http's server has it: closed while somebody reads.
type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Read(p []byte) (int, error) {
	if c.closed {
		return 0, http.ErrBodyReadAfterClose
	}
	return c.Reader.Read(p)
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}

// A body that ended has ended, also when the answer began meanwhile: whoever
// looks once more must not take a whole upload for a broken one.
func TestABodyThatEndedStaysSo(t *testing.T) {
	inner := &closing{Reader: iotest.DataErrReader(strings.NewReader("whole"))}
	b := &clientBody{ReadCloser: inner}
	if got, err := io.ReadAll(b); err != nil || string(got) != "whole" {
		t.Fatalf("%q, %v", got, err)
	}
	_ = inner.Close()
	if _, err := b.Read(make([]byte, 1)); err != io.EOF || b.failed.Load() { //nolint:errorlint // what http.Transport compares with
		t.Errorf("after its end: %v", err)
	}
	cut := &closing{Reader: strings.NewReader("half"), closed: true}
	if _, err := (&clientBody{ReadCloser: cut}).Read(make([]byte, 1)); err == nil {
		t.Error("a body that was cut has ended")
	}
}
