package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"go.uber.org/zap"
)

func newConfigCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Print the settings in force and where each came from",
		Long: `Print the settings in force and where each came from: the environment, the .env
file, the file of a secret, or the default. Secrets do not show.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			s, err := a.settings()
			if err != nil {
				return err
			}
			return s.print(a)
		},
	}
	cmd.AddCommand(newConfigCheckCmd(a), newConfigDocsCmd(a))
	return cmd
}

func newConfigCheckCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Say everything that is wrong with the settings, and exit 1 if anything is",
		Long: `Read the settings, the policy and the files of keys and certificates as 'serve'
does, without listening and without a network; say everything that is wrong, and
exit 1 if anything is.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.settings()
			if err != nil {
				return err
			}
			g, err := newGateway(cmd.Context(), s, newObserved(), zap.NewNop())
			if err != nil {
				return err
			}
			for _, w := range g.warnings {
				a.note("warning: %s", w)
			}
			a.print("the settings are good: mode %s, %s, in front of %s\n", s.Mode(), s.PublicURL(), s.UpstreamURL)
			return nil
		},
	}
}

func newConfigDocsCmd(a *app) *cobra.Command {
	var env bool
	cmd := &cobra.Command{
		Use:   "docs",
		Short: "Print what every setting means, as docs/configuration.md",
		Args:  cobra.NoArgs,
		Run: func(*cobra.Command, []string) {
			if env {
				a.print("%s", exampleFile())
				return
			}
			a.print("%s", referencePage())
		},
	}
	cmd.Flags().BoolVar(&env, "env", false, "print a .env file to begin with, as .env.example")
	return cmd
}

// print lists the settings in reading order: name, value, origin.
func (s *Settings) print(a *app) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	line := func(name, value string) {
		origin := s.origins[name]
		if origin == "" {
			value, origin = "-", "not set"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", name, value, origin)
	}
	_, _ = fmt.Fprintln(w, "NAME\tVALUE\tFROM")
	for f := range s.fields() {
		if !f.many() {
			line(f.full(s.prefix), fmt.Sprint(f.value.Interface()))
			continue
		}
		for _, variable := range s.keyNames() {
			line(variable, redacted)
		}
	}
	return w.Flush()
}
