package authn

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
)

// keyPrefix begins every key made here, so that scanners for leaked secrets know it.
const keyPrefix = "gw_"

// AppendKey makes a key of 256 random bits, appends its digest to the keys file
// under name, and returns the key: it is not kept and cannot be had again. A
// zero expires never ends. The file is made (mode 0600) if it is not there;
// what is in it stays byte for byte. A name that is taken or malformed, a file
// with a fault and one that cannot be appended to are refused, and then nothing
// is written.
func AppendKey(file, name string, expires time.Time) (secret string, err error) {
	old, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("the keys file: %w", err)
	}
	known, err := parseKeys(old)
	if err != nil && !errors.Is(err, errNoList) {
		return "", fmt.Errorf("the keys file %s: %w", file, err)
	}
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails: it ends the program instead
	secret = keyPrefix + base64.RawURLEncoding.EncodeToString(random[:])
	digest := sha256.Sum256([]byte(secret))
	entry := keyEntry{name: name, digest: string(digest[:]), expires: expires}

	addition := entry.yaml(old)
	if err := checkAddition(old, addition, known, entry); err != nil {
		return "", fmt.Errorf("the keys file %s: %w", file, err)
	}
	if err := appendFile(file, addition); err != nil {
		return "", fmt.Errorf("the keys file: %w", err)
	}
	return secret, nil
}

// yaml writes the entry as it is appended to old: on a line of its own, with
// the indentation of the list there.
func (e keyEntry) yaml(old []byte) []byte {
	indent := ""
	if list, err := parseKeyList(old); err == nil {
		indent = strings.Repeat(" ", list.Column-1)
	}
	var b strings.Builder
	if len(old) > 0 && old[len(old)-1] != '\n' {
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "%s- name: %q\n", indent, e.name)
	fmt.Fprintf(&b, "%s  digest: sha256:%s\n", indent, hex.EncodeToString([]byte(e.digest)))
	if !e.expires.IsZero() {
		fmt.Fprintf(&b, "%s  expires: %s\n", indent, e.expires.UTC().Format(time.RFC3339))
	}
	return []byte(b.String())
}

// checkAddition reads the file as it would become: the entries that were there
// and the new one, or nothing is written.
func checkAddition(old, addition []byte, known []keyEntry, entry keyEntry) error {
	if !keyName.MatchString(entry.name) {
		return errors.New("the name must be 1 to 64 letters, digits and ._@-, and begin with a letter or digit")
	}
	for _, other := range known {
		if other.name == entry.name {
			return fmt.Errorf("a key has the name %s already: choose another", entry.name)
		}
	}
	entries, err := parseKeys(append(append([]byte{}, old...), addition...))
	if err != nil || len(entries) != len(known)+1 || entries[len(known)].digest != entry.digest {
		return errors.New("nothing can be appended to its list: write it as a block, a line that begins with - for each key")
	}
	return nil
}

// appendFile writes in one piece, so that who reads at the same time sees all
// of it or none.
func appendFile(file string, addition []byte) (err error) {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // the operator names the file
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(addition); err != nil {
		return err
	}
	return f.Sync()
}
