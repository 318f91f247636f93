package authn

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// leeway is how far the issuer's clock and this one may be apart.
const leeway = 30 * time.Second

// maxDate is the end of the year 9999, in seconds. A later date is a mistake,
// mostly milliseconds for seconds, and would make a token that never ends.
const maxDate = 253402300799

// validity is when a token is valid; a zero notBefore or issued was not there.
type validity struct {
	expires, notBefore, issued time.Time
}

// readValidity reads exp, which must be there, nbf and iat (RFC 7519 section 4.1).
func readValidity(claims map[string]any) (v validity, err error) {
	if _, ok := claims["exp"]; !ok {
		return v, invalid("expired", "the token has no exp: it must say when it expires")
	}
	for _, date := range []struct {
		name string
		into *time.Time
	}{{"exp", &v.expires}, {"nbf", &v.notBefore}, {"iat", &v.issued}} {
		value, ok := claims[date.name]
		if !ok {
			continue
		}
		number, _ := value.(json.Number)
		seconds, err := number.Float64()
		if err != nil || seconds < 0 || seconds > maxDate || (seconds == 0 && date.name == "exp") {
			return v, invalid("malformed", "the token's "+date.name+" is not a date in seconds since 1970")
		}
		whole, fraction := math.Modf(seconds)
		*date.into = time.Unix(int64(whole), int64(fraction*1e9))
	}
	return v, nil
}

// check compares the dates with the clock. It runs again each time that the
// token is used, not only when it is verified. It says how far they are apart: a
// new token that is called old, or one of the future, tells of clocks that are.
func (v validity) check(now time.Time) error {
	switch {
	case !now.Before(v.expires.Add(leeway)):
		return invalid("expired", "the token has expired, "+apart(now.Sub(v.expires))+" ago by this gateway's clock")
	case now.Add(leeway).Before(v.notBefore):
		return invalid("not-yet-valid", "the token is not valid yet, but in "+apart(v.notBefore.Sub(now))+" by this gateway's clock")
	case now.Add(leeway).Before(v.issued):
		return invalid("not-yet-valid", "the token was issued in the future, "+apart(v.issued.Sub(now))+" ahead of this gateway's clock")
	}
	return nil
}

// apart says a time as people do who look for a clock that is wrong.
func apart(d time.Duration) string {
	if days := int(d / (24 * time.Hour)); days > 1 {
		return strconv.Itoa(days) + " days"
	}
	return d.Round(time.Second).String()
}

// checkIssuer compares iss byte for byte (RFC 7519 section 4.1.1): an issuer
// with a slash at its end is another issuer. An empty expected accepts any.
func checkIssuer(claims map[string]any, expected string) error {
	value, there := claims["iss"]
	issuer, ok := value.(string)
	switch {
	case there && (!ok || issuer == ""):
		return invalid("issuer", "the token's iss is not a string, or empty")
	case expected != "" && issuer != expected:
		return invalid("issuer", "the token is not of the expected issuer, "+expected)
	}
	return nil
}

// An audienceRule says whom a token must be made for.
type audienceRule struct {
	anyOf    []string // one of these must be in aud
	clientID string   // without anyOf: aud or azp must be it; empty: anything goes
	cognito  bool     // client_id stands in for an aud that is not there
}

func (r audienceRule) check(claims map[string]any) error {
	audience, err := readAudience(claims, r.cognito)
	if err != nil {
		return err
	}
	switch {
	case len(r.anyOf) > 0:
		if !slices.ContainsFunc(r.anyOf, func(a string) bool { return slices.Contains(audience, a) }) {
			return invalid("audience", "the token is not for the expected audience, "+strings.Join(r.anyOf, " or "))
		}
	case r.clientID != "":
		if !slices.Contains(audience, r.clientID) && claims["azp"] != r.clientID {
			return invalid("audience", "the token is not for the client "+r.clientID+", neither by aud nor by azp")
		}
	}
	return nil
}

// readAudience returns aud, one string or a list of them (RFC 7519 section 4.1.3).
func readAudience(claims map[string]any, cognito bool) ([]string, error) {
	value, there := claims["aud"]
	if !there && cognito {
		value, there = claims["client_id"]
	}
	if !there {
		return nil, nil
	}
	audience, ok := stringList(value)
	if !ok || len(audience) == 0 || slices.Contains(audience, "") {
		return nil, invalid("audience", "the token's aud is not a string or a list of strings, or empty")
	}
	return audience, nil
}

// stringList returns a claim that is one string or a list of strings.
func stringList(value any) ([]string, bool) {
	switch value := value.(type) {
	case string:
		return []string{value}, true
	case []any:
		list := make([]string, 0, len(value))
		for _, element := range value {
			text, ok := element.(string)
			if !ok {
				return nil, false
			}
			list = append(list, text)
		}
		return list, true
	}
	return nil, false
}
