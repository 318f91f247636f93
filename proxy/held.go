package proxy

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/semaphore"
)

// held bounds the memory of documents that are held whole, over all requests.
type held struct {
	size  int64 // of one document, at the most
	bytes *semaphore.Weighted
}

const (
	heldDefault  = 16 << 20
	heldAtOnce   = 4               // documents of the largest size
	heldPatience = 2 * time.Second // how long a request waits for its turn
)

func newHeld(size int64) *held {
	if size <= 0 {
		size = heldDefault
	}
	return &held{size: size, bytes: semaphore.NewWeighted(heldAtOnce * size)}
}

// errHeld refuses a document while too many are held.
var errHeld = errors.New("too many large documents are held in memory")

// reserve takes room for a document of any size that may be.
func (h *held) reserve(ctx context.Context) (*room, error) {
	ctx, cancel := context.WithTimeout(ctx, heldPatience)
	defer cancel()
	if h.bytes.Acquire(ctx, h.size) != nil {
		return nil, errHeld
	}
	return &room{of: h, size: h.size}, nil
}

// room is what one document may take.
type room struct {
	of   *held
	size int64
}

// shrink gives back what a document does not need, once it is there.
func (r *room) shrink(size int) {
	if rest := r.size - int64(size); rest > 0 {
		r.of.bytes.Release(rest)
		r.size -= rest
	}
}

// Close gives the room back when the document was sent.
func (r *room) Close() error {
	r.shrink(0)
	return nil
}
