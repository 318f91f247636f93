package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
)

// What an answer is given up for. None quotes it: a value may be a secret.
var (
	errUnasked   = errors.New("the connection was closed, or brought an answer that nobody asked for")
	errTooLong   = errors.New("the answer's header is longer than is read")
	errFlood     = fmt.Errorf("more than %d informational answers", maxInformational)
	errMalformed = errors.New("the answer is not of HTTP/1")
	errExchange  = errors.New("upstream: the request's body, or the answer, is not of HTTP")
)

// unquoted keeps an error of the fallback that tells of the network, of time or
// of a certificate. net/http's others quote lines of the request's body and of
// the answer, and with them what may be a secret.
func unquoted(err error) error {
	var wire *net.OpError
	var certificate *tls.CertificateVerificationError
	var alert tls.AlertError
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), isTimeout(err),
		errors.As(err, &wire), errors.As(err, &certificate), errors.As(err, &alert):
		return err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return io.ErrUnexpectedEOF
	}
	return errExchange
}
