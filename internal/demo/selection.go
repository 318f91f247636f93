package demo

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

const (
	defaultLimit = 10
	maxLimit     = 50
)

// selection is what a query on items asks for (OGC API Features 1, section 7.15).
type selection struct {
	limit, offset int
	bbox          *bounds
	properties    map[string]string
	hits          bool // resulttype=hits: the number alone
}

// readSelection reads a query. Of a parameter that is there twice the first counts. Parameters that name no property
// are ignored, and so is filter: pygeoapi's CSV and GeoJSON providers do both.
func readSelection(query url.Values, names []string) (selection, error) {
	s := selection{limit: defaultLimit, properties: map[string]string{}, hits: query.Get("resulttype") == "hits"}
	var err error
	if text := query.Get("limit"); text != "" {
		if s.limit, err = strconv.Atoi(text); err != nil || s.limit < 1 {
			return selection{}, errors.New("limit must be a positive integer")
		}
		s.limit = min(s.limit, maxLimit)
	}
	if text := query.Get("offset"); text != "" {
		if s.offset, err = strconv.Atoi(text); err != nil || s.offset < 0 {
			return selection{}, errors.New("offset must be an integer, and not negative")
		}
	}
	if text := query.Get("bbox"); text != "" {
		if s.bbox, err = readBBox(text); err != nil {
			return selection{}, err
		}
	}
	for _, name := range names {
		if query.Has(name) {
			s.properties[name] = query.Get(name)
		}
	}
	return s, nil
}

// readBBox reads four numbers, or six, of which the heights do not count.
func readBBox(text string) (*bounds, error) {
	var numbers []float64
	for part := range strings.SplitSeq(text, ",") {
		number, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil {
			return nil, errors.New("bbox must be numbers with commas between them")
		}
		numbers = append(numbers, number)
	}
	if len(numbers) == 6 {
		numbers = []float64{numbers[0], numbers[1], numbers[3], numbers[4]}
	}
	if len(numbers) != 4 {
		return nil, errors.New("bbox must be four numbers, or six")
	}
	b := bounds(numbers)
	if !(b[0] <= b[2] && b[1] <= b[3]) { // not the other way round: NaN is no corner
		return nil, errors.New("the first corner of bbox must be south-west of the second")
	}
	return &b, nil
}

// pick returns one page of the features that match, and how many match at all.
func (s selection) pick(features []Feature) (page []Feature, matched int) {
	page = []Feature{}
	for _, f := range features {
		if !s.matches(f) {
			continue
		}
		if matched >= s.offset && len(page) < s.limit && !s.hits {
			page = append(page, f)
		}
		matched++
	}
	return page, matched
}

func (s selection) matches(f Feature) bool {
	for name, want := range s.properties {
		if value, ok := f.Properties[name]; !ok || value == nil || fmt.Sprint(value) != want {
			return false
		}
	}
	return s.bbox == nil || boundsOf(f.Geometry).intersects(*s.bbox)
}
