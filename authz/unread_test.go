package authz

import (
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"
)

// Whoever was told that changes may go unseen is told when that is over, although
// the files are as they were.
func TestWatchingThatIsMendedIsToldOf(t *testing.T) {
	files := fstest.MapFS{"a.rego": {Data: []byte("package httpapi.authz\n\ndefault allow := false\n")}}
	var told []error
	e, err := NewEmbedded(t.Context(), EmbeddedConfig{
		Load: func() (fs.FS, error) { return files, nil }, Package: "httpapi.authz",
		OnReload: func(_ string, _ []string, err error) { told = append(told, err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	told = nil // of the beginning
	lost := errors.New("too many are watched")
	for _, watching := range []error{nil, lost, nil, nil} {
		e.reloadChanged(t.Context(), watching)
	}
	if len(told) != 2 || !errors.Is(told[0], lost) || told[1] != nil {
		t.Errorf("told of %v, want the loss and its end", told)
	}
}
