package authn

import (
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"time"
)

// keyHeader is the header that carries an API key, X-API-KEY, as Go spells it.
const keyHeader = "X-Api-Key"

// KeysConfig says which API keys are good.
type KeysConfig struct {
	Static map[string]string // the name of a key -> the key itself
	File   string            // the path of a file of hashed keys; empty: none
	Now    func() time.Time

	// OnReload is called by Watch after each try to reread the file, with the
	// number of keys in force and what was wrong with the file, if anything.
	OnReload func(n int, err error)
}

// Keys knows API keys by their digests; the keys themselves are not kept.
type Keys struct {
	cfg     KeysConfig
	static  []keyEntry
	current atomic.Pointer[keyTable]
	seen    fileState // the file when it was last read; Watch's alone
}

// A keyEntry is one API key: its name and its digest, raw bytes of SHA-256 or SHA-512.
type keyEntry struct {
	name     string
	digest   string
	expires  time.Time // zero: never
	disabled bool
}

// A keyTable is the keys in force. It never changes; a reload makes another.
//
// Looking a digest up in a map leaks nothing through time, unlike comparing the
// key itself: what the comparison depends on is the digest of what was sent,
// and nobody can choose that, not even its first byte, towards the digest of a
// key that they do not know (CVE-2026-32595's class). It also costs the same
// for one key and for ten thousand.
type keyTable struct {
	sha256, sha512 map[string]knownKey
}

type knownKey struct {
	keyEntry
	principal *Principal
}

// NewKeys checks the static keys and reads the file. It refuses a key that is
// empty or could never be sent, two keys that are the same, a file with a
// fault, and having no key at all; the error names each culprit, never a key.
func NewKeys(cfg KeysConfig) (*Keys, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.OnReload == nil {
		cfg.OnReload = func(int, error) {}
	}
	static, err := staticEntries(cfg.Static)
	if err != nil {
		return nil, err
	}
	k := &Keys{cfg: cfg, static: static}
	data, seen, err := k.read()
	if err != nil {
		return nil, err
	}
	if err := k.apply(data); err != nil {
		return nil, err
	}
	k.seen = seen
	if k.Len() == 0 {
		return nil, errors.New("no api key is configured: nobody could come in")
	}
	return k, nil
}

func staticEntries(static map[string]string) ([]keyEntry, error) {
	var entries []keyEntry
	var faults []error
	first := map[string]string{}
	for _, name := range sortedNames(static) {
		secret := static[name]
		digest := sha256.Sum256([]byte(secret))
		twin, taken := first[secret]
		switch {
		case secret == "":
			faults = append(faults, fmt.Errorf("the api key %s is empty", name))
		case !isSendable(secret):
			faults = append(faults, fmt.Errorf("the api key %s could never be sent: a header holds visible ASCII characters, no space around them, and 16 KiB at most", name))
		case taken:
			faults = append(faults, fmt.Errorf("the api keys %s and %s are the same", twin, name))
		}
		first[secret] = name
		entries = append(entries, keyEntry{name: name, digest: string(digest[:])})
	}
	return entries, errors.Join(faults...)
}

func sortedNames(static map[string]string) []string {
	names := make([]string, 0, len(static))
	for name := range static {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// isSendable reports whether a secret arrives as it is in a header field (RFC
// 9110 section 5.5).
func isSendable(secret string) bool {
	for i := range len(secret) {
		if c := secret[i]; c < ' ' || c > '~' {
			return false
		}
	}
	return len(secret) <= maxCredential && secret[0] != ' ' && secret[len(secret)-1] != ' '
}

// newKeyTable refuses two entries of one name, which the log could not tell
// apart, and two of one digest.
func newKeyTable(entries []keyEntry) (*keyTable, error) {
	table := &keyTable{sha256: map[string]knownKey{}, sha512: map[string]knownKey{}}
	names := map[string]bool{}
	for _, entry := range entries {
		digests := table.sha256
		if len(entry.digest) == sha512.Size {
			digests = table.sha512
		}
		if names[entry.name] {
			return nil, fmt.Errorf("two api keys have the name %s: rename one", entry.name)
		}
		if twin, taken := digests[entry.digest]; taken {
			return nil, fmt.Errorf("the api keys %s and %s are the same: remove one", twin.name, entry.name)
		}
		names[entry.name] = true
		digests[entry.digest] = knownKey{entry, &Principal{Kind: Key, ID: entry.name}}
	}
	return table, nil
}

// Len returns how many keys are in force, the expired and disabled ones included.
func (k *Keys) Len() int {
	table := k.current.Load()
	return len(table.sha256) + len(table.sha512)
}

// Authenticate returns the principal of the key in the header X-API-KEY; no
// other header is read. Every error is an *Error.
func (k *Keys) Authenticate(r *http.Request) (*Principal, error) {
	values := r.Header[keyHeader]
	switch {
	case len(values) == 0 || len(values) == 1 && values[0] == "":
		return nil, missing("no api key")
	case len(values) > 1:
		return nil, ambiguous("the X-API-KEY header is there more than once")
	case len(values[0]) > maxCredential:
		return nil, invalidKey("length")
	}
	known, ok := k.current.Load().find(values[0])
	switch {
	case !ok:
		return nil, invalidKey("unknown")
	case known.disabled:
		return nil, invalidKey("disabled")
	case !known.expires.IsZero() && !k.cfg.Now().Before(known.expires):
		return nil, invalidKey("expired")
	}
	return known.principal, nil
}

// invalidKey tells the caller the same whatever failed; the check is for the log.
func invalidKey(check string) error { return invalid(check, "invalid api key") }

func (t *keyTable) find(secret string) (knownKey, bool) {
	digest := sha256.Sum256([]byte(secret))
	known, ok := t.sha256[string(digest[:])]
	if ok || len(t.sha512) == 0 {
		return known, ok
	}
	longer := sha512.Sum512([]byte(secret))
	known, ok = t.sha512[string(longer[:])]
	return known, ok
}
