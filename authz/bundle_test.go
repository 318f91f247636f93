package authz_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"path/filepath"
	"testing"

	"github.com/geowarden/geowarden/authz"
)

type entry struct {
	name, content string
	kind          byte
}

// archive is a gzipped tar archive of the entries, in their order.
func archive(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	out := tar.NewWriter(zipped)
	for _, e := range entries {
		header := &tar.Header{Name: e.name, Mode: 0o600, Size: int64(len(e.content)), Typeflag: e.kind}
		if e.kind == tar.TypeSymlink {
			header.Linkname, header.Size = e.content, 0
		}
		if err := out.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if header.Size > 0 {
			if _, err := out.Write([]byte(e.content)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

func bundleOf(t *testing.T, contents map[string]string) []byte {
	t.Helper()
	var entries []entry
	for name, content := range contents {
		entries = append(entries, entry{name, content, tar.TypeReg})
	}
	return archive(t, entries...)
}

func TestABundleDecides(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bundle.tar.gz")
	write(t, path, string(archive(t,
		entry{"/", "", tar.TypeDir},
		entry{"/.manifest", `{"revision": "1"}`, tar.TypeReg},
		entry{"/lib/authz.rego", "package httpapi.authz\nallow if data.lib.who == input.subject.id", tar.TypeReg},
		entry{"./lib/data.json", `{"who": "ada"}`, tar.TypeReg},
	)))
	e, err := authz.NewEmbedded(t.Context(), authz.EmbeddedConfig{Load: authz.OpenPolicy(path), Timeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	if !allows(t, e) {
		t.Error("denied")
	}
}

func TestABundleThatIsNotWholeOrNotPlainIsRefused(t *testing.T) {
	whole := archive(t, entry{"a.rego", allowing, tar.TypeReg})
	tests := map[string][]byte{
		"empty":             {},
		"no archive":        []byte(allowing),
		"cut off":           whole[:len(whole)-9],
		"a wrong checksum":  append(bytes.Clone(whole[:len(whole)-8]), "checksum"...),
		"a file twice":      archive(t, entry{"a.rego", allowing, tar.TypeReg}, entry{"/a.rego", denying, tar.TypeReg}),
		"a way out":         archive(t, entry{"a.rego", allowing, tar.TypeReg}, entry{"../b.rego", denying, tar.TypeReg}),
		"a link":            archive(t, entry{"a.rego", allowing, tar.TypeReg}, entry{"b.rego", "/etc/passwd", tar.TypeSymlink}),
		"a delta bundle":    archive(t, entry{"a.rego", allowing, tar.TypeReg}, entry{"patch.json", "{}", tar.TypeReg}),
		"nothing that asks": archive(t, entry{"data.json", "{}", tar.TypeReg}),
	}
	for name, content := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "bundle.tar.gz")
			write(t, path, string(content))
			if _, err := authz.NewEmbedded(t.Context(), authz.EmbeddedConfig{Load: authz.OpenPolicy(path)}); err == nil {
				t.Error("taken")
			}
		})
	}
}
