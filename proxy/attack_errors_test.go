package proxy_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/geowarden/geowarden/authz"
	"github.com/geowarden/geowarden/proxy"
)

// Row 25 and the error writer: the text of a policy, or of what the caller
// sent, ends neither the header nor the document that it is shown in.
func TestErrorsCannotBreakOutOfTheirAnswer(t *testing.T) {
	const evil = "x\", error=\"none\", y=\"\\\r\nSet-Cookie: a=b\r\n\r\n<script>\x00\xff"
	r := newRig(t, "oidc", func(_ *rig, cfg *proxy.Config) {
		cfg.Authz = deciding(func(authz.Input) (authz.Decision, error) {
			return authz.Decision{Reason: evil, MissingScopes: []string{evil}}, nil
		})
	})
	a := r.do("GET", "/collections/obs", r.token(osgeo))
	if a.StatusCode != http.StatusForbidden || a.problem(t)["status"] != float64(http.StatusForbidden) {
		t.Errorf("status %d: %s", a.StatusCode, a.body)
	}
	if a.Header.Get("Set-Cookie") != "" || strings.Contains(a.body, "<script>") {
		t.Errorf("the text broke out: %v %s", a.Header, a.body)
	}
	challenge := a.Header.Get("WWW-Authenticate")
	if strings.Count(challenge, `"`) != 6 || strings.Contains(challenge, `\`) || strings.Count(challenge, `="`) != 3 {
		t.Errorf("the challenge has other parameters than realm, error and scope: %s", challenge)
	}
}

// Row 20: CVE-2026-50197, GHSA-8qqm-fp2q-v734. No policy sees a body, so none is
// waited for before the decision: not one without a length, over a cap, cut or
// malformed.
func TestDecisionsAreMadeWithoutTheBody(t *testing.T) {
	r := newRig(t, "open", func(_ *rig, cfg *proxy.Config) {
		cfg.Authz = deciding(func(authz.Input) (authz.Decision, error) { return authz.Decision{Reason: "no"}, nil })
	})
	head := "POST " + contexts + "/jobs HTTP/1.1\r\nHost: gateway.test\r\nContent-Type: application/json\r\n"
	for name, sent := range map[string]string{
		"it never comes":        head + "Content-Length: 1000\r\n\r\n",
		"without a length":      head + "Transfer-Encoding: chunked\r\n\r\n",
		"a length beyond all":   head + "Content-Length: 9223372036854775807\r\n\r\n{}",
		"cut in its middle":     head + "Content-Length: 1000\r\n\r\n{\"inputs\":",
		"with a broken chunk":   head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
		"with a JSON that lies": head + "Content-Length: 14\r\n\r\n{\"allow\":true}",
	} {
		t.Run(name, func(t *testing.T) {
			a, _, _ := r.raw(sent)
			if a.StatusCode != http.StatusForbidden {
				t.Errorf("status %d, want 403: %s", a.StatusCode, a.body)
			}
			if n := len(r.arrived()); n != 0 {
				t.Errorf("%d requests arrived", n)
			}
		})
	}
}
