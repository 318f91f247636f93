//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// skews are how far an issuer's clock is ahead, and what is said where that is too
// far for tokens of five minutes.
var skews = map[time.Duration]string{
	20 * time.Second:  "",
	-20 * time.Second: "",
	10 * time.Minute:  "the token was issued in the future",
	-10 * time.Minute: "the token has expired",
}

// judgeSkew asks with a token that was just issued by a clock so far ahead. Who is
// refused is told how far the clocks are apart, and not only that a token is bad
// which is new.
func judgeSkew(t *testing.T, g *gateway, token string, ahead time.Duration, says string) {
	t.Helper()
	got := get(t, g.url+"/collections/obs/items?f=json", bearer(token))
	if says == "" {
		if got.StatusCode != http.StatusOK {
			t.Errorf("%v ahead: %s %s", ahead, got.Status, got.body)
		}
		return
	}
	got.wants(t, http.StatusUnauthorized)
	isProblem(t, got, says)
	detail := fmt.Sprint(got.object(t)["detail"])
	if !strings.Contains(detail, "clock") || !strings.Contains(detail, "m") {
		t.Errorf("%v ahead: it does not say how far the clocks are apart: %s", ahead, detail)
	}
	t.Logf("%v ahead: %s", ahead, detail)
}

// TestTheClockOfAnIssuerIsWrong has four issuers, each with a clock of its own.
func TestTheClockOfAnIssuerIsWrong(t *testing.T) {
	needs(t, needNode, needClock)
	shows(t, "oidc-provider", "its clock 20 seconds off: tokens are good; 10 minutes off: 401, which says by how much")
	t.Cleanup(sweepClocks)
	for ahead, says := range skews {
		t.Run(ahead.String(), func(t *testing.T) {
			t.Parallel()
			name := "oidc-provider-" + strings.NewReplacer("-", "behind-", ".", "-").Replace(ahead.String())
			issuer := must[*otherIssuer](t)(running.startOtherIssuer(name, fmt.Sprintf("%+ds", int(ahead.Seconds()))))
			t.Cleanup(func() { _ = issuer.stop() })
			g := running.gatewayFor(t, running.moved, "DEV_JWKS_ENABLED=true", "DEV_OAUTH2_JWKS_ENDPOINT="+issuer.url+"/jwks", "DEV_OAUTH2_TOKEN_ENDPOINT="+issuer.url+"/token",
				"DEV_OAUTH2_EXPECTED_ISSUER="+issuer.url, "DEV_OAUTH2_EXPECTED_AUDIENCE=urn:geowarden:e2e")
			token := issuer.token(t, "urn:geowarden:e2e")
			if off := issued(t, token) - ahead; off > 2*time.Second || off < -time.Minute {
				t.Fatalf("the issuer's clock is off by %v", off)
			}
			judgeSkew(t, g, token, ahead, says)
		})
	}
}
