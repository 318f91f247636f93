package main

import (
	"maps"
	"net/http"
	"slices"
)

// tokenShots are what is special to the modes that read tokens.
var tokenShots = arsenal{slow: []shooter{retiredShot, retiredShot, unknownKeyShot}, fast: []shooter{
	forgedShot,
	refused("two tokens", http.StatusBadRequest, func(s *soak) []string { return []string{s.bearerOf(osgeo), s.bearerOf(osgeo)} }),
	refused("an ill-formed credential", http.StatusUnauthorized, func(*soak) []string { return []string{"Authorization: Basic YTpi"} }),
}}

// refused asks with headers that must not be let in.
func refused(kind string, status int, headers func(*soak) []string) shooter {
	return func(s *soak, g *gateway, _ sight) *shot {
		one := s.newShot(g, kind, http.MethodGet, "/collections/lakes/items", nil, headers(s)...)
		one.right = always(status)
		return one
	}
}

// retiredShot asks with a token of the key before: good while that is
// published, refused once the provider withdrew it.
func retiredShot(s *soak, g *gateway, now sight) *shot {
	key := max(now.provider.state/2-1, 0)
	one := s.newShot(g, "a token of the key before", http.MethodGet, "/collections/obs/items/2", nil, "Authorization: Bearer "+s.secrets.token(osgeo, key))
	one.right = func(during span) []int {
		switch {
		case now.provider.state < 2:
			return []int{http.StatusOK} // it is the first key's, and still in use
		case !during.certain(ofProvider):
			return []int{http.StatusOK, http.StatusUnauthorized, http.StatusServiceUnavailable}
		case now.provider.state%2 == 0:
			return []int{http.StatusOK}
		}
		return unknownKeyIs(during)
	}
	return one
}

// unknownKeyIs is the answer to a token of a key that is not published: nobody
// can tell while the provider is out of reach.
func unknownKeyIs(during span) []int {
	if during.certain(ofIssuer) {
		return []int{http.StatusUnauthorized}
	}
	return []int{http.StatusUnauthorized, http.StatusServiceUnavailable}
}

func unknownKeyShot(s *soak, g *gateway, _ sight) *shot {
	one := s.newShot(g, "a token of an unknown key", http.MethodGet, "/collections/obs", nil, "Authorization: Bearer "+s.secrets.unknownKey())
	one.right = unknownKeyIs
	return one
}

func forgedShot(s *soak, g *gateway, _ sight) *shot {
	forgeries := s.secrets.forgeries()
	kinds := slices.Sorted(maps.Keys(forgeries))
	kind := kinds[int(s.marks.Load())%len(kinds)]
	one := s.newShot(g, "a token "+kind, http.MethodGet, "/collections/obs", nil, "Authorization: Bearer "+forgeries[kind]())
	one.right = always(http.StatusUnauthorized)
	return one
}
