package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/kelseyhightower/envconfig"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

func TestEndpointHasOneReading(t *testing.T) {
	for _, good := range []string{"http://localhost", "https://geo.example.org/", "https://geo.example.org:8443/a/b-c_d.e~f", "http://[::1]:8080/x", "http://192.0.2.1", "http://back_end:80", "http://[fe80::1%25eth0]"} {
		var e Endpoint
		if err := e.Decode(good); err != nil || e.String() != good {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		"localhost:5001", "/path", "//host/path", "ftp://host", "file:///etc", "http:", "http://", "http:///path", "http:host", "http://:80",
		"http://user@host", "http://user:canary@host", "http://host?", "http://host?a=b", "http://host#", "http://host#a",
		"http://host/../a", "http://host//a", "http://host/./a", "http://host/%2e", "http://host/a%20b", "http://host/a b", "http://host/;a", `http://host\a`, `http:\\host`,
		"http://host:", "http://host:0", "http://host:65536", "http://host:x", "http://ho st", "http://hé", "http://host%41", "http://[::1", " http://host", "http://host ", "http://host\n", "http://{host}", "http://[fe80::1%25\xff]", "http://[fe80::1%25a%2fb]",
	} {
		var e Endpoint
		if err := e.Decode(bad); err == nil || e.IsSet() || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: %v %v", bad, e, err)
		}
	}
}

func TestEndpointTellsWhatCrossesANetwork(t *testing.T) {
	for text, want := range map[string]bool{"http://host": true, "http://192.0.2.1": true, "http://localhost:1": false, "http://127.0.0.2": false, "http://[::1]": false, "https://host": false} {
		var e Endpoint
		if err := e.Decode(text); err != nil || e.Exposed() != want {
			t.Errorf("%s: %v", text, err)
		}
	}
	if (Endpoint{}).Exposed() || (Endpoint{}).String() != "" {
		t.Error("an address that is not set is something")
	}
}

func TestListsReadAndRefuse(t *testing.T) {
	for _, c := range []struct {
		into        envconfig.Decoder
		value, want string // an empty want is a refusal
	}{
		{new(List), "a", "a"},
		{new(List), " a ,b c", "a, b c"},
		{new(List), "a,,b", ""},
		{new(List), "a,", ""},
		{new(List), " ", ""},
		{new(Words), "a b,c", "a b c"},
		{new(Words), "urn:a/b?c", "urn:a/b?c"},
		{new(Words), " , ", ""},
		{new(Words), `a "b"`, ""},
		{new(Words), "a\tb", ""},
		{new(Words), "é", ""},
		{new(Prefixes), "10.0.0.0/8, 192.0.2.7,::1", "10.0.0.0/8, 192.0.2.7/32, ::1/128"},
		{new(Prefixes), "10.0.0.5/8", ""},
		{new(Prefixes), "0.0.0.0/0", ""},
		{new(Prefixes), "::/0", ""},
		{new(Prefixes), "::ffff:10.0.0.1", ""},
		{new(Prefixes), "fe80::1%eth0", ""},
		{new(Prefixes), "proxy", ""},
		{new(Origins), "*", "*"},
		{new(Origins), "https://a.example, http://localhost:8080", "https://a.example, http://localhost:8080"},
		{new(Origins), "*,https://a.example", ""},
		{new(Origins), "https://a.example/", ""},
		{new(Origins), "https://A.example", ""},
		{new(Origins), "null", ""},
		{new(Origins), "https://*.example", ""},
		{new(HeaderNames), "X-Purpose, accept", "x-purpose, accept"},
		{new(HeaderNames), "Authorization", ""},
		{new(HeaderNames), "Cookie", ""},
		{new(HeaderNames), "x.api_key", ""},
		{new(HeaderNames), "Proxy_Authorization", ""},
		{new(HeaderNames), "a b", ""},
		{new(IdentityHeaders), "x-auth-user=sub, X-Auth-Org=https://example.org/org", "X-Auth-User=sub, X-Auth-Org=https://example.org/org"},
		{new(IdentityHeaders), "X-User=sub", ""},
		{new(IdentityHeaders), "X_Auth_User=sub", ""},
		{new(IdentityHeaders), "X-Auth-User", ""},
		{new(IdentityHeaders), "X-Auth-User=", ""},
		{new(IdentityHeaders), "X-Auth-User=a,x-auth-user=b", ""},
		{new(UpstreamHeaders), "X-Gate: canary\n\nx-other:a;b: c\r\n", "X-Gate: [redacted], X-Other: [redacted]"},
		{new(UpstreamHeaders), "X-Gate canary", ""},
		{new(UpstreamHeaders), "X-Gate:", ""},
		{new(UpstreamHeaders), "X-Gate : canary", ""},
		{new(UpstreamHeaders), "X-Gate: can\x00ary", ""},
		{new(UpstreamHeaders), "X-Gate: canary\nx_gate: canary", ""},
		{new(UpstreamHeaders), "Host: canary", ""},
		{new(UpstreamHeaders), "Transfer-Encoding: chunked", ""},
		{new(UpstreamHeaders), "X_Forwarded_For: canary", ""},
		{new(UpstreamHeaders), "X-Auth-User: canary", ""},
	} {
		err := c.into.Decode(c.value)
		if c.want == "" {
			if err == nil || strings.Contains(err.Error(), "canary") {
				t.Errorf("%T %q: %v", c.into, c.value, err)
			}
			continue
		}
		if err != nil || fmt.Sprint(c.into) != c.want {
			t.Errorf("%T %q: %v, %v", c.into, c.value, c.into, err)
		}
	}
}

func TestUpstreamHeadersArriveAsWritten(t *testing.T) {
	s := mustLoad(t, "DEV_UPSTREAM_HEADERS=x-gate: a;b: c\nX-Two: 2")
	if h := s.UpstreamHeaders.Header(); len(h) != 2 || h.Get("X-Gate") != "a;b: c" || h.Get("X-Two") != "2" {
		t.Errorf("%v", s.UpstreamHeaders)
	}
}

// TestSecretsNeverShow greps for a canary in whatever prints, logs or encodes
// a secret, also from inside an unexported field.
func TestSecretsNeverShow(t *testing.T) {
	secret := NewSecret("canary")
	if secret.Value() != "canary" {
		t.Fatal("the secret is lost")
	}
	inside := struct{ hidden any }{[]Secret{secret}}
	plain := struct{ hidden Secret }{secret}
	s := mustLoad(t, "DEV_PYGEOAPI_KEY_A=canary", "DEV_OIDC_CLIENT_SECRET=canary", "DEV_UPSTREAM_HEADERS=X-Gate: canary")
	var out bytes.Buffer
	for _, value := range []any{secret, &secret, inside, plain, s, *s, s.UpstreamHeaders, s.APIKeys} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb+"\n", value)
		}
		encoded, _ := json.Marshal(value)
		out.Write(encoded)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "value", value)
		core := zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(&out), zap.DebugLevel)
		zap.New(core).Info("x", zap.Any("any", value), zap.Reflect("reflect", value))
	}
	for _, shown := range []string{"canary", fmt.Sprintf("%x", "canary"), fmt.Sprintf("%X", "canary"), "[99 97 110 97 114 121]"} {
		if strings.Contains(out.String(), shown) {
			t.Errorf("%s shows", shown)
		}
	}
	if !strings.Contains(out.String(), redacted) {
		t.Error("nothing says that there is a secret")
	}
	if (Secret{}).IsSet() || NewSecret("").IsSet() || (Secret{}).Value() != "" {
		t.Error("an empty secret is one")
	}
}

func TestNearestForgetsCase(t *testing.T) {
	best, edits := nearest("dev_opa_ulr", []string{"DEV_JWKS_ENABLED", "DEV_OPA_URL", "DEV_OPA_URI"})
	if best != "DEV_OPA_URL" || edits != 2 {
		t.Errorf("%s %d", best, edits)
	}
	if best, _ := nearest("x", nil); best != "" {
		t.Error(best)
	}
}

func FuzzEndpoint(f *testing.F) {
	for _, seed := range []string{"http://localhost:5001/a", "https://u:p@h/?q#f", "http://[::1]:99999", "http://h/%2e%2e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		var e, again Endpoint
		if e.Decode(value) != nil {
			return
		}
		if e.String() != value && !strings.EqualFold(e.String(), value) {
			t.Errorf("%q is read as %q", value, e)
		}
		if again.Decode(e.String()) != nil || again.String() != e.String() || e.User != nil || e.RawQuery != "" {
			t.Errorf("%q is not stable", value)
		}
	})
}
