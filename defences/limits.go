package main

// limits is slow and many: class 24; and what watches them must not leak:
// class 25.
var limits = []defence{
	{
		24, "connections of one address", "internal/listen/connections.go",
		`if l.held[key] >= l.perAddress {`, `if l.held[key] < 0 {`,
		"TestOneAddressCannotHoldMoreThanItsShare", "",
	},
	{
		24, "one household is one address of IPv6", "internal/listen/server.go",
		`cmp.Or(cfg.IPv6Prefix, 64)`, `cmp.Or(cfg.IPv6Prefix, 128)`,
		"TestAddressesOfOneHouseholdCountTogether", "",
	},
	{
		24, "connections in all", "internal/listen/server.go",
		`make(chan struct{}, s.cfg.MaxConnections)`, `make(chan struct{}, 100*s.cfg.MaxConnections)`,
		"TestMoreConnectionsThanInAllWait", "",
	},
	{
		24, "headers that come slowly", "internal/listen/server.go",
		`ReadHeaderTimeout: cfg.HeaderTimeout,`, ``,
		"TestADrippingHeaderEnds", "",
	},
	{
		24, "idle connections", "internal/listen/server.go",
		`IdleTimeout:       cfg.IdleTimeout,`, `IdleTimeout:       time.Hour,`,
		"TestSlowHeadersAndIdleConnectionsEnd", "",
	},
	{
		24, "huge headers", "internal/listen/server.go",
		`MaxHeaderBytes:    cfg.MaxHeaderBytes,`, ``,
		"TestAHeaderThatIsTooLargeIs431", "",
	},
	{
		24, "streams of one connection", "internal/listen/server.go",
		`MaxConcurrentStreams:          cfg.MaxStreams,`, ``,
		"TestMoreStreamsThanAllowedAreRefused", "",
	},
	{
		24, "TLS of old", "internal/listen/certificates.go",
		`		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"h2", "http/1.1"},
		Certificates: []tls.Certificate{m.pair},
		CipherSuites: []uint16{
`, `		MinVersion:   tls.VersionTLS10,
		NextProtos:   []string{"h2", "http/1.1"},
		Certificates: []tls.Certificate{m.pair},
		CipherSuites: []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
`,
		"TestOldTLSIsRefused", "",
	},
	{
		24, "clients without the authority's certificate", "internal/listen/certificates.go",
		`tls.RequireAndVerifyClientCert`, `tls.RequestClientCert`,
		"TestOnlyClientsOfTheAuthorityComeIn", "",
	},
	{
		24, "a pair of files that does not fit", "internal/listen/certificates.go",
		`	if len(faults) == 0 {
		c.apply(m)
	}`, `	if m.pair.Leaf != nil {
		c.apply(m)
	} else {
		c.current.Store(&inForce{tls: newTLSConfig(m)})
	}`,
		"TestABrokenPairLeavesTheLastGoodOne", "",
	},
	{
		24, "the places for the kubelet's probes", "internal/metrics/server.go",
		`MaxConnectionsPerAddress: maxPerAddress,`, ``,
		"TestOneAddressCannotStarveTheProbes", "",
	},
	{
		24, "requests in flight", "proxy/inflight.go",
		`f.most > 0 && f.n >= f.most`, `f.most < 0`,
		"TestFloodIsShedAtOnce", "",
	},
	{
		24, "the share of one address of them", "proxy/inflight.go",
		`counted && f.each[of] >= f.share`, `counted && f.share < 0`,
		"TestOneAddressHasNotAllPlaces", "",
	},
	{
		24, "uploads that stop", "proxy/stall.go",
		`_ = b.connection.SetReadDeadline(time.Unix(1, 0)) // long ago: the read returns at once`, ``,
		"TestSilentSenderIsCutOff", "",
	},
	{
		24, "readers that stop", "proxy/stall.go",
		`_ = c.connection().SetWriteDeadline(now.Add(c.stall)) // a writer in a test has none`, `_ = now`,
		"TestUnreadAnswerIsCut", "",
	},
	{
		24, "memory for held documents", "proxy/held.go",
		`if h.bytes.Acquire(ctx, h.size) != nil {`, `if ctx == nil {`,
		"TestHeldDocumentsAreBounded", "",
	},
	{
		24, "requests of one address", "proxy/rates.go",
		`p.PerAddress.Take(addressKey(r))`, `p.PerAddress.Look(addressKey(r))`,
		"TestTooManyRequestsFromAnAddress", "",
	},
	{
		24, "requests of one identity", "proxy/rates.go",
		`p.PerIdentity.Take(limits`, `p.PerIdentity.Look(limits`,
		"TestTooManyRequestsOfAnIdentity", "",
	},
	{
		24, "guesses", "proxy/rates.go",
		`if res := p.Failures.Look(addressKey(r)); !res.Allowed {`, `if res := p.Failures.Look(addressKey(r)); !res.Allowed && res.Rate.Events < 0 {`,
		"TestGuessesAreLimited", "",
	},
	{
		24, "an outage is nobody's guess", "proxy/rates.go",
		`failed.Failure != authn.Invalid && failed.Failure != authn.Ambiguous`, `failed.Failure == authn.Missing`,
		"TestAnOutageIsNobodysGuess", "",
	},
	{
		24, "one network of IPv6 is one key", "internal/limits/key.go",
		`a.WithZone("").Prefix(64)`, `a.WithZone("").Prefix(128)`,
		"TestKeysOfAddresses", "",
	},
	{
		24, "memory for rates", "internal/limits/memory.go",
		`lru.New[Key, *rate.Limiter](MaxKeys)`, `lru.New[Key, *rate.Limiter](10 * MaxKeys)`,
		"TestKeysAreBounded", "",
	},
	{
		24, "a name that is two in parts", "internal/limits/key.go",
		`h = binary.BigEndian.AppendUint64(h, uint64(len(part)))`, `_ = binary.BigEndian`,
		"TestKeysOfNamesAreNotConfused", "",
	},
	{
		25, "series that a client could make", "internal/metrics/observe.go",
		`r.classes[classes.of(o.Class)].Inc()`, `r.denials.WithLabelValues(o.Class).Inc()`,
		"TestWordsThatAreNotKnownMakeNoSeries", "",
	},
	{
		25, "what was sent, in a span", "internal/traces/allowed.go",
		`if !slices.Contains(allowed, a.Key) {`, `if !slices.Contains(allowed, a.Key) && a.Key == "" {`,
		"TestNothingThatWasSentLeavesInASpan", "",
	},
	{
		25, "a stranger's trace", "internal/traces/wrap.go",
		`if !t.trusts(r.RemoteAddr) {`, `if r.RemoteAddr == "" {`,
		"TestTheTraceOfAStrangerIsNotContinued", "",
	},
	{
		10, "an answer that nobody asked for is not the next one's", "internal/upstream/conn.go",
		`c.br.Buffered() == 0 && `, ``,
		"TestTheNextRequestGetsItsOwnAnswer", "",
	},
	{
		10, "what came on an idle connection", "internal/upstream/conn.go",
		`if c.raw != nil && !silent(c.raw) {`, `if c.raw != nil && c.raw == nil {`,
		"TestAnIdleConnectionThatSpeaksIsGivenUp", "",
	},
	{
		10, "requests that are two", "internal/upstream/request.go",
		`if target[i] <= ' ' || target[i] == 0x7f {`, `if target[i] == 0x7f {`,
		"TestNoRequestIsSplit", "",
	},
	{
		10, "framing that comes from a header", "internal/upstream/request.go",
		` || textproto.CanonicalMIMEHeaderKey(name) != name {`, ` || textproto.CanonicalMIMEHeaderKey(name) == "" {`,
		"TestOnlySimpleRequestsAreDirect", "",
	},
	{
		10, "a write that is sent twice because of a header", "internal/upstream/upstream.go",
		`= t.writing, once(req)`, `= t.writing, req`,
		"TestAKeyOfIdempotencyHasNothingRepeated", "",
	},
	{
		10, "a write on a connection that the back end is about to close", "internal/upstream/upstream.go",
		`const freshFor = time.Second`, `const freshFor = 4 * time.Second`,
		"TestWhatMustNotBeRepeatedGoesOnAFreshConnection", "",
	},
	{
		11, "an unasked 101", "internal/upstream/body.go",
		`res.Body, keep = http.NoBody, false // raw`, `keep = true // raw`,
		"TestSwitchingProtocolsOpensNoTunnel", "",
	},
	{
		26, "heads without end", "internal/upstream/conn.go",
		`	c.room -= n
`, ``,
		"TestHeadsAreBoundedTogether", "",
	},
	{
		26, "informational answers without end", "internal/upstream/conn.go",
		`for range maxInformational + 1 {`, `for range 1000*maxInformational + 1 {`,
		"TestAFloodOfInformationalAnswersIsRefused", "",
	},
	{
		24, "streams that take nothing", "proxy/bound.go",
		`n > 2*int64(p.MaxInFlight)`, `n < 0`,
		"TestStreamsThatTakeNothingAreBounded", "",
	},
	{
		24, "the place of a stream that takes nothing", "proxy/stall.go",
		`	if c.streams { // here and not after the handler, so that its place is held meanwhile`, `	if c.streams && c.stall < 0 {`,
		"TestStreamsThatTakeNothingAreBounded", "",
	},
	{
		25, "what a back end's bad answer holds", "internal/upstream/errors.go",
		`	return errExchange
}`, `	return err
}`,
		"TestErrorsQuoteNoAnswer", "",
	},
	{
		25, "a full disk ends no log", "cmd/geowarden/logsink.go",
		`return len(p), nil`, `return n, err`,
		"TestAFullDiskEndsNoLog", "",
	},
}
