package ogcapi

import (
	"encoding/json"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Scheme is the kind of credential that the gateway takes.
type Scheme int

// The kinds. Without one, only the servers of a document change.
const (
	SchemeNone   Scheme = iota
	SchemeAPIKey        // a key in the header X-API-KEY
	SchemeBearer        // a JWT as bearer token, and where to get one with client credentials
	SchemeOpenID        // OpenID Connect, or a token of its provider's as bearer token
)

// Security is what an OpenAPI document says about access.
type Security struct {
	Scheme       Scheme
	SchemeName   string // such as "pygeoapi my_scheme"; in the document, what OpenAPI does not allow in a name is a "-"
	TokenURL     string // SchemeBearer: the token endpoint; without it, only the bearer scheme is there
	DiscoveryURL string // SchemeOpenID: the provider's well-known URL
	ServerURL    string // the public address; the servers at the root stay when it is empty
}

type namedScheme struct {
	name       string
	definition map[string]any
}

// schemes returns the security schemes (OpenAPI 3.0.3 section 4.7.27), each under
// a name of its own.
func (s Security) schemes() []namedScheme {
	name := componentName(s.SchemeName)
	switch s.Scheme {
	case SchemeAPIKey:
		return []namedScheme{{name, map[string]any{"type": "apiKey", "in": "header", "name": "X-API-KEY"}}}
	case SchemeOpenID:
		// The bearer token beside it is for whoever has one already, such as a person
		// at Swagger UI: docs/adr/0008.
		return []namedScheme{
			{name + "-bearer", bearerToken},
			{name, map[string]any{"type": "openIdConnect", "openIdConnectUrl": s.DiscoveryURL}},
		}
	case SchemeBearer:
		bearer := namedScheme{name, bearerToken}
		if s.TokenURL == "" {
			return []namedScheme{bearer}
		}
		flow := map[string]any{"tokenUrl": s.TokenURL, "scopes": map[string]any{}}
		oauth2 := namedScheme{name + "-oauth2", map[string]any{"type": "oauth2", "flows": map[string]any{"clientCredentials": flow}}}
		return []namedScheme{bearer, oauth2}
	}
	return nil
}

var bearerToken = map[string]any{"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}

// componentName keeps to the names that OpenAPI allows (3.0.3 section 4.7.7).
func componentName(s string) string {
	if s == "" {
		return "pygeoapi"
	}
	return strings.Map(func(c rune) rune {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune("._-", c) {
			return c
		}
		return '-'
	}, s)
}

// refusals are the gateway's own answers to a request that may not pass.
var refusals = []struct{ status, name, description string }{
	{"401", "GatewayUnauthorized", "The credential is missing, or not valid."},
	{"403", "GatewayForbidden", "The caller is known, and may not do this."},
}

var problemSchema = map[string]any{
	"type":     "object",
	"required": []string{"type", "title", "status"},
	"properties": map[string]any{
		"type":        map[string]any{"type": "string"},
		"title":       map[string]any{"type": "string"},
		"status":      map[string]any{"type": "integer"},
		"detail":      map[string]any{"type": "string"},
		"code":        map[string]any{"type": "string"},
		"description": map[string]any{"type": "string"},
		"message":     map[string]any{"type": "string"},
		"id":          map[string]any{"type": "string"},
	},
}

// raw writes a value that can always be written: strings, numbers, maps, lists.
func raw(v any) jsontext.Value {
	text, err := json.Marshal(v)
	if err != nil {
		return jsontext.Value("null")
	}
	return text
}

func list(items ...any) jsontext.Value { return raw(items) }
