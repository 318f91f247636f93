package main

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// stream gives n bytes that are the same at each run and repeat nowhere, cheaply.
func stream(n int64) (io.Reader, error) {
	block, err := aes.NewCipher(make([]byte, 16))
	if err != nil {
		return nil, err
	}
	same := cipher.NewCTR(block, make([]byte, aes.BlockSize)) //nolint:gosec // it hides nothing: it is the same at each run
	return io.LimitReader(cipher.StreamReader{S: same, R: zeros{}}, n), nil
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// maxStream bounds what a query may ask for.
const maxStream = 1 << 40

// download answers with as many bytes as the query's limit says: with their
// length, or in chunks where its offset is 1. Both are parameters of the
// standard, which every gateway passes on.
func download(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	n, err := strconv.ParseInt(query.Get("limit"), 10, 64)
	if err != nil || n < 0 || n > maxStream {
		http.Error(w, "no limit", http.StatusBadRequest)
		return
	}
	body, err := stream(n)
	if err != nil {
		http.Error(w, "no stream", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	if query.Get("offset") != "1" {
		w.Header().Set("Content-Length", strconv.FormatInt(n, 10))
	}
	_, _ = io.CopyBuffer(w, body, make([]byte, 256<<10))
}

// errShort is an answer that ended too early.
var errShort = errors.New("it is not as long as it should be")

func copied(n, want int64, err error) error {
	if err == nil && n != want {
		err = fmt.Errorf("%w: %d bytes of %d", errShort, n, want)
	}
	return err
}
