package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// app is what the commands share: where they read and where they write.
type app struct {
	environ []string // "NAME=value" each
	envFile string   // --env-file; "" is .env, if it is there
	stdout  io.Writer
	stderr  io.Writer
}

// settings loads the configuration and shows its warnings.
func (a *app) settings() (*Settings, error) {
	s, warnings, err := loadSettings(a.environ, a.envFile)
	for _, w := range warnings {
		a.note("warning: %s", w)
	}
	return s, err
}

// print writes what the command was asked for.
func (a *app) print(format string, args ...any) {
	_, _ = fmt.Fprintf(a.stdout, format, args...)
}

// note writes a line about it, which no pipe should carry on.
func (a *app) note(format string, args ...any) {
	_, _ = fmt.Fprintf(a.stderr, format+"\n", args...)
}

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:           "geowarden",
		Short:         "An authenticating reverse proxy in front of OGC API back ends",
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.CompletionOptions.HiddenDefaultCmd = true
	root.PersistentFlags().StringVar(&a.envFile, "env-file", "", "file to read settings from, after the environment (default .env, if it is there)")
	root.AddCommand(
		newServeCmd(a),
		newDemoCmd(a),
		newConfigCmd(a),
		newKeysCmd(a),
		newHealthcheckCmd(a),
		newVersionCmd(a),
	)
	return root
}
