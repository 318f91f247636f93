package main

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/geowarden/geowarden/authn"
)

func newKeysCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Manage the file of API keys",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newKeysNewCmd(a))
	return cmd
}

func newKeysNewCmd(a *app) *cobra.Command {
	var file, expires string
	cmd := &cobra.Command{
		Use:   "new NAME",
		Short: "Make an API key, print it once, and append its digest to the keys file",
		Long: `Make an API key, print it once, and append its digest to the keys file under
NAME, which is what the log shows. The key itself is kept nowhere. A gateway
that runs sees the change by itself.`,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return errors.New("give the key one NAME, as in: geowarden keys new alice")
			}
			end, err := parseExpiry(expires, time.Now())
			if err != nil {
				return err
			}
			if file == "" {
				if file, err = a.keysFile(); err != nil {
					return err
				}
			}
			key, err := authn.AppendKey(file, args[0], end)
			if err != nil {
				return err
			}
			a.print("%s\n", key)
			a.note("This is the only time that the key of %s shows; its digest is in %s.", args[0], file)
			return nil
		},
	}
	cmd.Flags().StringVar(&file, "file", "", "the keys file (default API_KEYS_FILE)")
	cmd.Flags().StringVar(&expires, "expires", "", "when the key ends: 90d, a date such as 2027-01-31 (its beginning, UTC), or RFC 3339 (default never)")
	return cmd
}

// keysFile is the file that the settings name. The others may be wrong: the
// first key is often made before the rest is written.
func (a *app) keysFile() (string, error) {
	r := &report{}
	s, _ := readSettings(a.environ, a.envFile, r)
	if s.APIKeysFile == "" {
		return "", errors.New("which file? Give --file, or set " + s.full("API_KEYS_FILE"))
	}
	return s.APIKeysFile, nil
}

// maxDays keeps a number of days within what a time can count.
const maxDays = 36500

// parseExpiry reads when a key ends. Empty is never: the zero time. A time
// that is over already is refused.
func parseExpiry(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	end, err := time.Parse(time.RFC3339, text)
	if err != nil {
		end, err = time.Parse(time.DateOnly, text)
	}
	if days, found := strings.CutSuffix(text, "d"); found {
		var n int
		if n, err = strconv.Atoi(days); n < 1 || n > maxDays {
			err = errors.New("out of range")
		}
		end = now.AddDate(0, 0, n)
	}
	switch {
	case err != nil:
		return time.Time{}, errors.New("--expires is not a number of days such as 90d, a date such as 2027-01-31, or RFC 3339")
	case !end.After(now):
		return time.Time{}, errors.New("--expires is over already")
	}
	return end.UTC().Truncate(time.Second), nil
}
