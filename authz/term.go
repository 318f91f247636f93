package authz

import (
	"errors"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/geowarden/geowarden/authn"
	"github.com/geowarden/geowarden/ogcapi"
)

// The keys of the input, made once: terms are not changed by an evaluation.
var (
	keyAPI           = ast.StringTerm("api")
	keyClaims        = ast.StringTerm("claims")
	keyClientIP      = ast.StringTerm("client_ip")
	keyCollection    = ast.StringTerm("collection")
	keyHeaders       = ast.StringTerm("headers")
	keyID            = ast.StringTerm("id")
	keyIssuer        = ast.StringTerm("issuer")
	keyItem          = ast.StringTerm("item")
	keyJob           = ast.StringTerm("job")
	keyKind          = ast.StringTerm("kind")
	keyMethod        = ast.StringTerm("method")
	keyOperation     = ast.StringTerm("operation")
	keyPath          = ast.StringTerm("path")
	keyProcess       = ast.StringTerm("process")
	keyQuery         = ast.StringTerm("query")
	keyRequest       = ast.StringTerm("request")
	keyRequestMethod = ast.StringTerm("request_method")
	keyRequestPath   = ast.StringTerm("request_path")
	keyResource      = ast.StringTerm("resource")
	keyScopes        = ast.StringTerm("scopes")
	keySubject       = ast.StringTerm("subject")
	keyTime          = ast.StringTerm("time")
	keyType          = ast.StringTerm("type")
	keyVersion       = ast.StringTerm("version")
)

var versionTerm = ast.IntNumberTerm(inputVersion)

// words are the values that most requests have one of, made once like the keys.
var words = func() map[string]*ast.Term {
	made := map[string]*ast.Term{}
	for _, word := range []string{
		"", "GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE",
		"read", "create", "replace", "update", "delete", "execute",
		"common", "openapi", "features", "records", "coverages", "maps", "styles", "tiles", "edr", "processes", "jobs", "stac", "static", "admin", "unknown",
		"landing", "conformance", "collections", "collection", "items", "item", "queryables", "schema", "coverage", "map", "tile", "process", "execution", "job", "results", "file",
	} {
		made[word] = ast.StringTerm(word)
	}
	return made
}()

func word(s string) *ast.Term {
	if term, made := words[s]; made {
		return term
	}
	return ast.StringTerm(s)
}

// identity is what a principal contributes to the input. It is made once for a
// verified token and shared by all its requests.
type identity struct {
	subject *ast.Term      // input.subject
	claims  [][2]*ast.Term // the claims that may stand at the top level
	err     error          // a claim that cannot be a term
}

// value is the input as the engine reads it: the same as document, built
// without a detour over JSON, and without the parts that the policy cannot look
// at. A test holds the two together.
func (f form) value(in Input, looks view) (ast.Value, error) {
	who, ok := in.Principal.Derived(newIdentity).(*identity)
	if !ok {
		return nil, errors.New("the principal was derived by somebody else")
	}
	if who.err != nil {
		return nil, who.err
	}
	pairs := make([][2]*ast.Term, 0, 6)
	add := func(key *ast.Term, made func() *ast.Term) {
		if name, _ := key.Value.(ast.String); looks.has(string(name)) {
			pairs = append(pairs, ast.Item(key, made()))
		}
	}
	if f.claims {
		for _, claim := range who.claims {
			add(claim[0], func() *ast.Term { return claim[1] })
		}
	}
	add(keyVersion, func() *ast.Term { return versionTerm })
	add(keyRequestMethod, func() *ast.Term { return word(in.Request.Method) })
	add(keyRequestPath, func() *ast.Term { return listTerm(f.path(in.Request)) })
	add(keySubject, func() *ast.Term { return who.subject })
	add(keyRequest, func() *ast.Term { return requestTerm(in) })
	add(keyResource, func() *ast.Term { return resourceTerm(in.Request.Resource) })
	return ast.NewObject(pairs...), nil
}

func newIdentity(p *authn.Principal) any {
	claims := make([][2]*ast.Term, 0, len(p.Claims))
	var top [][2]*ast.Term
	for name, claim := range p.Claims {
		value, err := ast.InterfaceToValue(claim)
		if err != nil {
			// The error of the conversion quotes the value; a claim's name says enough.
			return &identity{err: fmt.Errorf("claim %q cannot be given to a policy", name)}
		}
		pair := ast.Item(ast.StringTerm(name), ast.NewTerm(value))
		claims = append(claims, pair)
		if !Reserved(name) {
			top = append(top, pair)
		}
	}
	return &identity{
		subject: ast.ObjectTerm(
			ast.Item(keyKind, ast.InternedTerm(string(p.Kind))),
			ast.Item(keyID, ast.InternedTerm(p.ID)),
			ast.Item(keyIssuer, ast.InternedTerm(p.Issuer)),
			ast.Item(keyScopes, listTerm(p.Scopes)),
			ast.Item(keyClaims, ast.ObjectTerm(claims...)),
		),
		claims: top,
	}
}

func requestTerm(in Input) *ast.Term {
	pairs := [][2]*ast.Term{
		ast.Item(keyMethod, word(in.Request.Method)),
		ast.Item(keyPath, ast.InternedTerm(wholePath(in.Request))),
		ast.Item(keyQuery, valuesTerm(in.Request.Query)),
		ast.Item(keyClientIP, ast.InternedTerm(address(in.ClientIP))),
		ast.Item(keyTime, ast.InternedTerm(instant(in.Time))),
	}
	if in.Header != nil {
		pairs = append(pairs, ast.Item(keyHeaders, valuesTerm(in.Header)))
	}
	return ast.ObjectTerm(pairs...)
}

func resourceTerm(res ogcapi.Resource) *ast.Term {
	return ast.ObjectTerm(
		ast.Item(keyAPI, word(res.API)),
		ast.Item(keyOperation, word(res.Operation)),
		ast.Item(keyType, word(res.Type)),
		ast.Item(keyCollection, word(res.Collection)),
		ast.Item(keyItem, word(res.Item)),
		ast.Item(keyProcess, word(res.Process)),
		ast.Item(keyJob, word(res.Job)),
	)
}

func valuesTerm(values map[string][]string) *ast.Term {
	pairs := make([][2]*ast.Term, 0, len(values))
	for name, list := range values {
		pairs = append(pairs, ast.Item(ast.InternedTerm(name), listTerm(list)))
	}
	return ast.ObjectTerm(pairs...)
}

func listTerm(list []string) *ast.Term {
	terms := make([]*ast.Term, len(list))
	for i, element := range list {
		terms[i] = word(element)
	}
	return ast.ArrayTerm(terms...)
}
