package ogcapi

import "context"

// Resolve settles what a path below /collections is about, where that depends
// on the collections that there are. It comes after authentication, because its
// answer tells about them. Other requests pass unchanged.
//
// An id with slashes counts only where it is listed, or was until a while ago; an
// id without one always does. A path that is left with two readings, or with none, is *Ambiguous;
// without a list it is *CatalogUnavailable.
//
// What is left open: pygeoapi serves hidden collections without listing them. A
// hidden one whose id has slashes cannot be reached, unless its id reads as a
// route of another collection, such as a/locations, a/instances/b or a/styles/b:
// then routes of it may be decided as those of a. A hidden collection of records
// is decided as one of features. A collection that the back end has not been able
// to reach since the catalog began, or that was added less than a refresh ago, is
// as a hidden one.
func (c *Catalog) Resolve(ctx context.Context, q *Request) error {
	if len(q.readings) == 0 {
		return nil
	}
	if only := q.readings[0]; len(q.readings) == 1 && only.segments == 1 && only.api != "features" {
		q.choose(only)
		return nil
	}
	list, err := c.current(ctx)
	if err != nil {
		return err
	}
	known := list.among(q.readings)
	if len(known) == 0 { // perhaps it was added meanwhile
		c.refresh(ctx)
		if list, err = c.current(ctx); err != nil {
			return err
		}
		known = list.among(q.readings)
	}
	switch len(known) {
	case 0:
		return ambiguous("the path names no route of a collection that is listed")
	case 1:
	default:
		return ambiguous("the path is a route of two collections")
	}
	r := known[0]
	if r.api == "features" && list.areRecords(r.id) {
		r.api = "records"
	}
	q.choose(r)
	return nil
}

// among returns the readings that count.
func (l *listing) among(all []reading) []reading {
	var known []reading
	for _, r := range all {
		if r.segments == 1 || l.has(r.id) {
			known = append(known, r)
		}
	}
	return known
}
