// Package ogcapi answers what is asked: it reads a method and a URL as a
// resource of an OGC API, in the one way in which every server behind would
// read it too, and it rewrites the OGC documents that come back.
//
// It refuses what two parsers could read in two ways. It knows nothing of
// users, policies or configuration.
package ogcapi

import "net/url"

// Resource is what a request is about, in the vocabulary that policies use.
// Empty fields do not apply.
type Resource struct {
	API        string // common, openapi, features, records, coverages, maps, styles, tiles, edr, processes, jobs, stac, static, admin or unknown
	Operation  string // read, create, replace, update, delete or execute
	Type       string // landing, conformance, collections, collection, items, item, … or unknown
	Collection string // the collection's id, slashes included
	Item       string // the feature's or record's id, slashes included
	Process    string // the process's id
	Job        string // the job's id
}

// Request is a request in its one reading. What a policy sees, what is routed
// and what is forwarded are all made from it.
type Request struct {
	Method   string     // GET, HEAD, OPTIONS, POST, PUT, PATCH or DELETE
	Segments []string   // the decoded path below the context, one element a segment; none for the landing page. After Resolve a collection id with slashes is one element
	Query    url.Values // every value of every parameter
	RawQuery string     // the query as it came, and as it is forwarded
	Resource Resource

	raw      []string  // the decoded path, always split at every slash
	readings []reading // the ways in which the segments below /collections can be read
	filters  bool      // a POST on items has the media type of a filter
}
