package main

import (
	"bytes"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// machine is the kind of machine and program that was measured: nothing that
// tells one machine of a kind from another.
type machine struct {
	commit string
	golang string // that the program was built with
	model  string // of the processor
	cores  int
	memory string
	kernel string
}

func thisMachine(binary string) (machine, error) {
	m := machine{cores: runtime.NumCPU(), commit: commit()}
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return m, err
	}
	m.golang = info.GoVersion
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	version, _, _ := strings.Cut(strings.TrimSpace(string(release)), "-") // what follows is a vendor's
	m.kernel = "Linux " + version
	memory, err2 := field("/proc/meminfo", "MemTotal")
	model, err3 := field("/proc/cpuinfo", "model name")
	var kilobytes int64
	_, err4 := fmt.Sscanf(memory, "%d kB", &kilobytes)
	m.model, m.memory = model, fmt.Sprintf("%.0f GiB", float64(kilobytes)/(1<<20))
	return m, errors.Join(err, err2, err3, err4)
}

// field is the first value of a name in one of the kernel's tables; some
// processors have no model name.
func field(table, name string) (string, error) {
	text, err := os.ReadFile(table) //nolint:gosec // one of the kernel's
	for line := range bytes.Lines(text) {
		key, value, found := strings.Cut(string(line), ":")
		if found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value), nil
		}
	}
	return "unknown", err
}

// commit names the source tree, as far as git knows it.
func commit() string {
	out, err := exec.Command("git", "rev-parse", "--short=12", "HEAD").Output() //nolint:noctx // it reads one file
	if err != nil {
		return "unknown"
	}
	name := strings.TrimSpace(string(out))
	changed, err := exec.Command("git", "status", "--porcelain", "--untracked-files=no", "--", "*.go", "*.rego", "go.mod").Output() //nolint:noctx // as above
	if err != nil || len(changed) > 0 {
		name += ", with changes that are not committed"
	}
	return name
}
