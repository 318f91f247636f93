package listen_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap/zapcore"

	"github.com/geowarden/geowarden/internal/listen"
)

func TestHTTP2IsChosenWithinTLS(t *testing.T) {
	ca := newAuthority(t, "ca")
	r, _ := secure(t, listen.Config{}, filesOf(t, ca.issue(), nil))
	got := served(t, client(t, &tls.Config{RootCAs: ca.pool()}), "https://localhost:"+r.port)
	if got.proto != 2 || got.tls.Version != tls.VersionTLS13 || got.tls.CurveID != tls.X25519MLKEM768 {
		t.Errorf("HTTP/%d, %s, %s", got.proto, tls.VersionName(got.tls.Version), got.tls.CurveID)
	}
	old := client(t, &tls.Config{RootCAs: ca.pool(), NextProtos: []string{"http/1.1"}})
	old.Transport.(*http.Transport).ForceAttemptHTTP2 = false
	if got := served(t, old, "https://localhost:"+r.port); got.proto != 1 {
		t.Errorf("a client of HTTP/1.1 got HTTP/%d", got.proto)
	}
}

// Old versions and suites are how BEAST, Lucky Thirteen and ROBOT come in.
func TestOldTLSIsRefused(t *testing.T) {
	ca := newAuthority(t, "ca")
	r, _ := secure(t, listen.Config{}, filesOf(t, ca.issue(), nil))
	for name, tt := range map[string]struct {
		max    uint16
		suites []uint16
		fault  string
	}{
		"TLS 1.0":               {tls.VersionTLS10, nil, "protocol version not supported"},
		"TLS 1.1":               {tls.VersionTLS11, nil, "protocol version not supported"},
		"TLS 1.2 with CBC":      {tls.VersionTLS12, []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA}, "handshake failure"},
		"TLS 1.2 with AES-GCM":  {tls.VersionTLS12, []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}, ""},
		"TLS 1.2 with ChaCha20": {tls.VersionTLS12, []uint16{tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305}, ""},
		"TLS 1.3":               {tls.VersionTLS13, nil, ""},
	} {
		c, err := tls.Dial("tcp", r.addr(), &tls.Config{RootCAs: ca.pool(), MinVersion: tls.VersionTLS10, MaxVersion: tt.max, CipherSuites: tt.suites})
		if err == nil {
			_ = c.Close()
		}
		if (err == nil) != (tt.fault == "") || err != nil && !strings.Contains(err.Error(), tt.fault) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A stranger can make a line of each handshake; the disk is not his to fill.
func TestBrokenHandshakesWriteFewLines(t *testing.T) {
	r, _ := secure(t, listen.Config{}, filesOf(t, newAuthority(t, "ca").issue(), nil))
	for range 200 {
		c := dial(t, r, "")
		send(c, "this is no handshake\r\n\r\n")
		closed(t, c)
	}
	lines := r.logs.FilterMessageSnippet("TLS handshake error").All()
	if n := len(lines); n == 0 || n > 60 {
		t.Errorf("%d lines of 200 handshakes", n)
	}
	for _, l := range lines {
		if l.Level != zapcore.DebugLevel {
			t.Fatalf("at level %s: %s", l.Level, l.Message)
		}
	}
}

// A handshake that does not go on ends like a header that does not.
func TestASlowHandshakeEnds(t *testing.T) {
	r, _ := secure(t, listen.Config{HeaderTimeout: 200 * time.Millisecond}, filesOf(t, newAuthority(t, "ca").issue(), nil))
	c := dial(t, r, "")
	send(c, "\x16\x03\x01\x02\x00\x01") // a ClientHello that goes no further
	closed(t, c)
}

// shown is the common name that the server's certificate bears.
func shown(t *testing.T, r *rig, ca *authority) string {
	t.Helper()
	c, err := tls.Dial("tcp", r.addr(), &tls.Config{RootCAs: ca.pool()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	return c.ConnectionState().PeerCertificates[0].Subject.CommonName
}

func TestABrokenPairLeavesTheLastGoodOne(t *testing.T) {
	ca := newAuthority(t, "ca")
	first, second := ca.issue(named("first")), ca.issue(named("second"))
	files := filesOf(t, first, nil)
	r, reloads := secure(t, listen.Config{}, files)
	for name, contents := range map[string]map[string][]byte{
		"a key of another certificate": {files.Key: second.key},
		"no certificate":               {files.Certificate: []byte("nothing")},
		"a certificate cut short":      {files.Certificate: first.cert[:len(first.cert)/2]},
		"no key":                       {files.Key: first.cert},
		"an empty file":                {files.Key: nil},
	} {
		put(t, contents)
		err := await(t, reloads, false)
		var f *listen.Finding
		if !errors.As(err, &f) || contents[f.File] == nil && f.File != files.Key {
			t.Errorf("%s: %v", name, err)
		}
		if got := shown(t, r, ca); got != "first" {
			t.Errorf("%s: the certificate shown is %q", name, got)
		}
		put(t, map[string][]byte{files.Certificate: first.cert, files.Key: first.key})
		_ = await(t, reloads, true)
	}
	put(t, map[string][]byte{files.Certificate: second.cert, files.Key: second.key})
	eventually(t, "the next good pair is shown", func() bool { return shown(t, r, ca) == "second" })
}

// The kubelet exchanges one link for all files of a Secret at once.
func TestAMountedSecretIsFollowed(t *testing.T) {
	ca := newAuthority(t, "ca")
	dir := t.TempDir()
	link := func(target, name string) {
		t.Helper()
		if err := errors.Join(os.Symlink(target, name+".tmp"), os.Rename(name+".tmp", name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, version := range []string{"first", "second"} {
		p := ca.issue(named(version))
		if err := os.Mkdir(filepath.Join(dir, ".."+version), 0o700); err != nil {
			t.Fatal(err)
		}
		put(t, map[string][]byte{filepath.Join(dir, ".."+version, "tls.crt"): p.cert, filepath.Join(dir, ".."+version, "tls.key"): p.key})
	}
	link("..first", filepath.Join(dir, "..data"))
	files := listen.Files{Certificate: filepath.Join(dir, "tls.crt"), Key: filepath.Join(dir, "tls.key")}
	link("..data/tls.crt", files.Certificate)
	link("..data/tls.key", files.Key)
	r, reloads := secure(t, listen.Config{}, files)
	if got := shown(t, r, ca); got != "first" {
		t.Fatalf("at first %q", got)
	}
	link("..second", filepath.Join(dir, "..data"))
	if err := await(t, reloads, true); err != nil {
		t.Error(err)
	}
	if got := shown(t, r, ca); got != "second" {
		t.Errorf("after the exchange %q", got)
	}
}

func TestRenewalUnderLoadFailsNoHandshake(t *testing.T) {
	ca := newAuthority(t, "ca")
	files := filesOf(t, ca.issue(ending(time.Now().Add(2*time.Hour))), nil)
	r, reloads := secure(t, listen.Config{}, files)
	ctx, stop := context.WithCancel(t.Context())
	var handshakes atomic.Int64
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for ctx.Err() == nil {
				c, err := tls.Dial("tcp", r.addr(), &tls.Config{RootCAs: ca.pool()})
				if err != nil {
					t.Errorf("a handshake failed: %v", err)
					return
				}
				handshakes.Add(1)
				_ = c.Close()
			}
		})
	}
	for i := range 5 {
		before := handshakes.Load()
		p := ca.issue(ending(time.Now().Add(time.Duration(i+3) * time.Hour)))
		put(t, map[string][]byte{files.Certificate: p.cert, files.Key: p.key})
		_ = await(t, reloads, true)
		eventually(t, "handshakes go on", func() bool { return handshakes.Load() > before+10 })
	}
	stop()
	clients.Wait()
}

func TestTheCertificatesEndIsTold(t *testing.T) {
	ca := newAuthority(t, "ca")
	end := time.Now().Add(48 * time.Hour).Truncate(time.Second).UTC()
	c, err := listen.NewCertificates(filesOf(t, ca.issue(ending(end)), nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.CertificateExpiry(); !got.Equal(end) {
		t.Errorf("%s, want %s", got, end)
	}
}

// What is wrong with a file is said under its name, all of it at once, and
// nothing of a key.
func TestFindingsNameTheirFile(t *testing.T) {
	ca := newAuthority(t, "ca")
	good, other := ca.issue(), ca.issue()
	leafOnly := filesOf(t, good, good.cert)
	mixed := filesOf(t, good, append(ca.pem(), []byte("-----BEGIN CERTIFICATE-----\ngarbled\n-----END CERTIFICATE-----\n")...))
	open := filesOf(t, good, nil)
	if err := os.Chmod(open.Key, 0o644); err != nil {
		t.Fatal(err)
	}
	grouped := filesOf(t, good, nil)
	if err := os.Chmod(grouped.Key, 0o640); err != nil {
		t.Fatal(err)
	}
	missing := listen.Files{Certificate: filepath.Join(t.TempDir(), "a.crt"), Key: filepath.Join(t.TempDir(), "a.key"), ClientCAs: filepath.Join(t.TempDir(), "a.ca")}
	mismatch := filesOf(t, pair{good.cert, other.key}, nil)
	expired := filesOf(t, ca.issue(func(c *x509.Certificate) {
		c.NotBefore = time.Now().Add(-48 * time.Hour)
		c.NotAfter = time.Now().Add(-24 * time.Hour)
	}), nil)
	early := filesOf(t, ca.issue(func(c *x509.Certificate) {
		c.NotBefore = time.Now().Add(24 * time.Hour)
		c.NotAfter = time.Now().Add(48 * time.Hour)
	}), nil)
	for name, tt := range map[string]struct {
		files          listen.Files
		faults, doubts string
	}{
		"good":                         {filesOf(t, good, ca.pem()), "", ""},
		"all missing":                  {missing, missing.Certificate + " cannot be read: no such file or directory\n" + missing.Key + " cannot be read: no such file or directory\n" + missing.ClientCAs + " cannot be read: no such file or directory", ""},
		"a key of another":             {mismatch, mismatch.Key + " is not the private key", ""},
		"an authority that is none":    {leafOnly, leafOnly.ClientCAs + " holds the certificate of CN=test, which is no authority's", ""},
		"an authority that is garbled": {mixed, mixed.ClientCAs + " holds PEM that is cut or garbled", ""},
		"a key for everybody":          {open, "", open.Key + " can be read by everybody"},
		"a key for a group":            {grouped, "", ""},
		"expired":                      {expired, "", expired.Certificate + " expired on "},
		"not valid yet":                {early, "", early.Certificate + " is not valid before "},
	} {
		faults, doubts := tt.files.Examine(time.Now())
		for what, v := range map[string]struct {
			got  []*listen.Finding
			want string
		}{"faults": {faults, tt.faults}, "doubts": {doubts, tt.doubts}} {
			var lines []string
			for _, f := range v.got {
				lines = append(lines, f.Error())
			}
			got := strings.Join(lines, "\n")
			if v.want == "" && got != "" || !strings.HasPrefix(got, v.want) || strings.Contains(got, "PRIVATE KEY-") {
				t.Errorf("%s: %s %q, want %q", name, what, got, v.want)
			}
		}
		if _, err := listen.NewCertificates(tt.files, nil); (err == nil) != (tt.faults == "") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
