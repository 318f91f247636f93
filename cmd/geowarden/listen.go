package main

import (
	"net/http"
	"net/netip"
	"time"

	"go.uber.org/zap"

	"github.com/geowarden/geowarden/internal/listen"
)

// answerSlack is what an answer may take beyond the back end's time and one
// stall: for the credential, the decision and the waiting in between.
const answerSlack = 30 * time.Second

// newServer makes the side that clients reach. refused, which may be nil, is
// called for each connection that is closed because its address has too many.
func newServer(s *Settings, certificates *listen.Certificates, handler http.Handler, refused func(), log *zap.Logger) *listen.Server {
	return listen.New(listen.Config{
		Handler:                  handler,
		Certificates:             certificates,
		Log:                      log.Named("http"),
		MaxHeaderBytes:           int(s.MaxHeaderBytes),
		HeaderTimeout:            s.HeaderTimeout,
		IdleTimeout:              s.IdleTimeout,
		StallTimeout:             s.StallTimeout,
		AnswerTimeout:            s.UpstreamTimeout + s.StallTimeout + answerSlack,
		MaxStreams:               s.MaxStreams,
		MaxConnections:           s.MaxConnections,
		MaxConnectionsPerAddress: s.MaxConnectionsPerAddress,
		Uncounted:                []netip.Prefix(s.TrustedProxies),
		OnRefused:                refused,
	})
}

// newCertificates reads the gateway's own certificate; it is nil where the
// gateway listens in plain HTTP. told, which may be nil, is called after each
// reload.
func newCertificates(s *Settings, told func(error), log *zap.Logger) (certificates *listen.Certificates, err error) {
	if !s.TLSOn() {
		return nil, nil
	}
	certificates, err = listen.NewCertificates(s.tlsFiles(), func(err error) {
		logReload(log, "certificate", zap.Time("expires", certificates.CertificateExpiry()), err)
		if err == nil {
			logWarnings(log, s.tlsWarnings())
		}
		if told != nil {
			told(err)
		}
	})
	return certificates, err
}

// TLSOn says whether the gateway has a certificate of its own.
func (s *Settings) TLSOn() bool { return s.TLSCertFile != "" }

func (s *Settings) tlsFiles() listen.Files {
	return listen.Files{Certificate: s.TLSCertFile, Key: s.TLSKeyFile, ClientCAs: s.TLSClientCAFile}
}
