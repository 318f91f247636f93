package ogcapi

import "io"

// scanner copies a text piece by piece, with changes.
type scanner interface {
	// scan appends to dst what becomes of src, and returns how much of src that
	// was. It leaves what it can only understand with what follows, unless src
	// is the last piece.
	scan(dst, src []byte, last bool) ([]byte, int)
}

// scanReader reads a text through a scanner. What the scanner has done is handed
// out before more is read, so a slow answer is not held back.
type scanReader struct {
	src     io.Reader
	scanner scanner
	in, out []byte // not yet scanned; not yet read by the caller
	err     error  // of src
	buf     []byte // behind out
}

const readSize = 16 << 10

func (r *scanReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(r.out) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.fill()
	}
	n := copy(p, r.out)
	r.out = r.out[n:]
	return n, nil
}

// fill reads a piece and scans it.
func (r *scanReader) fill() {
	held := len(r.in)
	if cap(r.in) < held+readSize {
		r.in = append(make([]byte, 0, 2*(held+readSize)), r.in...)
	}
	n, err := r.src.Read(r.in[held : held+readSize])
	r.in, r.err = r.in[:held+n], err
	out, used := r.scanner.scan(r.buf[:0], r.in, err != nil)
	r.buf, r.out = out, out
	r.in = r.in[:copy(r.in, r.in[used:])]
}
