package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"strconv"
	"time"
)

// client is one connection that is kept open, and just enough of HTTP to see
// that each answer is 200 and has its length: it must cost little beside what
// is measured.
type client struct {
	conn   net.Conn
	reader *bufio.Reader
}

func dial(ctx context.Context, address string) (*client, error) {
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &client{conn, bufio.NewReaderSize(conn, 16<<10)}, nil
}

func (c *client) close() { _ = c.conn.Close() }

// ask sends a request and copies the answer's body to a writer. It returns the
// body's length.
func (c *client) ask(request []byte, to io.Writer) (int64, error) {
	if _, err := c.conn.Write(request); err != nil {
		return 0, err
	}
	return c.answer(to)
}

func (c *client) answer(to io.Writer) (int64, error) {
	length, chunked, err := c.head()
	if err != nil {
		return 0, err
	}
	if chunked {
		n, err := io.Copy(to, httputil.NewChunkedReader(c.reader))
		if err != nil {
			return n, err
		}
		line, err := c.reader.ReadSlice('\n') // the end of the trailers, of which there are none
		if err == nil && len(line) > 2 {
			err = errors.New("the answer has a trailer")
		}
		return n, err
	}
	if to == io.Discard && length <= int64(c.reader.Size()) {
		n, err := c.reader.Discard(int(length))
		return int64(n), err
	}
	return io.CopyN(to, c.reader, length)
}

// head reads the status and the header.
func (c *client) head() (length int64, chunked bool, err error) {
	length = -1
	for n := 0; ; n++ {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return 0, false, err
		}
		line = bytes.TrimRight(line, "\r\n")
		switch {
		case n == 0 && !bytes.HasPrefix(line, []byte("HTTP/1.1 200 ")):
			return 0, false, fmt.Errorf("the answer is %s", line)
		case len(line) == 0:
			if length < 0 && !chunked {
				return 0, false, errors.New("the answer has no length")
			}
			return length, chunked, nil
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.ParseInt(string(value), 10, 64); err != nil {
				return 0, false, err
			}
		}
		chunked = chunked || bytes.Equal(line, []byte("Transfer-Encoding: chunked"))
	}
}
