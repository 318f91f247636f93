package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
)

// keyShots are what is special to the API-key mode.
var keyShots = arsenal{fast: []shooter{
	flat("a good key", func(*soak, sight) string { return keyHeader(apiKey) }),
	flat("a good key of the file", func(*soak, sight) string { return keyHeader(stayingKey) }),
	movingShot("the key that is in the file now", 0, http.StatusOK),
	movingShot("the key that was in the file before", -1, http.StatusUnauthorized),
	movingShot("the key that will be in the file", 1, http.StatusUnauthorized),
	refused("a wrong key", http.StatusUnauthorized, func(*soak) []string { return []string{keyHeader(canary + "wrong")} }),
	refused("two keys", http.StatusBadRequest, func(*soak) []string { return []string{keyHeader(apiKey), keyHeader(apiKey)} }),
	writing(func(*soak, sight) string { return keyHeader(apiKey) }),
}, slow: []shooter{slowBody(func(*soak) string { return keyHeader(apiKey) })}}

var jwksShots = tokenShots.and(arsenal{fast: []shooter{
	flat("a good token", func(s *soak, now sight) string { return s.tokenOf(osgeo, now) }),
	writing(func(s *soak, now sight) string { return s.tokenOf(geobeyond, now) }),
}, slow: []shooter{slowBody(func(s *soak) string { return s.bearerOf(osgeo) })}})

var oidcShots = tokenShots.and(arsenal{fast: []shooter{
	granted(osgeo, "/collections/obs/items/4", http.StatusOK),
	granted(osgeo, "/collections/pub/items", http.StatusOK),
	granted(osgeo, "/collections/pub/secret/items", http.StatusForbidden),
	granted(osgeo, "/collections/lakes/items", http.StatusForbidden),
	granted(osgeo, "/admin/config", http.StatusForbidden),
	granted(osgeo, "/processes/hello-world", http.StatusForbidden),
	granted(geobeyond, "/collections/pub/secret/items", http.StatusOK),
	granted(geobeyond, "/collections/lakes/items/1", http.StatusOK),
	granted(geobeyond, "/collections/obs/items", http.StatusForbidden),
	shifting(osgeo), shifting(geobeyond),
}})

// newShot asks for a path below the context, and marks the request.
func (s *soak) newShot(g *gateway, kind, method, path string, body []byte, headers ...string) *shot {
	mark := fmt.Sprintf("mark-%d", s.marks.Add(1))
	return &shot{
		kind: kind, gateway: g, method: method, right: always(http.StatusOK),
		raw:     message(method, contextPath+path, body, append(headers, markHeader+": "+mark)...),
		arrives: &arrival{Method: method, URI: path, Bytes: int64(len(body)), SHA256: sumOf(body), Mark: mark},
	}
}

// flat is whoever is let in, who may ask for anything.
func flat(kind string, credential func(*soak, sight) string) shooter {
	paths := []string{
		"/collections/lakes/items/8?f=json", "/collections/pub/secret/items?limit=1", "/collections/pub", "/jobs/7/results",
		"/processes/hello-world", "/collections/shifting/queryables", "/conformance?x=a;b", "/collections/obs/items/a%20b",
	}
	return func(s *soak, g *gateway, now sight) *shot {
		method := []string{http.MethodGet, http.MethodGet, http.MethodGet, http.MethodHead}[rand.IntN(4)] //nolint:gosec // no secret
		return s.newShot(g, kind, method, paths[rand.IntN(len(paths))], nil, credential(s, now))          //nolint:gosec // no secret
	}
}

// movingShot asks with the key that is so many away from the one in force.
func movingShot(kind string, away, status int) shooter {
	return func(s *soak, g *gateway, now sight) *shot {
		one := s.newShot(g, kind, http.MethodGet, "/collections/lakes", nil, keyHeader(movingKey(now.keys.state+away)))
		one.right = func(during span) []int {
			if during.certain(ofKeys) || away < 0 { // what is gone stays gone
				return []int{status}
			}
			return []int{http.StatusOK, http.StatusUnauthorized}
		}
		return one
	}
}

// writing sends a body, with its length or in chunks.
func writing(credential func(*soak, sight) string) shooter {
	return func(s *soak, g *gateway, now sight) *shot {
		body := bytes.Repeat([]byte{byte('a' + rand.IntN(26))}, 1+rand.IntN(40_000)) //nolint:gosec // no secret
		one := s.newShot(g, "a body", http.MethodPut, "/collections/lakes/items/8", body, credential(s, now), "Content-Type: application/geo+json")
		if rand.IntN(2) == 0 { //nolint:gosec // no secret
			return one
		}
		head := message(http.MethodPut, contextPath+"/collections/lakes/items/8", nil, credential(s, now), markHeader+": "+one.arrives.Mark, "Transfer-Encoding: chunked")
		one.kind, one.raw = "a body in chunks", append(head, chunks(body)...)
		return one
	}
}

// slowBody stops in the middle of a body, and then goes on.
func slowBody(credential func(*soak) string) shooter {
	return func(s *soak, g *gateway, _ sight) *shot {
		body := []byte(strings.Repeat("slow", 500))
		one := s.newShot(g, "a slow body", http.MethodPost, "/processes/hello-world/execution", body, credential(s), "Content-Type: application/json")
		half := len(one.raw) - len(body)/2
		one.raw, one.rest = one.raw[:half], one.raw[half:]
		return one
	}
}

// tokenOf is a token signed with the key that the provider had.
func (s *soak) tokenOf(user string, now sight) string {
	return "Authorization: Bearer " + s.secrets.token(user, now.provider.state/2)
}

// granted is what the policy says in each of its versions.
func granted(user, path string, status int) shooter {
	return func(s *soak, g *gateway, now sight) *shot {
		one := s.newShot(g, fmt.Sprintf("%s, %d by the policy", user, status), http.MethodGet, path, nil, s.tokenOf(user, now))
		one.right = always(status)
		return one
	}
}

// shifting is what the policy says in one version only.
func shifting(user string) shooter {
	return func(s *soak, g *gateway, now sight) *shot {
		one := s.newShot(g, user+", by the version of the policy", http.MethodGet, "/collections/shifting/items/3", nil, s.tokenOf(user, now))
		one.right = func(during span) []int {
			switch {
			case !during.certain(ofPolicy):
				return []int{http.StatusOK, http.StatusForbidden}
			case shiftingUser(now.policy.state) == user:
				return []int{http.StatusOK}
			}
			return []int{http.StatusForbidden}
		}
		return one
	}
}
