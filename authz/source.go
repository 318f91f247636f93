package authz

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

// OpenPolicy gives a way to read the policy at path, each time it is called: a
// folder of Rego, or a bundle file (a gzipped tar archive, as `opa build`
// makes). A bundle's signature is not verified.
func OpenPolicy(path string) func() (fs.FS, error) {
	return func() (fs.FS, error) {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if info.IsDir() {
			return os.DirFS(path), nil
		}
		file, err := os.Open(path) //nolint:gosec // the path is the operator's setting
		if err != nil {
			return nil, err
		}
		fsys, err := openBundle(file)
		return fsys, errors.Join(err, file.Close())
	}
}

// PolicyFiles gives a way to read a policy that does not change.
func PolicyFiles(fsys fs.FS) func() (fs.FS, error) {
	return func() (fs.FS, error) { return fsys, nil }
}

// openBundle unpacks a bundle in memory. It packs it anew as a zip archive,
// because the library reads those as a file system and tar archives not.
func openBundle(r io.Reader) (fs.FS, error) {
	unzipped, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("neither a folder nor a bundle (tar.gz); for a single .rego file, name its folder: %w", err)
	}
	var packed bytes.Buffer
	out := zip.NewWriter(&packed)
	limited := &io.LimitedReader{R: unzipped, N: maxPolicyBytes}
	in := tar.NewReader(limited)
	seen := make(map[string]bool)
	for {
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("bundle: %w", err)
		}
		if header.Typeflag == tar.TypeDir {
			continue
		}
		if err := copyEntry(out, in, header, seen); err != nil {
			return nil, fmt.Errorf("bundle: %w", err)
		}
	}
	// A bundle cut off between two files looks whole to the tar reader: read to
	// the end, where gzip has a checksum.
	if _, err := io.Copy(io.Discard, limited); err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	if limited.N == 0 {
		return nil, fmt.Errorf("bundle: larger than %d bytes", int64(maxPolicyBytes))
	}
	if err := out.Close(); err != nil {
		return nil, err
	}
	return zip.NewReader(bytes.NewReader(packed.Bytes()), int64(packed.Len()))
}

func copyEntry(out *zip.Writer, in io.Reader, header *tar.Header, seen map[string]bool) error {
	name := strings.TrimPrefix(path.Clean(header.Name), "/")
	switch {
	case header.Typeflag != tar.TypeReg:
		return fmt.Errorf("%s: not a regular file", header.Name)
	case !fs.ValidPath(name):
		return fmt.Errorf("%s: not a path inside the bundle", header.Name)
	case seen[name]:
		return fmt.Errorf("%s: in the bundle twice", name)
	case path.Base(name) == "patch.json":
		return fmt.Errorf("%s: a delta bundle is not a whole policy", name)
	}
	seen[name] = true
	file, err := out.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
	if err != nil {
		return err
	}
	_, err = io.Copy(file, in)
	return err
}
