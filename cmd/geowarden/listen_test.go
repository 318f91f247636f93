package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// writeCertificates puts into a folder: ca.crt, an authority; tls.crt and
// tls.key, a certificate of it for localhost; other.key, which belongs to none.
func writeCertificates(dir string) error {
	sign := func(name string, of *x509.Certificate, by *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, error) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, nil, err
		}
		c := &x509.Certificate{
			SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"},
			IsCA: of == nil, BasicConstraintsValid: true,
		}
		if of == nil {
			of, by = c, key
		}
		der, err := x509.CreateCertificate(rand.Reader, c, of, key.Public(), by)
		if err != nil {
			return nil, nil, err
		}
		c, err = x509.ParseCertificate(der)
		return c, key, err
	}
	write := func(name, kind string, der []byte) error {
		return os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
	}
	ca, caKey, err := sign("ca", nil, nil)
	if err != nil {
		return err
	}
	leaf, key, err := sign("localhost", ca, caKey)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	otherDER, err2 := x509.MarshalPKCS8PrivateKey(caKey)
	return errors.Join(err, err2, write("ca.crt", "CERTIFICATE", ca.Raw), write("tls.crt", "CERTIFICATE", leaf.Raw),
		write("tls.key", "PRIVATE KEY", keyDER), write("other.key", "PRIVATE KEY", otherDER))
}

// secured runs the gateway with a certificate of its own.
func secured(t *testing.T, environ ...string) (p *program, dir string, client *http.Client) {
	t.Helper()
	dir = t.TempDir()
	if err := writeCertificates(dir); err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(filepath.Join(dir, "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	_, upstream := backend(t)
	p = start(t, []string{"serve"}, serveEnv(t, append(environ, upstream, "DEV_TLS_CERT_FILE="+filepath.Join(dir, "tls.crt"), "DEV_TLS_KEY_FILE="+filepath.Join(dir, "tls.key"))...)...)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return p, dir, &http.Client{Transport: transport}
}

// healthcheck asks the program as its container would.
func (p *program) healthcheck(environ ...string) (string, error) {
	p.t.Helper()
	u, err := url.Parse(p.url)
	if err != nil {
		p.t.Fatal(err)
	}
	var out output
	err = run(p.t.Context(), []string{"healthcheck", "--env-file", os.DevNull, "--timeout", "20s"}, append(environ, "PORT="+u.Port()), &out, &out)
	return out.String(), err
}

func TestServesWithTLSAndFollowsItsCertificate(t *testing.T) {
	p, dir, client := secured(t)
	if !strings.HasPrefix(p.url, "https://localhost:") {
		t.Errorf("the public address is %s", p.url)
	}
	res, err := client.Get(p.url + "/collections/obs?f=json")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK || res.ProtoMajor != 2 {
		t.Errorf("%s %s %v", res.Proto, res.Status, err)
	}
	if !strings.Contains(string(body), p.url+"/collections/obs") {
		t.Errorf("links do not lead to %s: %.300s", p.url, body)
	}
	if out, err := p.healthcheck("DEV_TLS_CERT_FILE=" + filepath.Join(dir, "tls.crt")); err != nil || out != "ready\n" {
		t.Errorf("healthcheck: %q %v", out, err)
	}
	if err := os.Rename(filepath.Join(dir, "other.key"), filepath.Join(dir, "tls.key")); err != nil {
		t.Fatal(err)
	}
	p.wait("the wrong key to be told", func() bool { return strings.Contains(p.stderr.String(), "certificate not reloaded") })
	if err := writeCertificates(dir); err != nil {
		t.Fatal(err)
	}
	p.wait("the new certificate", func() bool { return strings.Contains(p.stderr.String(), `"certificate reloaded"`) })
	if err := p.end(); err != nil {
		t.Error(err)
	}
}

// Who has no certificate gets no answer at all, the health check neither; that
// it is asked for one shows that the gateway lives.
func TestClientCertificatesAreDemanded(t *testing.T) {
	dir := t.TempDir()
	if err := writeCertificates(dir); err != nil {
		t.Fatal(err)
	}
	p, _, client := secured(t, "DEV_TLS_CLIENT_CA_FILE="+filepath.Join(dir, "ca.crt"))
	for _, path := range []string{"/collections", "/../healthz"} {
		if res, err := client.Get(p.url + path); err == nil {
			_ = res.Body.Close()
			t.Errorf("%s: %s without a certificate", path, res.Status)
		}
	}
	const tlsOn = "DEV_TLS_CERT_FILE=any"
	if out, err := p.healthcheck(tlsOn); err != nil || !strings.HasPrefix(out, "alive\n") {
		t.Errorf("healthcheck: %q %v", out, err)
	}
	if out, err := p.healthcheck(); err == nil {
		t.Errorf("plain http counts as healthy: %q", out)
	}
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key"))
	if err != nil {
		t.Fatal(err)
	}
	client.Transport.(*http.Transport).TLSClientConfig.Certificates = []tls.Certificate{pair}
	client.CloseIdleConnections()
	res, err := client.Get(p.url + "/collections")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("with a certificate: %s", res.Status)
	}
}

// The limits that are set are those that are kept.
func TestLimitsReachTheListener(t *testing.T) {
	_, upstream := backend(t)
	p := start(t, []string{"serve"}, serveEnv(t, upstream, "DEV_MAX_HEADER_BYTES=4KiB", "DEV_MAX_CONNECTIONS_PER_ADDRESS=2", "DEV_HEADER_TIMEOUT=500ms", "DEV_IDLE_TIMEOUT=10m", "DEV_MAX_CONNECTIONS=900000")...)
	address := strings.TrimSuffix(strings.TrimPrefix(p.url, "http://"), "/geoapi")
	dial := func() net.Conn {
		t.Helper()
		c, err := net.Dial("tcp4", strings.Replace(address, "localhost", "127.0.0.1", 1))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		return c
	}
	large := dial()
	head := "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: " + strings.Repeat("a", 8<<10)
	_, _ = io.WriteString(large, head[:8<<10]) // all that is read: what is left would cut the answer short
	status := make([]byte, 12)
	if _, err := io.ReadFull(large, status); err != nil || string(status) != "HTTP/1.1 431" {
		t.Errorf("a large header: %q %v", status, err)
	}
	_ = large.Close()
	slow := dial()
	if got, err := io.ReadAll(slow); err != nil || len(got) > 0 {
		t.Errorf("a slow header: %.60q %v", got, err)
	}
	_ = slow.Close()
	// Two idle ones, which have asked for something, and no third.
	p.wait("two places", func() bool {
		both := []net.Conn{dial(), dial()}
		for _, c := range both {
			_, _ = io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
			if _, err := c.Read(make([]byte, 1)); err != nil {
				_, _ = both[0].Close(), both[1].Close()
				return false
			}
		}
		return true
	})
	third := dial()
	_, _ = io.WriteString(third, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if n, err := third.Read(make([]byte, 1)); n > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a third connection: %d %v", n, err)
	}
	if !strings.Contains(p.stderr.String(), "DEV_MAX_CONNECTIONS: this process may open") {
		t.Error("the log does not say that there are too few open files for so many connections")
	}
}
