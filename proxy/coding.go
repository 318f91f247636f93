package proxy

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
)

// decoded returns the plain bytes of an answer. The back end was asked for gzip
// at the most; what it sends beyond that cannot be read, and is no answer.
func decoded(res *http.Response) (io.Reader, error) {
	switch strings.ToLower(res.Header.Get("Content-Encoding")) {
	case "", "identity":
		return res.Body, nil
	case "gzip", "x-gzip":
		res.Header.Del("Content-Encoding")
		return &lazyGzip{src: res.Body}, nil
	}
	return nil, &unreadable{"the back end used a content coding that it was not asked for", nil}
}

// lazyGzip reads the gzip header at the first Read, not before the answer's
// own header is sent on.
type lazyGzip struct {
	src io.Reader
	zr  *gzip.Reader
}

func (l *lazyGzip) Read(buf []byte) (int, error) {
	if l.zr == nil {
		zr, err := gzip.NewReader(l.src)
		if err != nil {
			return 0, err
		}
		l.zr = zr
	}
	return l.zr.Read(buf)
}

// compressed returns the gzip form of a stream. It is pulled by its reader: no
// goroutine outlives the request.
func compressed(src io.Reader) io.Reader {
	z := &gzipReader{src: src}
	z.zw = gzip.NewWriter(&z.out)
	return z
}

type gzipReader struct {
	src  io.Reader
	out  bytes.Buffer
	zw   *gzip.Writer
	in   [8 << 10]byte
	done error
}

func (z *gzipReader) Read(buf []byte) (int, error) {
	for z.out.Len() == 0 {
		if z.done != nil {
			return 0, z.done
		}
		n, err := z.src.Read(z.in[:])
		if _, werr := z.zw.Write(z.in[:n]); werr != nil {
			return 0, werr
		}
		switch {
		case errors.Is(err, io.EOF):
			z.done = io.EOF
			if werr := z.zw.Close(); werr != nil {
				return 0, werr
			}
		case err != nil:
			z.done = err
		default:
			if werr := z.zw.Flush(); werr != nil {
				return 0, werr
			}
		}
	}
	return z.out.Read(buf)
}
