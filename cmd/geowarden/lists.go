package main

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// List is a list of words separated by commas.
type List []string

// Decode reads the words; an empty one is refused, because it hides a typo.
func (l *List) Decode(value string) error {
	words := strings.Split(value, ",")
	for i, w := range words {
		words[i] = strings.TrimSpace(w)
		if words[i] == "" {
			return errors.New("it has an empty part; separate the parts by single commas")
		}
	}
	*l = words
	return nil
}

func (l List) String() string { return strings.Join(l, ", ") }

// Words is a list of words separated by spaces or commas.
type Words []string

// Decode reads the words; each is a scope-token of RFC 6749 section 3.3.
func (w *Words) Decode(value string) error {
	words := strings.FieldsFunc(value, func(r rune) bool { return r == ' ' || r == ',' })
	for _, word := range words {
		if strings.ContainsFunc(word, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }) {
			return errors.New("it has a character that no scope may have; write names separated by spaces")
		}
	}
	if len(words) == 0 {
		return errors.New("it has separators and no word; take it out, or name what is demanded")
	}
	*w = words
	return nil
}

func (w Words) String() string { return strings.Join(w, " ") }

// Prefixes is a list of address ranges.
type Prefixes []netip.Prefix

// Decode reads addresses and CIDR ranges. A range that holds everybody is
// refused: to trust every address is to trust every header a client invents.
func (p *Prefixes) Decode(value string) error {
	var words List
	if err := words.Decode(value); err != nil {
		return err
	}
	for _, word := range words {
		prefix, err := netip.ParsePrefix(word)
		if addr, single := netip.ParseAddr(word); single == nil && addr.Zone() == "" {
			prefix, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		switch {
		case err != nil || prefix.Addr().Is4In6():
			return errors.New("it has a part that is neither an address nor a CIDR range such as 10.0.0.0/8")
		case prefix != prefix.Masked():
			return fmt.Errorf("it has a range with bits beyond its length; write %s", prefix.Masked())
		case prefix.Bits() == 0:
			return errors.New("it holds every address; list the proxies that stand in front")
		}
		*p = append(*p, prefix)
	}
	return nil
}

func (p Prefixes) String() string {
	words := make(List, len(p))
	for i, prefix := range p {
		words[i] = prefix.String()
	}
	return words.String()
}

// Origins is a list of web origins, or the single word *.
type Origins []string

// Decode reads origins as browsers send them (RFC 6454 section 6.2).
func (o *Origins) Decode(value string) error {
	var words List
	if err := words.Decode(value); err != nil {
		return err
	}
	for _, word := range words {
		if word == "*" && len(words) == 1 {
			continue
		}
		var e Endpoint
		if err := e.Decode(word); err != nil || word != strings.ToLower((&url.URL{Scheme: e.Scheme, Host: e.Host}).String()) {
			return errors.New("it has a part that is not an origin; write https://host or https://host:port in lower case, or * alone")
		}
	}
	*o = Origins(words)
	return nil
}

func (o Origins) String() string { return strings.Join(o, ", ") }

// Any says whether every origin may call.
func (o Origins) Any() bool { return len(o) == 1 && o[0] == "*" }
