package listen

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Files are the paths of what TLS is made of, all in PEM.
type Files struct {
	Certificate string // with its chain
	Key         string
	ClientCAs   string // authorities of which one must have signed a client's certificate; empty asks for none
}

// Part is what a file is there for.
type Part int

// The parts, one for each field of Files.
const (
	PartCertificate Part = iota
	PartKey
	PartClientCAs
)

// Finding is what is wrong or doubtful about one file. Its text names the file
// and holds nothing of its content but a certificate's name and dates. Part
// tells what the file was read for: two fields of Files can name the same one.
type Finding struct {
	Part Part
	File string
	What string
}

func (f *Finding) Error() string { return f.File + " " + f.What }

// material is what the files hold together.
type material struct {
	pair      tls.Certificate // with Leaf
	clientCAs *x509.CertPool  // nil where none are asked for
	digest    [sha256.Size]byte
}

// Examine reads the files as NewCertificates does. It returns everything for
// which that would fail, and what is doubtful about files that it would accept.
func (f Files) Examine(now time.Time) (faults, doubts []*Finding) {
	m, faults := f.read()
	if len(faults) > 0 {
		return faults, nil
	}
	leaf := m.pair.Leaf
	switch {
	case now.After(leaf.NotAfter):
		doubts = append(doubts, &Finding{PartCertificate, f.Certificate, "expired on " + day(leaf.NotAfter) + ": clients refuse it; put a new one in its place, which is read without a restart"})
	case now.Before(leaf.NotBefore):
		doubts = append(doubts, &Finding{PartCertificate, f.Certificate, "is not valid before " + day(leaf.NotBefore) + ": clients refuse it until then; is this machine's clock right?"})
	}
	if info, err := os.Stat(f.Key); err == nil && info.Mode().Perm()&othersMay != 0 {
		doubts = append(doubts, &Finding{PartKey, f.Key, fmt.Sprintf("can be read by everybody on this machine, or written by others than its owner (mode %04o); chmod 0600 or 0640", info.Mode().Perm())})
	}
	return nil, doubts
}

// othersMay are the rights that a private key should not give: reading to
// everybody, writing to anybody but its owner. Reading by a group is how
// Debian's ssl-cert and Kubernetes hand a key to a service.
const othersMay fs.FileMode = 0o026

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// read makes of the files what TLS needs, or says everything that is wrong.
func (f Files) read() (m material, faults []*Finding) {
	digest := sha256.New()
	content := func(part Part, name string) []byte {
		data, err := os.ReadFile(name) //nolint:gosec // the operator's own setting
		if err != nil {
			faults = append(faults, &Finding{part, name, "cannot be read: " + pathless(err).Error()})
		}
		_, _ = fmt.Fprintf(digest, "%d:%s%v", len(data), data, err)
		return data
	}
	chain, key := content(PartCertificate, f.Certificate), content(PartKey, f.Key)
	var authorities []byte
	if f.ClientCAs != "" {
		authorities = content(PartClientCAs, f.ClientCAs)
	}
	digest.Sum(m.digest[:0])
	if len(faults) > 0 {
		return m, faults
	}
	if _, err := certificates(chain); err != nil {
		faults = append(faults, &Finding{PartCertificate, f.Certificate, err.Error()})
	} else if m.pair, err = tls.X509KeyPair(chain, key); err != nil {
		faults = append(faults, &Finding{PartKey, f.Key, "is not the private key, in PEM and without a passphrase, of the certificate in " + f.Certificate + ": " + err.Error()})
	}
	if f.ClientCAs != "" {
		pool, err := authorityPool(authorities)
		if err != nil {
			faults = append(faults, &Finding{PartClientCAs, f.ClientCAs, err.Error()})
		}
		m.clientCAs = pool
	}
	return m, faults
}

// certificates reads every certificate in PEM, and refuses what is cut or
// garbled: crypto/x509 skips what it cannot read, and an authority that was
// skipped is noticed only by those whom it keeps out.
func certificates(data []byte) (all []*x509.Certificate, err error) {
	begun := bytes.Count(data, []byte("-----BEGIN "))
	for ; ; begun-- {
		block, rest := pem.Decode(data)
		if block == nil {
			break
		}
		data = rest
		if !strings.HasSuffix(block.Type, "CERTIFICATE") {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("holds a certificate that cannot be read: %w", err)
		}
		all = append(all, c)
	}
	switch {
	case begun != 0:
		return nil, errors.New("holds PEM that is cut or garbled")
	case len(all) == 0:
		return nil, errors.New("holds no certificate in PEM")
	}
	return all, nil
}

// authorityPool reads the authorities of client certificates. One that may sign
// none is a mistake, such as the gateway's own certificate.
func authorityPool(data []byte) (*x509.CertPool, error) {
	all, err := certificates(data)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	for _, c := range all {
		if !c.IsCA {
			return nil, fmt.Errorf("holds the certificate of %s, which is no authority's", c.Subject)
		}
		pool.AddCert(c)
	}
	return pool, nil
}

// observe watches the folders whose changes can change the files.
func (f Files) observe(add func(folder string) error) error {
	for _, name := range []string{f.Certificate, f.Key, f.ClientCAs} {
		if name == "" {
			continue
		}
		if err := add(filepath.Dir(name)); err != nil {
			return err
		}
	}
	return nil
}

func pathless(err error) error {
	if p := new(fs.PathError); errors.As(err, &p) {
		return p.Err
	}
	return err
}
