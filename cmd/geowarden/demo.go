package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/geowarden/geowarden/internal/demo"
	"github.com/geowarden/geowarden/policies"
)

// demoTokenLife is long enough to try things out in peace.
const demoTokenLife = time.Hour

// demoKey opens the API-key mode of the demo; like all of the demo it is good
// on loopback only.
const demoKey = "demo-key"

func newDemoCmd(a *app) *cobra.Command {
	var mode string
	var port int
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run the gateway with a sample OGC API and a sample identity provider, and print what to try",
		Long: `Run the gateway in front of a sample OGC API, with a sample identity provider
whose users belong to two organisations, and print the curl lines to try. All of
it listens on loopback, in this process; nothing is read from the environment
and nothing is kept.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context(), Mode(mode), port) },
	}
	cmd.Flags().StringVar(&mode, "mode", string(ModeOIDC), "api-key, jwks, oidc or open")
	cmd.Flags().IntVar(&port, "port", 5000, "the gateway's port; 0 takes a free one")
	return cmd
}

// sample is the demo's two peers, and where they listen.
type sample struct {
	issuer   *demo.Issuer
	upstream string
	gateway  string
	folder   string // of this run; it is removed at the end
	policy   string // a copy of the sample policy in it, to be changed while the demo runs
}

func (a *app) demo(ctx context.Context, mode Mode, port int) error {
	if port < 0 || port > 65535 {
		return errors.New("--port is not between 0 and 65535")
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	peers, err := newSample(ctx, port)
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(peers.folder) }()
	environ, err := peers.environ(mode, port)
	if err != nil {
		return err
	}
	s, warnings, err := loadSettings(environ, os.DevNull) //nolint:contextcheck // settings are read to the end, and at once
	if err != nil {
		return err
	}
	err = a.serve(ctx, s, warnings, func(address string) { a.print("%s", peers.lines(mode, address)) })
	if err != nil && strings.HasPrefix(err.Error(), "HOST, PORT:") {
		return fmt.Errorf("%w; choose another with --port", err)
	}
	return err
}

// newSample starts the two peers; they stop with the context.
func newSample(ctx context.Context, port int) (*sample, error) {
	issuer, err := demo.NewIssuer(demo.IssuerConfig{TokenLifetime: demoTokenLife})
	if err != nil {
		return nil, err
	}
	at, err := serveOnLoopback(ctx, issuer)
	if err != nil {
		return nil, err
	}
	issuer.SetBaseURL(at)
	// The back end calls itself by the public address, which is the recommended
	// set-up; with a port that is not known yet, links are rewritten instead.
	config := demo.UpstreamConfig{ServerURL: "http://localhost:" + strconv.Itoa(port) + "/geoapi"}
	upstream := demo.NewUpstream(config)
	up, err := serveOnLoopback(ctx, upstream)
	if err != nil {
		return nil, err
	}
	p := &sample{issuer: issuer, upstream: up, gateway: config.ServerURL}
	if port == 0 {
		upstream.SetServerURL(up)
		p.gateway = up
	}
	return p, p.copyPolicy("examples/company")
}

// serveOnLoopback serves on a free port and returns the address.
func serveOnLoopback(ctx context.Context, h http.Handler) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	go func() { _ = server.Serve(listener) }()
	return "http://" + listener.Addr().String(), nil
}

// copyPolicy writes one of the policies that ship into a folder of its own.
func (p *sample) copyPolicy(name string) error {
	sub, err := fs.Sub(policies.FS, name)
	if err != nil {
		return err
	}
	if p.folder, err = os.MkdirTemp("", "geowarden-demo-"); err != nil {
		return err
	}
	p.policy = filepath.Join(p.folder, "policy")
	return os.CopyFS(p.policy, sub)
}

// environ is the configuration of the demo, as an operator would write it.
func (p *sample) environ(mode Mode, port int) ([]string, error) {
	environ := []string{
		"ENV_STATE=dev", "HOST=127.0.0.1", "PORT=" + strconv.Itoa(port),
		"DEV_UPSTREAM_URL=" + p.upstream, "DEV_UPSTREAM_SERVER_URL=" + p.gateway, "DEV_LOG_FORMAT=console", "DEV_SHUTDOWN_TIMEOUT=2s",
	}
	switch mode {
	case ModeOpen:
	case ModeAPIKey:
		environ = append(environ, "DEV_API_KEY_ENABLED=true", "DEV_PYGEOAPI_KEY_GLOBAL="+demoKey)
	case ModeJWKS:
		environ = append(environ, "DEV_JWKS_ENABLED=true", "DEV_OAUTH2_JWKS_ENDPOINT="+p.issuer.JWKSURL(), "DEV_OAUTH2_TOKEN_ENDPOINT="+p.issuer.TokenURL(),
			"DEV_OAUTH2_EXPECTED_ISSUER="+p.issuer.BaseURL(), "DEV_OAUTH2_EXPECTED_AUDIENCE=account")
	case ModeOIDC:
		environ = append(environ, "DEV_OPA_ENABLED=true", "DEV_OIDC_WELL_KNOWN_ENDPOINT="+p.issuer.DiscoveryURL(), "DEV_OIDC_CLIENT_ID="+demo.Clients()[0].ID,
			"DEV_POLICY_PATH="+p.policy)
	default:
		return nil, errors.New("--mode is api-key, jwks, oidc or open")
	}
	return environ, nil
}

// lines is what the demo prints: where everything is, and what to try.
func (p *sample) lines(mode Mode, address string) string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say("\nGeowarden in the mode %s, in front of a sample OGC API. Stop it with Ctrl-C. In another terminal:\n", mode)
	say("export G=%s", address)
	switch mode {
	case ModeOpen:
		say("curl -i $G/collections/obs/items            # 200: nobody is asked")
		say("curl -i $G/admin/config                     # 403: closed all the same")
	case ModeAPIKey:
		say("export KEY=%s", demoKey)
		say("curl -i $G/collections/obs                          # 401: no api key")
		say("curl -i -H \"X-API-KEY: $KEY\" $G/collections/obs     # 200")
		say("curl -i \"$G/openapi?f=json\"                         # 200: public, and names the key")
	default:
		p.sayTokens(say)
		say("curl -i $G/collections/obs                                                     # 401: no token")
		say("curl -i -H \"Authorization: Bearer $TOKEN_OSGEO\" $G/collections/obs             # 200: obs is for osgeo")
		if mode == ModeJWKS {
			say("curl -i -H \"Authorization: Bearer $TOKEN_GEOBEYOND\" $G/collections/obs/items   # 200: any valid token may do anything")
			say("curl -i -H \"Authorization: Bearer ${TOKEN_OSGEO}x\" $G/collections/obs          # 401: the signature is wrong")
			break
		}
		say("curl -i -H \"Authorization: Bearer $TOKEN_OSGEO\" $G/collections/lakes/items     # 403: and says why")
		say("curl -i -H \"Authorization: Bearer $TOKEN_GEOBEYOND\" $G/collections/lakes/items # 200: lakes is for geobeyond")
		say("\nThe policy is in %s: change authz.rego, and authz_test.rego with it, and it is tested and loaded while the demo runs.", p.policy)
	}
	say("")
	return b.String()
}

// sayTokens prints how to sign in as each of the users.
func (p *sample) sayTokens(say func(string, ...any)) {
	client := demo.Clients()[0]
	for _, u := range demo.Users() {
		say("export TOKEN_%s=$(curl -s %s -d grant_type=password -d client_id=%s -d client_secret=%s -d username=%s -d password=%s | sed 's/.*\"access_token\": *\"\\([^\"]*\\)\".*/\\1/')",
			strings.ToUpper(u.Company), p.issuer.TokenURL(), client.ID, client.Secret, u.Name, u.Password)
	}
}
