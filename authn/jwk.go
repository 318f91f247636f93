package authn

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/lestrrat-go/jwx/v3/jwk"
)

// The sizes of RSA keys that are accepted, in bits: under the first they can be
// broken (RFC 7518 section 3.3), over the second they only cost time.
const (
	minRSA = 2048
	maxRSA = 8192
)

// parsePublicKey makes one JWK usable (RFC 7517 section 4), or says why it is
// not. kid is returned even so, where it can be told. Only the members that
// make up the public key are handed on; x5c, x5u and the like are not read.
func parsePublicKey(data []byte) (k *publicKey, kid string, err error) {
	members, err := decodeObject(data)
	if err != nil {
		return nil, "", err
	}
	kid, _ = members["kid"].(string)
	k = &publicKey{}
	if k.kty, _ = members["kty"].(string); k.kty != "RSA" {
		k.crv, _ = members["crv"].(string)
	}
	if err := checkPurpose(members); err != nil {
		return nil, kid, err
	}
	if alg, ok := members["alg"]; ok {
		if k.alg, ok = alg.(string); !ok || k.alg == "" {
			return nil, kid, errors.New("its alg is not a string")
		}
	}
	if !k.fitsAny() {
		return nil, kid, errors.New("its kty, crv and alg do not make a signature algorithm that is accepted")
	}
	if k.public, err = exportPublicKey(members); err != nil {
		return nil, kid, err
	}
	return k, kid, nil
}

func (k *publicKey) fitsAny() bool {
	for alg := range algorithms {
		if k.fits(alg) {
			return true
		}
	}
	return false
}

func checkPurpose(members map[string]any) error {
	if use, ok := members["use"]; ok && use != "sig" {
		return errors.New("its use is not sig")
	}
	if _, ok := members["d"]; ok {
		return errors.New("its private part is published with it")
	}
	ops, ok := members["key_ops"]
	if !ok {
		return nil
	}
	list, _ := ops.([]any)
	for _, op := range list {
		if op == "verify" {
			return nil
		}
	}
	return errors.New("its key_ops does not have verify")
}

func exportPublicKey(members map[string]any) (crypto.PublicKey, error) {
	bare := map[string]any{}
	for _, name := range []string{"kty", "crv", "n", "e", "x", "y"} {
		if value, ok := members[name]; ok {
			bare[name] = value
		}
	}
	data, err := json.Marshal(bare)
	if err != nil {
		return nil, errors.New("it cannot be parsed")
	}
	parsed, err := jwk.ParseKey(data)
	if err != nil {
		return nil, errors.New("it cannot be parsed")
	}
	var public any
	if err := jwk.Export(parsed, &public); err != nil {
		return nil, errors.New("it cannot be parsed")
	}
	return public, checkStrength(public)
}

func checkStrength(public any) error {
	switch key := public.(type) {
	case *rsa.PublicKey:
		switch {
		case key.N.BitLen() < minRSA:
			return errors.New("it is an RSA key of less than 2048 bits")
		case key.N.BitLen() > maxRSA:
			return errors.New("it is an RSA key of more than 8192 bits")
		case key.E < 3 || key.E%2 == 0: // with an exponent of 1 every signature is right
			return errors.New("its exponent is not that of an RSA key")
		case isROCA(key.N):
			return errors.New("it was made by a device whose keys can be broken (ROCA)")
		}
	case *ecdsa.PublicKey: // that it is a point of its curve was checked when it was parsed
	case ed25519.PublicKey:
		if len(key) != ed25519.PublicKeySize { // with another length verifying panics
			return errors.New("it does not have the length of an Ed25519 key")
		}
	default:
		return errors.New("its kind is not accepted")
	}
	return nil
}

// splitKeySet returns the raw keys of a JWK set (RFC 7517 section 5). One that
// is broken inside is found later, alone; the set must be well formed.
func splitKeySet(body []byte) ([]jsontext.Value, error) {
	broken := errors.New("the key set is not a JSON object with one list named keys")
	dec := jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true))
	if token, err := dec.ReadToken(); err != nil || token.Kind() != '{' {
		return nil, broken
	}
	var list []jsontext.Value
	for dec.PeekKind() == '"' {
		name, err := dec.ReadValue()
		if err != nil {
			return nil, broken
		}
		isKeys := string(name) == `"keys"`
		value, err := dec.ReadValue()
		if err != nil {
			return nil, broken
		}
		if !isKeys {
			continue
		}
		if list != nil || value.Kind() != '[' {
			return nil, broken
		}
		if list, err = splitList(value.Clone()); err != nil {
			return nil, broken
		}
	}
	if token, err := dec.ReadToken(); err != nil || token.Kind() != '}' || list == nil {
		return nil, broken
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, broken
	}
	return list, nil
}

func splitList(array jsontext.Value) ([]jsontext.Value, error) {
	list := []jsontext.Value{}
	dec := jsontext.NewDecoder(bytes.NewBuffer(array), jsontext.AllowDuplicateNames(true))
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	for dec.PeekKind() != ']' {
		value, err := dec.ReadValue()
		if err != nil {
			return nil, err
		}
		list = append(list, value.Clone())
	}
	return list, nil
}
