package listen_test

import (
	"crypto/tls"
	"testing"

	"github.com/geowarden/geowarden/internal/listen"
)

// knock tries to make a request, and says whether it was answered and whether
// its session was resumed. In TLS 1.3 a client learns only by reading that its
// certificate was refused.
func knock(t *testing.T, r *rig, cfg *tls.Config) (answered, resumed bool) {
	t.Helper()
	c, err := tls.Dial("tcp", r.addr(), cfg)
	if err != nil {
		return false, false
	}
	defer func() { _ = c.Close() }()
	send(c, request)
	got := answer(t, c)
	return len(got) > 12 && got[:12] == "HTTP/1.1 200", c.ConnectionState().DidResume
}

func TestOnlyClientsOfTheAuthorityComeIn(t *testing.T) {
	ours, theirs := newAuthority(t, "clients"), newAuthority(t, "clients") // of the same name
	server := newAuthority(t, "server")
	r, _ := secure(t, listen.Config{}, filesOf(t, server.issue(), ours.pem()))
	self := newAuthority(t, "clients")
	for name, tt := range map[string]struct {
		certificates []tls.Certificate
		want         bool
	}{
		"one of ours":                 {[]tls.Certificate{ours.issue().certificate(t)}, true},
		"none":                        {nil, false},
		"one of another authority":    {[]tls.Certificate{theirs.issue().certificate(t)}, false},
		"one of the server's":         {[]tls.Certificate{server.issue().certificate(t)}, false},
		"one that signed itself":      {[]tls.Certificate{self.issue().certificate(t)}, false},
		"one of ours that is expired": {[]tls.Certificate{ours.issue(ending(ended)).certificate(t)}, false},
		"one of ours for servers":     {[]tls.Certificate{ours.issue(forServers).certificate(t)}, false},
	} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			cfg := &tls.Config{RootCAs: server.pool(), ServerName: "localhost", MaxVersion: version, Certificates: tt.certificates}
			// Sent although the server names other authorities, as an attacker would.
			if len(tt.certificates) > 0 {
				cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &tt.certificates[0], nil }
			}
			if got, _ := knock(t, r, cfg); got != tt.want {
				t.Errorf("%s, %s: let in %v", name, tls.VersionName(version), got)
			}
		}
	}
}

// A session ticket is no way past a change of authorities (CVE-2025-68121), nor
// is a session that goes on refused where nothing changed.
func TestATicketIsNoWayPastAChangedAuthority(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			before, after := newAuthority(t, "before"), newAuthority(t, "after")
			server := newAuthority(t, "server")
			files := filesOf(t, server.issue(), before.pem())
			r, reloads := secure(t, listen.Config{}, files)
			with := func(a *authority) *tls.Config {
				certificate := a.issue().certificate(t)
				return &tls.Config{
					RootCAs: server.pool(), ServerName: "localhost", MaxVersion: version, ClientSessionCache: tls.NewLRUClientSessionCache(8),
					GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &certificate, nil },
				}
			}
			old, other := with(before), with(after)
			if in, _ := knock(t, r, old); !in {
				t.Fatal("a client of the authority is refused")
			}
			if in, resumed := knock(t, r, old); !in || !resumed {
				t.Fatalf("let in %v, resumed %v: without a ticket this shows nothing", in, resumed)
			}
			if in, _ := knock(t, r, other); in {
				t.Fatal("a client of another authority is let in")
			}
			put(t, map[string][]byte{files.ClientCAs: after.pem()})
			_ = await(t, reloads, true)
			if in, resumed := knock(t, r, old); in || resumed {
				t.Errorf("after the change: let in %v, resumed %v", in, resumed)
			}
			if in, _ := knock(t, r, other); !in {
				t.Error("a client of the new authority is refused")
			}
		})
	}
}

// Whatever becomes of the file, the door does not open.
func TestAuthoritiesThatAreGoneLetNobodyElseIn(t *testing.T) {
	ours, server := newAuthority(t, "clients"), newAuthority(t, "server")
	files := filesOf(t, server.issue(), ours.pem())
	r, reloads := secure(t, listen.Config{}, files)
	for _, content := range []string{"", "nothing", string(server.issue().cert)} {
		put(t, map[string][]byte{files.ClientCAs: []byte(content)})
		_ = await(t, reloads, false)
		if in, _ := knock(t, r, &tls.Config{RootCAs: server.pool(), ServerName: "localhost"}); in {
			t.Errorf("with %.20q somebody without a certificate is let in", content)
		}
		if in, _ := knock(t, r, &tls.Config{RootCAs: server.pool(), ServerName: "localhost", Certificates: []tls.Certificate{ours.issue().certificate(t)}}); !in {
			t.Errorf("with %.20q the last good authority is gone", content)
		}
	}
}
