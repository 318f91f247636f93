package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/geowarden/geowarden/authn"
)

// What follows does to a golden of the Helm chart what a kubelet would do: it
// mounts volumes, and gives a container its variables.

// standIns are contents for what the values only name, by the file that it is
// mounted as.
func standIns(t *testing.T) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	if err := writeCertificates(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := authn.AppendKey(filepath.Join(dir, "keys.yaml"), "office", time.Time{}); err != nil {
		t.Fatal(err)
	}
	contents := map[string][]byte{
		"UPSTREAM_HEADERS": []byte("X-Secret: one for this test\n"), "PYGEOAPI_KEY_OFFICE": []byte("a-key-for-this-test\n"),
		"OIDC_CLIENT_SECRET": []byte("a-secret-for-this-test\n"), "bundle.tar.gz": bundleOf(t, companyFiles(t)),
	}
	for name, from := range map[string]string{"keys.yaml": "keys.yaml", "tls.crt": "tls.crt", "tls.key": "tls.key", "clients.crt": "ca.crt", "upstream-ca.crt": "ca.crt"} {
		content, err := os.ReadFile(filepath.Join(dir, from))
		if err != nil {
			t.Fatal(err)
		}
		contents[name] = content
	}
	return contents
}

// companyFiles are those of the example policy.
func companyFiles(t *testing.T) map[string][]byte {
	t.Helper()
	contents := map[string][]byte{}
	err := fs.WalkDir(os.DirFS(companyPolicy), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		contents[name], err = os.ReadFile(filepath.Join(companyPolicy, name))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return contents
}

func bundleOf(t *testing.T, contents map[string][]byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	out := tar.NewWriter(zipped)
	for name, content := range contents {
		err := out.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content))})
		_, err2 := out.Write(content)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(out.Close(), zipped.Close()); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// mountVolume puts into a folder what the kubelet would, in its way: each name
// is a link, through ..data, into a folder that is exchanged as a whole.
func mountVolume(t *testing.T, v chartVolume, objects []chartObject, known map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	if v.Image != nil { // an image is a folder like any other
		if err := os.CopyFS(filepath.Join(dir, "company"), os.DirFS(companyPolicy)); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	sources := []*chartSource{v.ConfigMap, v.Secret}
	for _, s := range v.Projected.Sources {
		sources = append(sources, s.ConfigMap, s.Secret)
	}
	contents := map[string][]byte{}
	for _, s := range sources {
		switch {
		case s == nil:
		case s.Items != nil:
			for _, item := range s.Items {
				if known[item.Path] == nil {
					t.Fatalf("%s: there is no stand-in for %s", v.Name, item.Path)
				}
				contents[item.Path] = known[item.Path]
			}
		case slices.ContainsFunc(objects, func(o chartObject) bool { return o.Kind == "ConfigMap" }):
			for name, content := range one(t, objects, "ConfigMap").Data {
				contents[name] = []byte(content)
			}
		default:
			maps.Copy(contents, companyFiles(t))
		}
	}
	err := errors.Join(os.Mkdir(filepath.Join(dir, "..2026"), 0o750), os.Symlink("..2026", filepath.Join(dir, "..data")))
	for name, content := range contents {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, "..2026", name), content, 0o440), os.Symlink("..data/"+name, filepath.Join(dir, name)))
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// environ is what the container's process would see, its files in folders of
// this test.
func (c chartContainer) environ(t *testing.T, volumes []chartVolume, objects []chartObject) []string {
	t.Helper()
	folders, known := map[string]string{}, standIns(t)
	for _, m := range c.VolumeMounts {
		i := slices.IndexFunc(volumes, func(v chartVolume) bool { return v.Name == m.Name })
		folders[m.MountPath] = mountVolume(t, volumes[i], objects, known)
	}
	values := map[string]string{}
	environ := make([]string, 0, len(c.Env))
	for _, v := range c.Env {
		value := expand(v.Value, values)
		if v.ValueFrom.ResourceFieldRef.Resource == "limits.memory" && v.ValueFrom.ResourceFieldRef.Divisor == "1Mi" {
			value = strconv.Itoa(mebibytes(t, c.Resources.Limits.Memory))
		}
		for path, folder := range folders {
			if rest, below := strings.CutPrefix(value, path); below {
				value = folder + rest
			}
		}
		values[v.Name] = value
		environ = append(environ, v.Name+"="+value)
	}
	return environ
}

// expand puts variables into a value as Kubernetes does: $(NAME) is one that
// came before, and $$ is a dollar sign.
func expand(value string, values map[string]string) string {
	return regexp.MustCompile(`\$\$|\$\([^)]*\)`).ReplaceAllStringFunc(value, func(found string) string {
		if found == "$$" {
			return "$"
		}
		if value, is := values[found[2:len(found)-1]]; is {
			return value
		}
		return found
	})
}

func mebibytes(t *testing.T, quantity string) int {
	t.Helper()
	for unit, factor := range map[string]int{"Mi": 1, "Gi": 1024} {
		if digits, is := strings.CutSuffix(quantity, unit); is {
			n, err := strconv.Atoi(digits)
			if err != nil {
				t.Fatal(err)
			}
			return n * factor
		}
	}
	t.Fatalf("the memory limit is %q", quantity)
	return 0
}
