package main

import "encoding/json"

const redacted = "[redacted]"

// Secret is a value that never shows itself: not printed, not logged, not
// encoded. The zero value is "not set".
type Secret struct {
	// A pointer, because fmt prints the unexported fields of an enclosing
	// struct without asking for String: it then shows an address.
	value *string
}

// NewSecret hides value.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{value: &value}
}

// Value is the secret itself.
func (s Secret) Value() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsSet says whether there is a secret.
func (s Secret) IsSet() bool { return s.value != nil }

// String implements fmt.Stringer; a secret that is not set looks the same.
func (s Secret) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (s Secret) GoString() string { return s.String() }

// MarshalText implements encoding.TextMarshaler.
//
//nolint:unparam // the interface has the error
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON implements json.Marshaler.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// Decode takes the value as it is: any text may be a secret.
//
//nolint:unparam // the interface has the error
func (s *Secret) Decode(value string) error {
	*s = NewSecret(value)
	return nil
}

func (*Secret) confidential() {}
