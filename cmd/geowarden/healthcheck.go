package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

func newHealthcheckCmd(a *app) *cobra.Command {
	var live bool
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask the running gateway whether it is ready, and exit 1 if not",
		Long: `Ask the gateway that listens on HOST and PORT whether it is ready, and exit 1
with the reason if not: a health check for a container without a shell.

With TLS_CLIENT_CA_FILE the gateway answers nobody without a certificate of
those authorities, and the check has none: that it is asked for one shows that
the gateway lives, not that it is ready.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			base, err := a.ownAddress()
			if err != nil {
				return err
			}
			path := "/readyz"
			if live {
				path = "/healthz"
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			return a.probe(ctx, base+path)
		},
	}
	cmd.Flags().BoolVar(&live, "live", false, "ask /healthz (is it running?) instead of /readyz (can it serve?)")
	cmd.Flags().DurationVar(&timeout, "timeout", 3*time.Second, "how long the answer may take")
	return cmd
}

// ownAddress is where the gateway can be reached from this machine. No setting
// but HOST, PORT and TLS_CERT_FILE is looked at: one that was changed for the
// next start does not make the running gateway ill.
func (a *app) ownAddress() (string, error) {
	r := &report{}
	s, _ := readSettings(a.environ, a.envFile, r)
	s.checkListen(r)
	if r.broken["HOST"] || r.broken["PORT"] || s.Port == 0 {
		return "", errors.New("HOST and PORT do not say where the gateway listens")
	}
	host := s.Host
	if ip := net.ParseIP(host); ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip.To4() == nil {
			host = "::1"
		}
	}
	scheme := "http://"
	if s.TLSOn() {
		scheme = "https://"
	}
	return scheme + net.JoinHostPort(host, strconv.Itoa(s.Port)), nil
}

// probe asks once. No proxy of the environment stands between a program and
// itself, and no certificate names the loopback address: what is asked is not
// who answers but whether, and nothing is sent that is not public.
func (a *app) probe(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13, InsecureSkipVerify: true}}, //nolint:gosec // see above
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if demandsCertificate(err) {
		a.print("alive\n")
		a.note("a client certificate is asked for, so readiness cannot be")
		return nil
	}
	if err != nil {
		return fmt.Errorf("nothing answers at %s; does the gateway run, with the same HOST and PORT? %w", url, err)
	}
	defer func() { _ = resp.Body.Close() }()
	var body struct {
		Status   string   `json:"status"`
		Reason   string   `json:"reason"`
		Degraded []string `json:"degraded"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&body); err != nil {
		return fmt.Errorf("%s answered %s, without a status", url, resp.Status)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %d %q, reason %q", url, resp.StatusCode, body.Status, body.Reason)
	}
	a.print("%s\n", body.Status)
	if len(body.Degraded) > 0 {
		a.note("degraded: %q", body.Degraded)
	}
	return nil
}

// demandsCertificate reports that a handshake of TLS was well but for the
// client's certificate (RFC 8446 section 6.2). crypto/tls names what the other
// end said by its text alone.
func demandsCertificate(err error) bool {
	var remote *net.OpError
	return errors.As(err, &remote) && remote.Op == "remote error" && remote.Err.Error() == "tls: certificate required"
}
