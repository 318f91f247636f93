package main

import (
	"crypto/rand"
	"net/http"
	"strings"
	"time"
)

// everyShots are sent in every mode.
var everyShots = arsenal{fast: []shooter{
	refused("no credential", http.StatusUnauthorized, func(*soak) []string { return nil }),
	outside, trickyPath, trickyPath, smuggled, smuggled, twoLengths, spoofed, spoofed, upgraded, noise, cutShort, cutBody,
}, slow: []shooter{headerFlood}}

// good is a credential that the gateway's mode lets in.
func (s *soak) good(g *gateway) string {
	if g == s.mode("api-key").gateway {
		return keyHeader(apiKey)
	}
	return s.bearerOf(osgeo)
}

// openPath is what every mode lets its good credential read.
const openPath = "/collections/obs/items/9"

// outside asks for what is not below the context, where nothing is.
func outside(s *soak, g *gateway, _ sight) *shot {
	one := s.newShot(g, "outside the context", http.MethodGet, "", nil)
	one.raw, one.right = message(http.MethodGet, "/metrics", nil, s.good(g)), always(http.StatusNotFound)
	return one
}

// trickyPaths are read by one server in one way and by the next in another.
var trickyPaths = []string{
	"/collections/obs/../lakes/items", "/collections/obs/%2e%2e/lakes", "//collections/obs", "/collections//obs", "/collections/obs%2fitems",
	"/collections/obs%5citems", "/collections/obs;x=1/items", "/collections/obs%00", "/collections/obs%252fitems", "/collections/%ff",
	"/./collections/obs", "/collections/obs/items/..;/..", "/Collections/obs", "/../admin/config", "/%2e%2e/geoapi/collections",
}

func trickyPath(s *soak, g *gateway, _ sight) *shot {
	path := trickyPaths[int(s.marks.Load())%len(trickyPaths)]
	one := s.newShot(g, "a path with two readings", http.MethodGet, path, nil, s.good(g))
	one.right = always(http.StatusBadRequest)
	return one
}

// smugglers are requests that two parsers would end in different places
// (CVE-2025-22871, CVE-2022-1705); what they hide asks for somebody else's.
var smugglers = []string{
	"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
	"Content-Length: +5\r\n\r\nhello",
	"Content-Length: 5, 6\r\n\r\nhello",
	"Host: another.example\r\n\r\n",
	"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
	"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
	"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
	"X-A: b\r\n folded\x00\r\n\r\n",
	"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
}

func smuggled(s *soak, g *gateway, _ sight) *shot {
	end := smugglers[int(s.marks.Load())%len(smugglers)]
	one := s.newShot(g, "a smuggler", http.MethodPost, openPath, nil)
	one.raw = []byte("POST " + contextPath + openPath + " HTTP/1.1\r\nHost: geo.example.org\r\n" + s.good(g) + "\r\n" + end +
		"GET " + contextPath + "/admin/config HTTP/1.1\r\nHost: geo.example.org\r\n\r\n")
	one.alone, one.right = true, always(http.StatusBadRequest, http.StatusNotImplemented)
	return one
}

// twoLengths has both a length and chunks: chunks win (RFC 9112 section 6.1),
// what follows them is no second request, and one length is forwarded.
func twoLengths(s *soak, g *gateway, _ sight) *shot {
	one := s.newShot(g, "a length and chunks", http.MethodPost, "/collections/lakes/items", []byte("inside"))
	head := message(http.MethodPost, contextPath+"/collections/lakes/items", nil, s.good(g), markHeader+": "+one.arrives.Mark, "Content-Length: 3", "Transfer-Encoding: chunked")
	one.raw, one.alone = append(head, chunks([]byte("inside"))...), true
	one.right = always(http.StatusOK, http.StatusBadRequest)
	if g == s.mode("oidc").gateway { // whose policy lets nobody write
		one.right = always(http.StatusForbidden, http.StatusBadRequest)
	}
	return one
}

// spoofed says that it is somebody and comes from somewhere else; none of it
// may arrive, and Connection must delete nothing.
func spoofed(s *soak, g *gateway, _ sight) *shot {
	return s.newShot(g, "spoofed headers", http.MethodGet, openPath, nil, s.good(g),
		"X-Auth-User: "+forged, "x_auth_user: "+forged, "X-Forwarded-For: "+forged, "X-Real-IP: "+forged, "Forwarded: for="+forged,
		"X-Original-URL: /admin/"+forged, "Connection: X-Forwarded-Host, X-Request-Id, X-API-KEY", "X-HTTP-Method-Override: DELETE")
}

// upgraded asks to leave HTTP; it is answered as if it had not.
func upgraded(s *soak, g *gateway, _ sight) *shot {
	return s.newShot(g, "an upgrade", http.MethodGet, openPath, nil, s.good(g), "Connection: Upgrade", "Upgrade: h2c")
}

// noise is no HTTP.
func noise(s *soak, g *gateway, _ sight) *shot {
	one := s.newShot(g, "noise", http.MethodGet, "", nil)
	one.raw = append([]byte(rand.Text()+"\x00\xff"+rand.Text()+"\r\n"+rand.Text()), "\r\n\r\n"...)
	one.alone, one.right = true, always(http.StatusBadRequest, noAnswer)
	return one
}

func headerFlood(s *soak, g *gateway, _ sight) *shot {
	one := s.newShot(g, "a flood of headers", http.MethodGet, openPath, nil, s.good(g), strings.Repeat("X-Flood: "+strings.Repeat("x", 90)+"\r\n", 3000)+"X-End: 1")
	// The connection may be reset before the answer is read: more was sent than was.
	one.alone, one.right = true, always(http.StatusRequestHeaderFieldsTooLarge, noAnswer)
	return one
}

// cutShort is gone before the answer comes.
func cutShort(s *soak, g *gateway, _ sight) *shot {
	one := s.newShot(g, "gone before the answer", http.MethodGet, openPath, nil, s.good(g))
	one.alone, one.leave, one.right = true, true, always(noAnswer)
	return one
}

// cutBody is gone in the middle of a body.
func cutBody(s *soak, g *gateway, _ sight) *shot {
	one := s.newShot(g, "gone in the middle of a body", http.MethodPut, openPath, []byte(strings.Repeat("x", 5000)), s.good(g))
	one.raw = one.raw[:len(one.raw)-int(time.Now().UnixNano()%4000)-1]
	one.alone, one.leave, one.right = true, true, always(noAnswer)
	return one
}
