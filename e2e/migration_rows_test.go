//go:build e2e

package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// divergence is a row of docs/divergences.md, by its anchor, and the differences
// that it is about.
type divergence struct {
	key string
	is  func(d difference) bool
}

// divergences are the rows that the requests of TestMigration show.
var divergences = []divergence{
	{"denial", func(d difference) bool { return d.pair.mode == "oidc" && d.who == "good" && d.became("401", "403") }},
	{"login", func(d difference) bool { return d.pair.mode == "oidc" && d.who == "nobody" && d.became("303", "401") }},
	{"error-bodies", func(d difference) bool {
		switch d.what {
		case "Content-Type":
			return d.theirs == "application/json" && d.ours == "application/problem+json" && !d.hasBody()
		case "body":
			return d.keepsMembers()
		}
		return false
	}},
	{"challenge", func(d difference) bool {
		return d.what == "WWW-Authenticate" && d.status == http.StatusUnauthorized &&
			(d.pair.mode != "jwks" && d.theirs == "" && d.ours != "" ||
				d.pair.mode == "jwks" && d.who == "bad" && strings.HasPrefix(d.ours, d.theirs+`, error_description="`))
	}},
	{"exemptions", func(d difference) bool {
		open := d.pair.below(d.asked, "openapi.json", "openapi-of-others") || d.pair.mode == "jwks" && (d.pair.below(d.asked, "docs", "redoc") || d.asked.method == http.MethodOptions)
		return d.who != "good" && open && (d.became("404", "401") || d.became("405", "401") || d.became("200", "401"))
	}},
	{"definition-fails", func(d difference) bool {
		return d.pair.below(d.asked, "openapi") && d.what == "status" && d.theirs == "500" && slices.Contains([]string{"200", "401", "405"}, d.ours)
	}},
	{"bare-context", func(d difference) bool {
		return d.asked.path == d.pair.file.context && (d.became("307", "200") || d.became("307", "401"))
	}},
	{"last-slash", func(d difference) bool {
		return d.asked.method == http.MethodGet && strings.HasSuffix(d.asked.path, "/") && len(d.asked.path) > 1 && (d.became("307", "200") || d.became("404", "200"))
	}},
	{"admin", func(d difference) bool {
		return d.pair.below(d.asked, "admin", "admin/config") && d.became("404", "403")
	}},
	{"reload", func(d difference) bool {
		return d.asked.path == "/admin/config/reload" && d.what == "status" && d.ours == "404"
	}},
	{"fastapi-pages", func(d difference) bool {
		return slices.Contains([]string{"/docs", "/redoc", "/openapi.json"}, d.asked.path) && d.became("200", "404")
	}},
	{"health", func(d difference) bool {
		return isHealth(d.asked) && (d.became("405", "200") || d.what == "Cache-Control" || d.what == "Vary")
	}},
	{"caching", func(d difference) bool {
		switch d.what {
		case "Cache-Control":
			return !isHealth(d.asked) && (d.ours == "no-store" && d.status >= 400 || d.ours == "private" && d.pair.mode != "open")
		case "Vary":
			return !isHealth(d.asked) && d.ours == "Authorization, Cookie, Origin, X-API-KEY"
		}
		return false
	}},
	{"rewriting", func(d difference) bool {
		if d.asked.preflight() || d.pair.name == flaskPair && !(d.asked.method == http.MethodHead && d.pair.below(d.asked, "openapi")) {
			return false
		}
		return d.what == "Content-Length" && d.ours == "" || d.what == "Etag" && d.ours == "a weak one" || d.what == "Accept-Ranges" && d.ours == "" ||
			d.pair.below(d.asked, "static/css/default.css") && (d.became("206", "200") || d.became("304", "200"))
	}},
	{"flask", func(d difference) bool {
		if d.pair.name != flaskPair {
			return false
		}
		page := (d.status == 404 || d.status == 405 || d.status == 500) && d.what == "Content-Type" && d.ours == "text/html; charset=utf-8"
		return page || d.what == "body" && strings.HasPrefix(d.ours, "<!doctype html>\n<html lang=en>\n<title>"+strconv.Itoa(d.status)) ||
			d.what == "Allow" && strings.Contains(d.ours, "OPTIONS") && d.asked.method != http.MethodTrace || d.asked.method == http.MethodOptions && d.became("405", "200") ||
			d.pair.below(d.asked, "static/css/default.css", "static/img/logo.png") && slices.Contains([]string{"Cache-Control", "Content-Disposition", "Accept-Ranges"}, d.what) ||
			d.asked.method == http.MethodDelete && d.asked.path == "{job}?f=json" && d.became("500", "200")
	}},
	{"unrouted", func(d difference) bool {
		return d.pair.below(d.asked, "collections/obs/map", "collections/obs/coverage", "collections/obs/position", "collections/obs/tiles") && d.became("404", "400")
	}},
	{"its-pygeoapi", func(d difference) bool {
		return d.pair.below(d.asked, "collections/gauges/tiles/WebMercatorQuad") && d.became("200", "500") ||
			d.pair.below(d.asked, "stac-api/search") && d.became("500", "200") ||
			d.pair.below(d.asked, "processes/hello-world") && d.what == "body" && d.status == 200
	}},
	{"definition", func(d difference) bool { return d.what == "operations" || d.what == "the rest" }},
	{"definition-servers", func(d difference) bool {
		return d.what == "servers" && d.ours == `[{"url":"`+home+d.pair.file.context+`"}]`
	}},
	{"scheme-names", func(d difference) bool {
		return d.what == "names of security schemes" && strings.HasPrefix(d.theirs, "pygeoapi ") && strings.HasPrefix(d.ours, "pygeoapi-")
	}},
	{"schemes", func(d difference) bool {
		switch d.what {
		case "security schemes":
			return d.pair.mode == "jwks" && strings.Contains(d.theirs, `"http"`) && strings.Contains(d.ours, `"oauth2"`) && strings.Contains(d.ours, `"http"`) ||
				d.pair.mode == "oidc" && d.theirs == "" && strings.Contains(d.ours, `"scheme":"bearer"`) && !strings.Contains(d.ours, "\n")
		case "operations that take a credential":
			return strings.HasPrefix(d.theirs, "put ") && strings.ReplaceAll(d.theirs, " no", " yes") == d.ours
		case "credentials":
			return strings.HasPrefix(d.theirs, `[{"pygeoapi `) && strings.HasSuffix(d.theirs, ":[]}]\nnull") && d.namesSchemes()
		}
		return false
	}},
	{"definition-security", func(d difference) bool { return d.what == "security" && d.theirs == "" && d.namesSchemes() }},
	{"refusals", func(d difference) bool {
		switch d.what {
		case "refusals":
			return !strings.Contains(d.theirs, "403") && strings.Count(d.ours, "401403") == strings.Count(d.ours, "\n")+1
		case "what a refusal is":
			return d.theirs == "[null,null]\n"+`[{"description":"Unauthenticated"},null]` &&
				d.ours == `[{"$ref":"#/components/responses/GatewayUnauthorized"},{"$ref":"#/components/responses/GatewayForbidden"}]`
		case "the gateway's components":
			return d.theirs == "" && strings.HasPrefix(d.ours, "responses GatewayForbidden ") && strings.Contains(d.ours, "\nresponses GatewayUnauthorized ") && strings.Count(d.ours, "\n") == 1
		}
		return false
	}},
	{"cors-credentials", func(d difference) bool {
		return d.what == "Access-Control-Allow-Credentials" && d.theirs == "true" && d.ours == ""
	}},
	{"cors-exposed", func(d difference) bool { return d.what == "Access-Control-Expose-Headers" && d.theirs == "" }},
	{"preflights", func(d difference) bool {
		return d.asked.preflight() && (slices.Contains([]string{"Content-Type", "Content-Length", "Vary", "body"}, d.what) || d.became("200", "204") || d.became("400", "204") ||
			d.what == "refused by the preflight" && d.theirs == "" && d.ours == "x-of-my-own")
	}},
	{"upgrades", func(d difference) bool {
		return d.asked.has("Upgrade: ") && (d.became("400", "200") || d.became("400", "401"))
	}},
	{"methods", func(d difference) bool {
		switch d.asked.method {
		case "TRACE":
			return d.what == "status" && d.ours == "405" || d.status == 405 && slices.Contains([]string{"Content-Type", "Allow", "body"}, d.what)
		case "BREW":
			return d.became("400", "405")
		}
		return false
	}},
	{"paths", func(d difference) bool {
		return d.twofold("paths") || d.asked.path == "//geoapi/collections" && d.ours == "400"
	}},
	{"twice", func(d difference) bool { return d.twofold("twice") }},
	{"capitals", func(d difference) bool { return d.twofold("capitals") }},
	{"unlisted", func(d difference) bool { return d.twofold("unlisted") }},
	{"get-bodies", func(d difference) bool {
		return d.hasBody() && (d.what == "status" && d.ours == "400" || d.status == 400 && slices.Contains([]string{"Content-Type", "Content-Crs", "Content-Language", "body"}, d.what))
	}},
	{"slash-ids", func(d difference) bool {
		return d.pair.mode == "oidc" && strings.Contains(d.asked.path, "/hydro/rivers") && d.became("200", "403")
	}},
}

const flaskPair = "open, in front of Flask"

// became reports whether this is about the status, and what it became.
func (d difference) became(theirs, ours string) bool {
	return d.what == "status" && d.theirs == theirs && d.ours == ours
}

// twofold reports whether it could be read in two ways, of which a row tells, and is
// refused for that.
func (d difference) twofold(row string) bool {
	return twofold[strings.TrimPrefix(d.asked.path, d.pair.file.context)] == row && d.what == "status" && d.ours == "400"
}

func (d difference) hasBody() bool { return d.asked.method == http.MethodGet && d.asked.body != "" }

func isHealth(a asking) bool { return a.path == "/healthz" || a.path == "/readyz" }

// below reports whether exactly one of these paths below the context is asked for.
func (p *pair) below(a asking, paths ...string) bool {
	path, _, _ := strings.Cut(a.path, "?")
	return slices.ContainsFunc(paths, func(s string) bool { return path == p.file.context+"/"+s })
}

// namesSchemes reports whether the gateway names each of the mode's schemes, once
// and for the same everywhere.
func (d difference) namesSchemes() bool {
	return map[string]string{
		"api-key": `[{"pygeoapi-http":[]}]`,
		"jwks":    `[{"pygeoapi-http":[]},{"pygeoapi-http-oauth2":[]}]`,
		"oidc":    `[{"pygeoapi-my_scheme-bearer":[]},{"pygeoapi-my_scheme":[]}]`,
	}[d.pair.mode] == d.ours
}

// keepsMembers reports whether an error's body has every member that fastgeoapi's
// has. Who is told why it was refused, in words that clients know, is told so here.
func (d difference) keepsMembers() bool {
	var theirs, ours map[string]any
	if d.status < 400 || json.Unmarshal([]byte(d.theirs), &theirs) != nil || json.Unmarshal([]byte(d.ours), &ours) != nil || len(theirs) != 1 {
		return false
	}
	for name, value := range theirs {
		if name != "detail" && name != "message" || ours[name] == nil || d.status == http.StatusUnauthorized && ours[name] != value {
			return false
		}
	}
	return true
}

// documented are the rows of docs/divergences.md: those of its first table, each
// of which must have a key, and those elsewhere that have one.
func documented(t *testing.T) []string {
	t.Helper()
	page := string(must[[]byte](t)(os.ReadFile("../docs/divergences.md")))
	anchor := regexp.MustCompile(`^(?:\| |- )<a id="([a-z-]+)"></a>`)
	_, table, _ := strings.Cut(page, "|---|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var keys []string
	for line := range strings.Lines(page) {
		if found := anchor.FindStringSubmatch(line); found != nil {
			keys = append(keys, found[1])
		} else if strings.Contains(table, line) && strings.HasPrefix(line, "|") && line != "| fastgeoapi | here | why |\n" && line != "|---|---|---|\n" {
			t.Errorf("docs/divergences.md: this row has no key: %s", line)
		}
	}
	return keys
}
