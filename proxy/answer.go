package proxy

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/geowarden/geowarden/authn"
	"github.com/geowarden/geowarden/ogcapi"
)

// answer makes the back end's answer fit for the caller: links lead to the
// gateway, the OpenAPI document names the credential, caches keep what is
// private to one caller, and CORS is the gateway's own.
func (p *Proxy) answer(res *http.Response) error {
	pass, ev := passageOf(res.Request), eventOf(res.Request)
	ev.answered = p.Now()
	if res.StatusCode == http.StatusSwitchingProtocols {
		return errTunnel // raw bytes would pass undecided
	}
	if res.StatusCode < http.StatusOK {
		return &unreadable{"the back end sent a status that is none", nil}
	}
	p.fixHeaders(res, pass, ev)
	rewrite := rewriteLinks
	if p.isOpenAPI(res, pass) {
		rewrite = p.secureOpenAPI
	}
	return rewrite(res, pass)
}

// errTunnel is a 101 of the back end: every upgrade was removed from the
// request, so nobody asked for it.
var errTunnel = errors.New("the back end switched protocols unasked")

// unreadable is an answer of the back end that cannot be made fit for the
// caller, and so is none.
type unreadable struct {
	why string // for the caller
	err error
}

func (u *unreadable) Error() string {
	if u.err != nil {
		return u.why + ": " + u.err.Error()
	}
	return u.why
}

func (u *unreadable) Unwrap() error { return u.err }

func (p *Proxy) fixHeaders(res *http.Response, pass *passage, ev *event) {
	h := res.Header
	dropHeaders(h, cors)
	p.CORS.apply(h, ev.origin)
	h.Set("X-Request-Id", ev.id)
	ev.tellRate(h)
	p.fixCaching(h, pass.who)
	p.fixLocations(h, pass)
}

// fixCaching keeps an answer to somebody out of shared caches. RFC 9111
// section 3.5 protects Authorization by itself, and an API key not at all.
func (p *Proxy) fixCaching(h http.Header, who *authn.Principal) {
	if p.Scheme.Challenge != "" {
		h.Add("Vary", "Authorization, X-API-KEY, Cookie, Origin")
	} else {
		h.Add("Vary", "Origin")
	}
	if who.Kind == authn.Anonymous {
		return
	}
	h["Cache-Control"] = []string{privately(h["Cache-Control"])}
	dropHeaders(h, caching)
}

// privately is what a Cache-Control becomes for one caller alone.
func privately(values []string) string {
	kept := "private"
	for _, value := range values {
		for directive := range strings.SplitSeq(value, ",") {
			directive = strings.TrimSpace(directive)
			name, _, _ := strings.Cut(strings.ToLower(directive), "=")
			switch name {
			case "", "public", "private", "s-maxage", "proxy-revalidate":
			default:
				kept += ", " + directive
			}
		}
	}
	return kept
}

// rootedLink is the target of a Link (RFC 8288 section 3) that is a path alone.
var rootedLink = regexp.MustCompile(`(^|,\s*)<(/|/[^/>][^>]*)>`)

// fixLocations points the headers that hold links to the gateway. A path alone
// is relative to the back end's root, and is moved below the context.
func (p *Proxy) fixLocations(h http.Header, pass *passage) {
	for _, name := range []string{"Location", "Content-Location", "Link"} {
		for i, v := range h.Values(name) {
			v = pass.public.direct.Header(pass.public.links.Header(v))
			if name == "Link" {
				v = rootedLink.ReplaceAllStringFunc(v, func(l string) string {
					before, target, _ := strings.Cut(l, "<")
					return before + "<" + p.belowContext(strings.TrimSuffix(target, ">"), pass.public.prefix) + ">"
				})
			} else if strings.HasPrefix(v, "/") && !strings.HasPrefix(v, "//") {
				v = p.belowContext(v, pass.public.prefix)
			}
			h[name][i] = v
		}
	}
}

func (p *Proxy) belowContext(path, prefix string) string {
	base := strings.TrimSuffix(p.Upstream.EscapedPath(), "/")
	if _, ok := cutPath(path, prefix); ok && (base == "" || !strings.HasPrefix(base, prefix)) {
		return path // the back end knows the public address
	}
	if rest, ok := cutPath(path, base); ok {
		return prefix + rest
	}
	return path
}

// cutPath takes a path off the beginning of another, at a segment's end.
func cutPath(path, base string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(path, base)
	return rest, ok && (rest == "" || strings.ContainsAny(rest[:1], "/?#"))
}

// isOpenAPI reports whether an answer is the API definition in JSON.
func (p *Proxy) isOpenAPI(res *http.Response, pass *passage) bool {
	media, _, _ := strings.Cut(res.Header.Get("Content-Type"), ";")
	media = strings.ToLower(strings.TrimSpace(media))
	return pass.asked.Resource.Type == "openapi" && pass.asked.Resource.Operation == "read" && res.StatusCode == http.StatusOK &&
		(media == "application/json" || strings.HasSuffix(media, "+json"))
}

// secureOpenAPI writes the mode's credential into the API definition.
func (p *Proxy) secureOpenAPI(res *http.Response, pass *passage) error {
	markRewritten(res.Header, pass.public.text)
	if res.Request.Method == http.MethodHead {
		res.Header.Del("Content-Encoding")
		return nil
	}
	room, err := p.held.reserve(res.Request.Context())
	if err != nil {
		return err
	}
	doc, err := p.securedOpenAPI(res, pass)
	if err != nil {
		_ = room.Close()
		return err
	}
	room.shrink(len(doc))
	_ = res.Body.Close()
	res.Body = struct {
		io.Reader
		io.Closer
	}{bytes.NewReader(doc), room}
	res.ContentLength = int64(len(doc))
	res.Header.Set("Content-Length", strconv.Itoa(len(doc)))
	return nil
}

// securedOpenAPI holds the API definition whole, and changes it.
func (p *Proxy) securedOpenAPI(res *http.Response, pass *passage) ([]byte, error) {
	plain, err := decoded(res)
	if err != nil {
		return nil, err
	}
	doc, err := io.ReadAll(io.LimitReader(pass.public.links.Body("application/json", plain), p.held.size+1))
	if err != nil {
		return nil, &unreadable{"the back end's API definition could not be read whole", err}
	}
	if int64(len(doc)) > p.held.size {
		return nil, &unreadable{fmt.Sprintf("the back end's API definition is over %d bytes, more than is held to rewrite it", p.held.size), nil}
	}
	security := p.OpenAPI
	security.ServerURL = pass.public.text
	if doc, err = ogcapi.SecureOpenAPI(doc, security); err != nil {
		return nil, &unreadable{"the back end's API definition is not an OpenAPI 3 document in JSON", err}
	}
	return doc, nil
}

// rewriteLinks points the links of a text to the gateway, as it streams.
func rewriteLinks(res *http.Response, pass *passage) error {
	media := res.Header.Get("Content-Type")
	if !pass.public.links.Needed() || !pass.public.links.Handles(media) || res.StatusCode == http.StatusNotModified {
		return nil
	}
	if res.StatusCode == http.StatusPartialContent {
		return &unreadable{"the back end sent a part of a text whose links must be changed: ask for it whole, without Range", nil}
	}
	coding := res.Header.Get("Content-Encoding")
	markRewritten(res.Header, pass.public.text)
	if res.Request.Method == http.MethodHead || res.Body == nil || res.Body == http.NoBody {
		return nil
	}
	plain, err := decoded(res)
	if err != nil {
		return err
	}
	rewritten := pass.public.links.Body(media, plain)
	if strings.EqualFold(coding, "gzip") {
		res.Header.Set("Content-Encoding", coding)
		rewritten = compressed(rewritten)
	}
	res.Body = struct {
		io.Reader
		io.Closer
	}{rewritten, res.Body}
	res.ContentLength = -1
	return nil
}

// markRewritten takes away what described the back end's bytes, and gives the
// new ones a validator of their own.
func markRewritten(h http.Header, public string) {
	if tag := h.Get("Etag"); tag != "" {
		sum := sha256.Sum256([]byte(tag + "\n" + public))
		h.Set("Etag", `W/"`+hex.EncodeToString(sum[:12])+`"`)
	}
	for _, name := range []string{"Content-Length", "Accept-Ranges", "Content-Md5", "Digest", "Content-Digest", "Repr-Digest"} {
		h.Del(name)
	}
}
