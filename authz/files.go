package authz

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

const (
	maxPolicyBytes = 256 << 20 // of all files together, unpacked
	maxPolicyDepth = 32        // folders in folders; a link to its own parent ends here
)

// files are the files of a policy: Rego, its tests and its data.
type files struct {
	contents map[string][]byte // by slash path
	hidden   []string          // Rego that was left out, because its name begins with a dot
	size     int64
}

// readFiles reads every Rego, JSON and YAML file. Names that begin with a dot
// are left out: a mounted ConfigMap has each file a second time, below names
// that begin with two. Links are followed, because there the first is one.
func readFiles(fsys fs.FS) (*files, error) {
	all := &files{contents: make(map[string][]byte)}
	if err := all.readFolder(fsys, ".", 0); err != nil {
		return nil, err
	}
	return all, nil
}

func (f *files) readFolder(fsys fs.FS, folder string, depth int) error {
	if depth > maxPolicyDepth {
		return fmt.Errorf("%s: folders nest deeper than %d", folder, maxPolicyDepth)
	}
	entries, err := fs.ReadDir(fsys, folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := path.Join(folder, entry.Name())
		if strings.HasPrefix(entry.Name(), ".") {
			if isRego(name) && !strings.HasPrefix(entry.Name(), "..") {
				f.hidden = append(f.hidden, name)
			}
			continue
		}
		info, err := fs.Stat(fsys, name)
		if err != nil {
			return err
		}
		if info.IsDir() {
			err = f.readFolder(fsys, name, depth+1)
		} else if isRego(name) || isData(name) {
			err = f.readFile(fsys, name, info)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *files) readFile(fsys fs.FS, name string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s: not a regular file", name)
	}
	if f.size += info.Size(); f.size > maxPolicyBytes {
		return fmt.Errorf("the policy's files are larger than %d bytes", int64(maxPolicyBytes))
	}
	content, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	f.contents[name] = content
	return nil
}

// names gives the paths in order, so that errors and revisions are stable.
func (f *files) names() []string { return slices.Sorted(maps.Keys(f.contents)) }

// revision is a short digest of all names and contents: what is in force, as
// logs and decisions say it.
func (f *files) revision() string {
	digest := sha256.New()
	for _, name := range f.names() {
		// Lengths first, so that no file can run into the next.
		_ = binary.Write(digest, binary.BigEndian, [2]uint64{uint64(len(name)), uint64(len(f.contents[name]))})
		_, _ = digest.Write([]byte(name))
		_, _ = digest.Write(f.contents[name])
	}
	return hex.EncodeToString(digest.Sum(nil)[:6])
}

// check refuses a set of files that cannot be a policy.
func (f *files) check() error {
	for name := range f.contents {
		if isRego(name) && !isTest(name) {
			return nil
		}
	}
	return errors.New("no .rego file, other than tests, in the policy")
}

func isRego(name string) bool { return path.Ext(name) == ".rego" }

func isTest(name string) bool { return strings.HasSuffix(name, "_test.rego") }

func isData(name string) bool {
	return slices.Contains([]string{".json", ".yaml", ".yml"}, path.Ext(name))
}
