package authn

import (
	"encoding/base64"
	"errors"
	"strings"
)

// A message is a JWS in compact form (RFC 7515 section 7.1), taken apart but
// not yet verified. Nothing else reads the token again: what is verified is
// what was parsed.
type message struct {
	alg, typ  string
	kid       string // empty: the token names no key
	claims    map[string]any
	signed    string // header and payload as they were sent: what the signature is over
	signature []byte
}

// segmentEncoding is base64url without padding (RFC 7515 section 2). Strict
// refuses trailing bits, so that one token has one spelling.
var segmentEncoding = base64.RawURLEncoding.Strict()

// parseToken takes a token apart. The header's jwk, jku, x5u and x5c are never
// looked at: a key that comes with a token proves nothing (CVE-2018-0114).
func parseToken(token string) (*message, error) {
	// Counted before anything is split: many dots must cost nothing (CVE-2025-30204).
	if strings.Count(token, ".") != 2 {
		return nil, invalid("malformed", "the token is not a signed JWT: it does not have three parts")
	}
	dot, last := strings.IndexByte(token, '.'), strings.LastIndexByte(token, '.')
	header, err := decodeSegment(token[:dot])
	if err != nil {
		return nil, invalid("malformed", "the token's header is malformed: "+err.Error())
	}
	m := &message{signed: token[:last]}
	if err := m.readHeader(header); err != nil {
		return nil, err
	}
	if m.claims, err = decodeSegment(token[dot+1 : last]); err != nil {
		return nil, invalid("malformed", "the token's payload is malformed: "+err.Error())
	}
	if m.signature, err = decodeBase64(token[last+1:]); err != nil {
		return nil, invalid("malformed", "the token's signature is malformed: "+err.Error())
	}
	return m, nil
}

func (m *message) readHeader(header map[string]any) error {
	// No extension is implemented, so every critical one is unknown (RFC 7515
	// section 4.1.11); b64 (RFC 7797) would change what is signed.
	for _, name := range []string{"crit", "b64"} {
		if _, ok := header[name]; ok {
			return invalid("malformed", "the token's header has "+name+", which is not accepted")
		}
	}
	for _, member := range []struct {
		name string
		into *string
	}{{"alg", &m.alg}, {"kid", &m.kid}, {"typ", &m.typ}} {
		value, ok := header[member.name]
		if !ok {
			continue
		}
		text, ok := value.(string)
		if !ok || text == "" {
			return invalid("malformed", "the token's header "+member.name+" is not a string, or empty")
		}
		*member.into = text
	}
	if _, ok := algorithms[m.alg]; !ok {
		return invalid("algorithm", "the token's algorithm is not accepted")
	}
	return nil
}

func decodeSegment(segment string) (map[string]any, error) {
	data, err := decodeBase64(segment)
	if err != nil {
		return nil, err
	}
	return decodeObject(data)
}

func decodeBase64(segment string) ([]byte, error) {
	data, err := segmentEncoding.DecodeString(segment)
	if err != nil || segment == "" || strings.ContainsAny(segment, "\r\n") { // the decoder skips line ends
		return nil, errors.New("not base64url")
	}
	return data, nil
}
