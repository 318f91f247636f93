package proxy_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/geowarden/geowarden/authz"
	"github.com/geowarden/geowarden/proxy"
)

// Row 6: CVE-2026-40575, CVE-2026-35051, GHSA-3fxj-6jh8-hvhx. What a client
// that nobody trusts says about itself changes nothing.
func TestForwardedHeadersOfAStrangerChangeNothing(t *testing.T) {
	var seen authz.Input
	r := newRig(t, "open", func(_ *rig, cfg *proxy.Config) {
		cfg.ForwardedByProxy = true
		cfg.UpstreamServer = "http://inside.test:5000"
		cfg.Authz = deciding(func(in authz.Input) (authz.Decision, error) {
			seen = in
			return authz.Decision{Allow: true}, nil
		})
	})
	r.upstream.SetServerURL("http://inside.test:5000")
	lies := []string{
		"Forwarded: for=6.6.6.6;host=evil.test;proto=https", "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Host: evil.test", "X-Forwarded-Proto: https",
		"X-Forwarded-Prefix: /evil", "X-Forwarded-Port: 666", "X-Forwarded-Uri: /evil", "X-Real-Ip: 6.6.6.6", "True-Client-Ip: 6.6.6.6", "X_Forwarded_Host: evil.test", "X.Forwarded.For: 6.6.6.6",
	}
	a := r.do("GET", "/collections/obs?f=json", lies...)
	if strings.Contains(a.body, "evil") || !strings.Contains(a.body, r.gateway.URL+contexts+"/collections/obs") {
		t.Errorf("links follow a stranger: %s", a.body)
	}
	if got := seen.ClientIP; got != netip.MustParseAddr("127.0.0.1") {
		t.Errorf("the policy was told that %s asks", got)
	}
	got := r.lastArrived()
	for name, values := range got.Header {
		if strings.Contains(strings.Join(values, " "), "evil") || strings.Contains(strings.Join(values, " "), "6.6.6.6") || strings.Contains(strings.Join(values, " "), "666") {
			t.Errorf("arrived: %s: %s", name, values)
		}
	}
	if got.Header.Get("X-Forwarded-For") != "127.0.0.1" || "http://"+got.Header.Get("X-Forwarded-Host") != r.gateway.URL || got.Header.Get("X-Forwarded-Prefix") != contexts {
		t.Errorf("what is set anew is not there: %v", got.Header)
	}
}

// A trusted proxy in front is believed, and the chain is kept.
func TestForwardedHeadersOfATrustedProxyCount(t *testing.T) {
	var seen authz.Input
	r := newRig(t, "open", func(_ *rig, cfg *proxy.Config) {
		cfg.ForwardedByProxy = true
		cfg.TrustedPeers = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		cfg.Authz = deciding(func(in authz.Input) (authz.Decision, error) {
			seen = in
			return authz.Decision{Allow: true}, nil
		})
	})
	a := r.do("GET", "/collections/obs?f=json", "X-Forwarded-For: 6.6.6.6, 198.51.100.7", "X-Forwarded-Host: maps.example.org", "X-Forwarded-Proto: https", "X-Forwarded-Prefix: /v1")
	if want := "https://maps.example.org/v1" + contexts + "/collections/obs"; !strings.Contains(a.body, want) {
		t.Errorf("no link to %s: %s", want, a.body)
	}
	if got := seen.ClientIP; got != netip.MustParseAddr("198.51.100.7") {
		t.Errorf("the policy was told that %s asks", got)
	}
	if got := r.lastArrived().Header.Get("X-Forwarded-For"); got != "6.6.6.6, 198.51.100.7, 127.0.0.1" {
		t.Errorf("X-Forwarded-For: %s", got)
	}
	for _, bad := range []string{"evil.test/x", "a b", "evil.test, maps.example.org", `"><script>`, "user@evil.test", ""} {
		b := r.do("GET", "/collections/obs?f=json", "X-Forwarded-Host: "+bad, "X-Forwarded-Proto: https")
		if !strings.Contains(b.body, r.gateway.URL+contexts) {
			t.Errorf("X-Forwarded-Host %q changed links: %s", bad, b.body)
		}
	}
}

// Row 7: CVE-2026-30851, CVE-2025-64484, CVE-2026-33433. A client never speaks
// for somebody, in whatever spelling, also where the claim is absent.
func TestIdentityHeadersOfAClientNeverArrive(t *testing.T) {
	r := newRig(t, "oidc", func(_ *rig, cfg *proxy.Config) {
		cfg.IdentityHeaders = map[string]string{"X-Auth-User": "sub", "X-Auth-Company": "company", "X-Auth-Missing": "no_such_claim"}
	})
	names := []string{
		"X-Auth-User", "x-auth-user", "X_Auth_User", "X.Auth.User", "x-auth_user", "X-Auth-Missing", "X_Auth_Missing", "X-Auth-Anything",
		"X-Forwarded-User", "X_Forwarded_User", "X-Forwarded-Email", "X-Forwarded-Groups", "X-Forwarded-Access-Token", "Remote-User", "Remote_User", "REMOTE.USER", "X-Remote-User", "X-Webauth-User", "X-Authenticated-User", "Ssl-Client-S-Dn", "X-Ms-Client-Principal", "X-Goog-Authenticated-User-Email",
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			r.upstream.Reset()
			a, _, _ := r.raw(request("GET", contexts+"/collections/obs", r.token(osgeo), name+": mallory"))
			if a.StatusCode != http.StatusOK {
				t.Fatalf("status %d: %s", a.StatusCode, a.body)
			}
			got := r.lastArrived().Header
			for header, values := range got {
				if strings.Contains(strings.Join(values, " "), "mallory") {
					t.Errorf("arrived: %s: %s", header, values)
				}
			}
			if got.Get("X-Auth-User") == "" || got.Get("X-Auth-Company") != "osgeo" || got.Get("X-Auth-Missing") != "" {
				t.Errorf("identity: %v", got)
			}
		})
	}
}

// Row 8: CVE-2021-33197, CVE-2024-45410, CVE-2026-29054. A client that names a
// header in Connection does not delete what the gateway sets.
func TestConnectionHeaderDeletesNothingOfOurs(t *testing.T) {
	r := newRig(t, "oidc", func(_ *rig, cfg *proxy.Config) {
		cfg.IdentityHeaders = map[string]string{"X-Auth-User": "sub"}
		cfg.UpstreamHeader = http.Header{"X-Gateway-Secret": {"proof"}}
	})
	for _, name := range []string{"X-Auth-User", "x-auth-user", "X-Forwarded-For", "X-Forwarded-Host", "x-forwarded-proto", "X-Forwarded-Prefix", "X-Request-Id", "X-Gateway-Secret", "x-gateway-SECRET"} {
		t.Run(name, func(t *testing.T) {
			r.upstream.Reset()
			r.do("GET", "/collections/obs", r.token(osgeo), "Connection: close, "+name)
			if got := r.lastArrived().Header.Get(name); got == "" {
				t.Errorf("%s is gone", name)
			}
		})
	}
}

// The secret that proves the gateway to the back end is the gateway's alone.
func TestClientCannotSetTheGatewaysSecret(t *testing.T) {
	r := newRig(t, "open", func(_ *rig, cfg *proxy.Config) { cfg.UpstreamHeader = http.Header{"X-Gateway-Secret": {"proof"}} })
	r.do("GET", "/collections/obs", "X-Gateway-Secret: forged", "X_Gateway_Secret: forged")
	got := r.lastArrived().Header
	if values := got.Values("X-Gateway-Secret"); len(values) != 1 || values[0] != "proof" {
		t.Errorf("X-Gateway-Secret: %v", values)
	}
	if got.Get("X_Gateway_Secret") != "" {
		t.Error("another spelling of the secret's header arrived")
	}
}
