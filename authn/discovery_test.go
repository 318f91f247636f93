package authn

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestDiscoveryGivesKeysAndIssuer(t *testing.T) {
	key := newSigner(t, "ES256", "k")
	iss := newIssuer(t, key)
	discovery, err := NewDiscovery(iss.url+wellKnownSuffix, "", iss.client)
	if err != nil {
		t.Fatal(err)
	}
	if discovery.Issuer() != "" || discovery.TokenEndpoint() != "" || discovery.AuthorizationEndpoint() != "" || discovery.Ready() == nil {
		t.Error("something is known before the document was read")
	}
	j := newVerifier(t, JWTConfig{Keys: iss.keySetWith(t, KeySetConfig{Discovery: discovery})})
	p, err := j.Authenticate(bearer(key.token(t, goodClaims(iss.url))))
	if err != nil || p.Issuer != iss.url {
		t.Fatalf("got %+v, %v", p, err)
	}
	_, err = j.Authenticate(bearer(key.token(t, goodClaims("https://other.example"))))
	wantOutcome(t, err, "invalid issuer")
	if discovery.Issuer() != iss.url || discovery.TokenEndpoint() != iss.url+"/token" ||
		discovery.AuthorizationEndpoint() != iss.url+"/auth" || discovery.Ready() != nil {
		t.Errorf("got %+v", discovery.current.Load())
	}
}

func TestIssuerOfTheDocument(t *testing.T) {
	for _, c := range []struct{ name, document, expected, token, want string }{
		{"its address", "URL", "", "URL", "ok"},
		{"its address with a slash", "URL/", "", "URL/", "ok"},
		{"a token without that slash", "URL/", "", "URL", "invalid issuer"},
		{"another", "https://evil.example", "", "https://evil.example", "unavailable"},
		{"none", "", "", "", "unavailable"},
		{"another, but the expected one is told", "https://evil.example", "URL", "URL", "ok"},
		{"the one that tokens carry is told, as in containers", "http://keycloak:8080", "http://localhost:8282", "http://localhost:8282", "ok"},
		{"a token of the document's issuer and not the expected one", "URL", "http://localhost:8282", "URL", "invalid issuer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			key := newSigner(t, "ES256", "k")
			iss := newIssuer(t, key)
			at := func(text string) string { return strings.Replace(text, "URL", iss.url, 1) }
			iss.describe(t, object{"issuer": at(c.document), "jwks_uri": iss.url + "/keys"})
			discovery, err := NewDiscovery(iss.url+wellKnownSuffix, at(c.expected), iss.client)
			if err != nil {
				t.Fatal(err)
			}
			j := newVerifier(t, JWTConfig{Keys: iss.keySetWith(t, KeySetConfig{Discovery: discovery, Interval: time.Millisecond})})
			_, err = j.Authenticate(bearer(key.token(t, change(goodClaims("x"), object{"iss": at(c.token)}))))
			wantOutcome(t, err, c.want)
		})
	}
}

func TestDiscoveryURLThatCannotWorkIsRefused(t *testing.T) {
	for _, url := range []string{
		"", "issuer.example" + wellKnownSuffix, "ftp://issuer.example" + wellKnownSuffix, "https://" + wellKnownSuffix,
		"https://u:p@issuer.example" + wellKnownSuffix, "https://issuer.example/", "https://issuer.example" + wellKnownSuffix + "?x=1",
	} {
		if _, err := NewDiscovery(url, "", nil); err == nil {
			t.Errorf("accepted: %s", url)
		}
	}
	if _, err := NewDiscovery("https://issuer.example/.well-known/oauth-authorization-server/x", "https://issuer.example/x", nil); err != nil {
		t.Errorf("with an expected issuer any address may hold the document: %v", err)
	}
}

func TestDiscoveryDocumentThatIsUnfitIsRefused(t *testing.T) {
	iss := newIssuer(t)
	for name, document := range map[string]string{
		"not JSON":                `<html>`,
		"a member twice":          `{"issuer":"URL","jwks_uri":"https://evil.example/","jwks_uri":"URL/keys"}`,
		"members in another case": `{"Issuer":"URL","JWKS_URI":"URL/keys"}`,
		"no jwks_uri":             `{"issuer":"URL"}`,
		"a relative jwks_uri":     `{"issuer":"URL","jwks_uri":"/keys"}`,
		"a file for jwks_uri":     `{"issuer":"URL","jwks_uri":"file:///etc/passwd"}`,
		"a list":                  `[]`,
	} {
		text := strings.ReplaceAll(document, "URL", iss.url)
		iss.discovery.Store(&text)
		discovery, err := NewDiscovery(iss.url+wellKnownSuffix, "", iss.client)
		if err != nil {
			t.Fatal(err)
		}
		if keys, err := discovery.keysURL(t.Context(), time.Now()); err == nil || keys != "" || discovery.Ready() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestDocumentIsReadAgainAndTheLastGoodOneServesMeanwhile(t *testing.T) {
	iss := newIssuer(t)
	discovery, err := NewDiscovery(iss.url+wellKnownSuffix, "", iss.client)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	read := func(want string) {
		t.Helper()
		got, err := discovery.keysURL(t.Context(), now)
		if err != nil || got != iss.url+want {
			t.Errorf("got %s, %v", got, err)
		}
	}
	read("/keys")
	iss.describe(t, object{"issuer": iss.url, "jwks_uri": iss.url + "/moved"})
	now = now.Add(discoveryAge - time.Second)
	read("/keys")
	iss.status.Store(http.StatusInternalServerError)
	now = now.Add(time.Second)
	read("/keys")
	iss.status.Store(http.StatusOK)
	read("/moved")
}

// Attack: an issuer's server that was taken over, or a mistake in its address,
// makes the gateway fetch what only it can reach (CVE-2024-21498's class).
func TestRedirectsOfTheIssuer(t *testing.T) {
	key := newSigner(t, "ES256", "k")
	internal := newIssuer(t, key) // what must not be reached
	keys := *internal.body.Load()
	for _, c := range []struct {
		name string
		tls  bool
		to   string
		ok   bool
	}{
		{"to another path", false, "/keys", true},
		{"to another path over TLS", true, "/keys", true},
		{"to another host", false, internal.url + "/keys", false},
		{"to another port of the host", true, internal.url + "/keys", false},
		{"from https to http", true, "http://HOST/keys", false},
		{"to a file", false, "file:///etc/passwd", false},
		{"to itself for ever", false, "/redirect", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var redirects atomic.Int64
			handler := http.NewServeMux()
			handler.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(keys)) })
			handler.HandleFunc("/redirect", func(w http.ResponseWriter, r *http.Request) {
				redirects.Add(1)
				w.Header().Set("Location", strings.Replace(c.to, "HOST", r.Host, 1))
				w.WriteHeader(http.StatusFound)
			})
			server := httptest.NewUnstartedServer(handler)
			if c.tls {
				server.StartTLS()
			} else {
				server.Start()
			}
			defer server.Close()
			set, err := NewKeySet(KeySetConfig{URL: server.URL + "/redirect", Client: server.Client()})
			if err != nil {
				t.Fatal(err)
			}
			_, err = set.load(t.Context())
			if (err == nil) != c.ok {
				t.Errorf("got %v", err)
			}
			if n := redirects.Load(); n > maxRedirects+1 {
				t.Errorf("%d redirects were followed", n)
			}
			if n := internal.keyReads.Load(); n != 0 {
				t.Errorf("the other host was reached %d times", n)
			}
		})
	}
}

func TestRedirectNeverLeavesTLS(t *testing.T) {
	for _, c := range []struct {
		from, to string
		ok       bool
	}{
		{"https://issuer.example/a", "https://issuer.example/b", true},
		{"http://issuer.example/a", "http://issuer.example/b", true},
		{"http://issuer.example/a", "https://issuer.example/b", true},
		{"https://issuer.example/a", "http://issuer.example/b", false},
		{"https://issuer.example/a", "https://issuer.example:8443/b", false},
		{"https://issuer.example/a", "https://issuer.example.evil.example/b", false},
	} {
		from := httptest.NewRequestWithContext(t.Context(), http.MethodGet, c.from, nil)
		to := httptest.NewRequestWithContext(t.Context(), http.MethodGet, c.to, nil)
		if err := checkRedirect(to, []*http.Request{from}); (err == nil) != c.ok {
			t.Errorf("%s to %s: %v", c.from, c.to, err)
		}
	}
}

func TestKeySetOverHTTPOfAnHTTPSDocumentIsRefused(t *testing.T) {
	var server *httptest.Server
	server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":"http://%s/keys"}`, server.URL, server.Listener.Addr())
	}))
	defer server.Close()
	discovery, err := NewDiscovery(server.URL+wellKnownSuffix, "", server.Client())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := discovery.keysURL(t.Context(), time.Now()); err == nil || !strings.Contains(err.Error(), "jwks_uri is http") {
		t.Errorf("got %v", err)
	}
}

func TestBodyThatDoesNotEndIsCutOff(t *testing.T) {
	gone := make(chan struct{}, 2)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		piece := []byte(strings.Repeat(" ", 64<<10))
		for {
			if _, err := w.Write(piece); err != nil {
				gone <- struct{}{}
				return
			}
		}
	}))
	defer server.Close()
	set, err := NewKeySet(KeySetConfig{URL: server.URL, Client: server.Client()})
	if err != nil {
		t.Fatal(err)
	}
	_, err = set.load(t.Context())
	wantOutcome(t, err, "unavailable")
	if cause := wantError(t, err).Err; cause == nil || !strings.Contains(cause.Error(), "1 MiB") {
		t.Errorf("got %v", cause)
	}
	<-gone
}

func TestIssuerThatDoesNotAnswerIsGivenUp(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	client := server.Client()
	client.Timeout = 20 * time.Millisecond
	set, err := NewKeySet(KeySetConfig{URL: server.URL, Client: client})
	if err != nil {
		t.Fatal(err)
	}
	_, err = set.load(context.Background())
	wantOutcome(t, err, "unavailable")
}
