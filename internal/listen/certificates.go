package listen

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"sync/atomic"
	"time"

	"github.com/geowarden/geowarden/internal/watch"
)

// Certificates is what the gateway shows to clients, and which authorities it
// asks of them. It follows its files while Watch runs.
type Certificates struct {
	files    Files
	onReload func(error)
	current  atomic.Pointer[inForce]
	seen     [sha256.Size]byte // the files when they were last read; Watch's alone
}

// inForce is made once of one state of the files, and never changes.
type inForce struct {
	tls    *tls.Config
	expiry time.Time
}

// NewCertificates reads the files. It fails where one cannot be read, where key
// and certificate do not belong together, and where an authority of clients is
// none; the error joins a *Finding for each fault. A certificate that has
// expired is accepted: clients refuse it, and the next one is read when it
// comes.
//
// onReload, which may be nil, is told of each reload, and why it failed.
func NewCertificates(files Files, onReload func(error)) (*Certificates, error) {
	if onReload == nil {
		onReload = func(error) {}
	}
	c := &Certificates{files: files, onReload: onReload}
	m, faults := files.read()
	if len(faults) > 0 {
		return nil, joined(faults)
	}
	c.apply(m)
	c.seen = m.digest
	return c, nil
}

// CertificateExpiry is when the certificate in force ends.
func (c *Certificates) CertificateExpiry() time.Time { return c.current.Load().expiry }

// Watch follows the files until ctx ends; then it returns nil. Files that are
// broken, or a key that does not belong to its certificate, leave what was in
// force, all of it, until they are mended. Connections that are open stay so.
func (c *Certificates) Watch(ctx context.Context) error {
	w, err := watch.New(watch.Config{
		Folders: c.files.observe,
		Look:    func(context.Context, error) { c.reload() },
	})
	if err != nil {
		return err
	}
	return w.Run(ctx)
}

// reload puts the files in force if they are others than the last time.
func (c *Certificates) reload() {
	m, faults := c.files.read()
	if m.digest == c.seen {
		return
	}
	c.seen = m.digest
	if len(faults) == 0 {
		c.apply(m)
	}
	c.onReload(joined(faults))
}

func (c *Certificates) apply(m material) {
	c.current.Store(&inForce{tls: newTLSConfig(m), expiry: m.pair.Leaf.NotAfter})
}

// config is for the server: each handshake takes what is in force when it
// begins. A session that is resumed is held to it too: crypto/tls looks again
// whether the client's certificate leads to an authority of today.
func (c *Certificates) config() *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return c.current.Load().tls, nil },
	}
}

// newTLSConfig demands authenticated encryption and forward secrecy, which all
// of TLS 1.3 has and these suites of 1.2 (RFC 9325 section 4.2). The curves are
// Go's, the post-quantum one first.
func newTLSConfig(m material) *tls.Config {
	cfg := &tls.Config{
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"h2", "http/1.1"},
		Certificates: []tls.Certificate{m.pair},
		CipherSuites: []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305,
		},
	}
	if m.clientCAs != nil {
		cfg.ClientAuth, cfg.ClientCAs = tls.RequireAndVerifyClientCert, m.clientCAs
	}
	return cfg
}

func joined(faults []*Finding) error {
	var all []error
	for _, f := range faults {
		all = append(all, f)
	}
	return errors.Join(all...)
}
