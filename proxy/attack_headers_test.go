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
		"X-Forwarded-Prefix: /evil", "X-Forwarded-Port: 99999", "X-Forwarded-Uri: /evil", "X-Real-Ip: 6.6.6.6", "True-Client-Ip: 6.6.6.6", "X_Forwarded_Host: evil.test", "X.Forwarded.For: 6.6.6.6",
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
		if strings.Contains(strings.Join(values, " "), "evil") || strings.Contains(strings.Join(values, " "), "6.6.6.6") || strings.Contains(strings.Join(values, " "), "99999") {
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

// What a decision was made on arrives as it was, also where the client names
// it in Connection, which makes a reverse proxy remove it.
func TestConnectionHeaderDeletesNothingThatWasDecidedOn(t *testing.T) {
	r := newRig(t, "oidc", func(r *rig, cfg *proxy.Config) {
		cfg.Authz = r.policy("default")
		cfg.PolicyHeaders = []string{"x-purpose"}
		cfg.ForwardBearer = true
	})
	token := r.token(osgeo)
	a, _, _ := r.raw("POST " + contexts + "/collections/obs/items HTTP/1.1\r\nHost: gateway.test\r\n" + token +
		"\r\nX-Purpose: audit\r\nX_Purpose: steal\r\nContent-Type: application/query-cql-json\r\nConnection: close, Content-Type, content-TYPE, X-Purpose, Authorization\r\nContent-Length: 2\r\n\r\n{}")
	in, _ := r.asked.last()
	if in.Request.Resource.Operation != "read" || len(in.Header["x-purpose"]) != 1 || in.Header["x-purpose"][0] != "audit" {
		t.Fatalf("status %d: decided on %+v, %v", a.StatusCode, in.Request.Resource, in.Header)
	}
	got := r.lastArrived().Header
	if got.Get("Content-Type") != "application/query-cql-json" || got.Get("X-Purpose") != "audit" || got["X_purpose"] != nil {
		t.Errorf("a read was decided, and arrived: %v", got)
	}
	if "Authorization: "+got.Get("Authorization") != token {
		t.Error("the token that is to be passed on is gone")
	}
}

// Headers that some servers take for others do not arrive at all: the back end
// could read a type, a length or a path that nobody decided on. gunicorn takes
// SCRIPT_NAME and PATH_INFO from loopback, and /static would become /admin.
func TestHeadersThatOtherServersReadDifferentlyDoNotArrive(t *testing.T) {
	r := newRig(t, "open")
	for _, name := range []string{
		"Content_Type", "Content.Type", "Content_Length", "Transfer_Encoding", "X~Auth~User", "X+Forwarded+For", "Script_Name", "Script-Name", "Path-Info", "PATH_INFO",
		"X-Script-Name", "X-Original-Url", "X-Rewrite-Url", "X-Original-Method", "Request-Uri", "Query-String", "Request-Method", "Via", "X-Accel-Redirect", "Proxy",
	} {
		r.upstream.Reset()
		a, _, _ := r.raw(request("GET", contexts+"/static/style.css", name+": /static"))
		if a.StatusCode >= 500 {
			t.Errorf("%s: status %d", name, a.StatusCode)
		}
		for header := range r.lastArrived().Header {
			if strings.EqualFold(header, name) {
				t.Errorf("%s arrived", header)
			}
		}
	}
}

// Only a trusted proxy's X-Forwarded-Host counts, and only if it says one thing.
func TestForwardedAddressSaysOneThing(t *testing.T) {
	r := newRig(t, "open", func(_ *rig, cfg *proxy.Config) {
		cfg.ForwardedByProxy = true
		cfg.TrustedPeers = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	for name, headers := range map[string][]string{
		"two hosts":             {"X-Forwarded-Host: a.test", "X-Forwarded-Host: b.test", "X-Forwarded-Proto: https"},
		"two hosts in one":      {"X-Forwarded-Host: a.test, b.test", "X-Forwarded-Proto: https"},
		"two schemes":           {"X-Forwarded-Host: a.test", "X-Forwarded-Proto: https", "X-Forwarded-Proto: http"},
		"another scheme":        {"X-Forwarded-Host: a.test", "X-Forwarded-Proto: javascript"},
		"no scheme":             {"X-Forwarded-Host: a.test"},
		"a host with a user":    {"X-Forwarded-Host: u@a.test", "X-Forwarded-Proto: https"},
		"a prefix that climbs":  {"X-Forwarded-Host: a.test", "X-Forwarded-Proto: https", "X-Forwarded-Prefix: /../x"},
		"a prefix with a quote": {"X-Forwarded-Host: a.test", "X-Forwarded-Proto: https", "X-Forwarded-Prefix: /\"x"},
	} {
		body := r.do("GET", "/collections/obs?f=json", headers...).body
		for _, bad := range []string{"b.test", "javascript:", "u@", "/../x", "/\"x", `/\\\"x`} {
			if strings.Contains(body, bad) {
				t.Errorf("%s: links hold %s", name, bad)
			}
		}
		if strings.Contains(body, "a.test") && !strings.HasPrefix(name, "a prefix") {
			t.Errorf("%s: links lead to a.test", name)
		}
	}
	r.do("GET", "/collections/obs", "X-Forwarded-For: nonsense, <b>, 198.51.100.7")
	if got := r.lastArrived().Header.Get("X-Forwarded-For"); got != "198.51.100.7, 127.0.0.1" {
		t.Errorf("the chain that arrived: %s", got)
	}
}

// A claim that cannot stand in a header, or is absent, leaves its header absent.
func TestClaimsThatCannotStandInAHeader(t *testing.T) {
	r := newRig(t, "oidc", func(_ *rig, cfg *proxy.Config) { cfg.IdentityHeaders = map[string]string{"X-Auth-Test": "test"} })
	for _, tt := range []struct {
		claim any
		want  string
	}{
		{"plain", "plain"}, {true, "true"}, {12, "12"}, {[]string{"a", "b"}, "a,b"}, {[]string{"a,b"}, ""}, {"a\r\nX-Evil: 1", ""}, {"caf\u00e9", ""}, {map[string]any{"a": 1}, ""}, {nil, ""}, {"", ""},
	} {
		r.upstream.Reset()
		token := r.issuer.Sign(r.with(map[string]any{"test": tt.claim}))
		r.do("GET", "/collections/obs", "Authorization: Bearer "+token, "X-Auth-Test: mallory")
		got, there := r.lastArrived().Header["X-Auth-Test"]
		if (tt.want == "") == there || there && got[0] != tt.want {
			t.Errorf("%#v arrived as %v", tt.claim, got)
		}
	}
}
