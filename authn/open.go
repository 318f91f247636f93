package authn

import "net/http"

// Open reads no credential: whoever asks is anonymous. It serves the open mode,
// where nothing is kept from anybody.
type Open struct{}

// Authenticate returns an Anonymous principal, and never an error.
func (Open) Authenticate(*http.Request) (*Principal, error) {
	return &Principal{Kind: Anonymous}, nil
}
