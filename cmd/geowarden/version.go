package main

import (
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

func newVersionCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, the commit and the Go it was built with",
		Args:  cobra.NoArgs,
		Run: func(*cobra.Command, []string) {
			a.print("%s\n", versionLine(buildInfo()))
		},
	}
}

// versionLine says what was built, from what and with what. Parts that the
// build did not record are left out; info may be nil.
func versionLine(info *debug.BuildInfo) string {
	parts := []string{"geowarden"}
	if info != nil {
		parts = append(parts, info.Main.Version)
		vcs := map[string]string{}
		for _, s := range info.Settings {
			vcs[s.Key] = s.Value
		}
		if commit := vcs["vcs.revision"]; commit != "" {
			parts = append(parts, "commit "+commit)
		}
		if vcs["vcs.modified"] == "true" {
			parts = append(parts, "with changes")
		}
	}
	return strings.Join(append(parts, runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH), " ")
}

// version and commit are set by the linker (-X main.version=…) where the build
// has no repository to read them from, as in a container's.
var version, commit string

// buildInfo is what the build recorded, or nil.
func buildInfo() *debug.BuildInfo {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	if version != "" {
		info.Main.Version = version
	}
	if commit != "" {
		info.Settings = append(info.Settings, debug.BuildSetting{Key: "vcs.revision", Value: commit})
	}
	return info
}
