package authz

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/geowarden/geowarden/authn"
	"github.com/geowarden/geowarden/ogcapi"
)

// inputVersion is the number of the input's form. It grows when a key changes
// its meaning, not when one is added.
const inputVersion = 1

// reserved are the keys of the input that no claim may set or shadow: those of
// today and those set aside for later. Every name that begins with "request"
// is reserved beside them.
var reserved = []string{"existing", "feature", "resource", "subject", "time", "version"}

// Reserved tells whether a claim of that name is kept from the top level of the
// input, where it could pass for something the gateway says. It is still in
// subject.claims.
func Reserved(claim string) bool {
	return strings.HasPrefix(claim, "request") || slices.Contains(reserved, claim)
}

// form is what the configuration settles about the input.
type form struct {
	prefix []string // stands before request_path
	claims bool     // whether the claims stand at the top level too
}

// complete refuses an input that says nothing about who or what.
func (in Input) complete() error {
	if in.Principal == nil || in.Request == nil {
		return errors.New("the input has no principal or no request")
	}
	return nil
}

// legible tells whether everything the client sent is UTF-8. JSON has no way to
// carry other bytes, so a policy would decide on a path that is not the one
// that is forwarded.
func (in Input) legible() bool {
	for _, segment := range in.Request.Segments {
		if !utf8.ValidString(segment) {
			return false
		}
	}
	return legibleValues(in.Request.Query) && legibleValues(in.Header)
}

func legibleValues(values map[string][]string) bool {
	for name, list := range values {
		if !utf8.ValidString(name) {
			return false
		}
		for _, value := range list {
			if !utf8.ValidString(value) {
				return false
			}
		}
	}
	return true
}

// document is the input as the JSON object that an OPA server is sent.
func (f form) document(in Input) map[string]any {
	doc := make(map[string]any)
	if f.claims {
		for name, value := range in.Principal.Claims {
			if !Reserved(name) {
				doc[name] = value
			}
		}
	}
	doc["version"] = inputVersion
	doc["request_method"] = in.Request.Method
	doc["request_path"] = f.path(in.Request)
	doc["subject"] = subjectDocument(in.Principal)
	doc["request"] = requestDocument(in)
	doc["resource"] = resourceDocument(in.Request.Resource)
	return doc
}

func subjectDocument(p *authn.Principal) map[string]any {
	claims := p.Claims
	if claims == nil {
		claims = map[string]any{}
	}
	return map[string]any{
		"kind":   string(p.Kind),
		"id":     p.ID,
		"issuer": p.Issuer,
		"scopes": notNil(p.Scopes),
		"claims": claims,
	}
}

func requestDocument(in Input) map[string]any {
	doc := map[string]any{
		"method":    in.Request.Method,
		"path":      wholePath(in.Request),
		"query":     valuesDocument(in.Request.Query),
		"client_ip": address(in.ClientIP),
		"time":      instant(in.Time),
	}
	if in.Header != nil {
		doc["headers"] = valuesDocument(in.Header)
	}
	return doc
}

func resourceDocument(res ogcapi.Resource) map[string]any {
	return map[string]any{
		"api":        res.API,
		"operation":  res.Operation,
		"type":       res.Type,
		"collection": res.Collection,
		"item":       res.Item,
		"process":    res.Process,
		"job":        res.Job,
	}
}

func valuesDocument(values map[string][]string) map[string]any {
	doc := make(map[string]any, len(values))
	for name, list := range values {
		doc[name] = notNil(list)
	}
	return doc
}

// path is request_path: one element a segment, and one empty element for the
// landing page, as splitting "/" at its slashes gives.
func (f form) path(req *ogcapi.Request) []string {
	segments := req.Segments
	if len(segments) == 0 {
		segments = []string{""}
	}
	return slices.Concat(f.prefix, segments)
}

func wholePath(req *ogcapi.Request) string { return "/" + strings.Join(req.Segments, "/") }

func address(ip netip.Addr) string {
	if !ip.IsValid() {
		return ""
	}
	return ip.Unmap().String()
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// notNil keeps a missing list a list: null is no value that a policy expects.
func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
