package upstream

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"sync/atomic"
)

// A body is open until it was read to its end, failed, or was closed. Whoever
// takes it out of open gives the connection back, and nobody else does.
const (
	open int32 = iota
	over
	closed
)

// body is the body of an answer. One goroutine reads; another may close.
type body struct {
	c      *conn
	answer *answer
	left   int64     // of a length that is known; -1 for all that comes
	chunks io.Reader // nil for a body without a transfer coding
	keep   bool      // the connection is good for another request afterwards
	state  atomic.Int32
	err    error // what ended it
}

// Read reads on. A connection that ends before the body does is
// io.ErrUnexpectedEOF, and a context that does is its error.
func (b *body) Read(p []byte) (int, error) {
	if b.state.Load() == closed {
		return 0, http.ErrBodyReadAfterClose
	}
	if b.err != nil || len(p) == 0 {
		return 0, b.err
	}
	n, err := b.next(p)
	if err != nil {
		b.err = b.finish(err)
	}
	return n, b.err
}

func (b *body) next(p []byte) (int, error) {
	switch {
	case b.chunks != nil:
		n, err := b.chunks.Read(p)
		if errors.Is(err, io.EOF) {
			err = b.readTrailer()
		}
		return n, err
	case b.left < 0:
		return b.c.br.Read(p)
	}
	n, err := b.c.br.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	switch {
	case b.left == 0:
		return n, io.EOF
	case errors.Is(err, io.EOF):
		return n, io.ErrUnexpectedEOF
	}
	return n, err
}

// maxTrailer bounds what may follow a body in chunks, in bytes.
const maxTrailer = 4 << 10

// readTrailer reads what follows the last chunk; it returns io.EOF if that is
// in order.
func (b *body) readTrailer() error {
	text, err := b.c.readLines(maxTrailer)
	if err != nil {
		return err
	}
	fields, bare, err := parseFields(text)
	if err != nil {
		return err
	}
	if bare {
		return malformed("a trailer line without a carriage return")
	}
	for name := range fields {
		if !mayTrail(name) {
			return malformed("a trailer field that may not be one")
		}
	}
	if a := b.answer; a.Trailer == nil && len(fields) > 0 {
		a.Trailer = fields
	} else {
		maps.Copy(a.Trailer, fields)
	}
	return io.EOF
}

// finish gives the connection back, if Close has not, and tells what ended the
// body.
func (b *body) finish(err error) error {
	ours := b.state.CompareAndSwap(open, over)
	if errors.Is(err, io.EOF) {
		if ours {
			b.c.release(b.keep)
		}
		return io.EOF
	}
	if !ours {
		return http.ErrBodyReadAfterClose
	}
	b.c.release(false)
	if ctx := b.answer.Request.Context(); ctx.Err() != nil {
		return ended(ctx)
	}
	return err
}

// Close ends the body where it is. A connection with a rest on it is closed,
// and so a Read that waits for that rest ends.
func (b *body) Close() error {
	if b.state.Swap(closed) == open {
		b.c.release(false)
	}
	return nil
}
