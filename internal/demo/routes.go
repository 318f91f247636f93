package demo

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// operations are what can be done at one path, by method.
type operations map[string]http.HandlerFunc

func read(get http.HandlerFunc) operations { return operations{http.MethodGet: get} }

// canonical reads a path as the server of pygeoapi's official image does: slashes merge, and the last one does not
// count. Dots mean nothing. The path was decoded before, so that an escaped slash separates too.
func canonical(path string) string {
	parts := slices.DeleteFunc(strings.Split(path, "/"), func(part string) bool { return part == "" })
	return strings.Join(parts, "/")
}

// route finds what is at path; nil when nothing is.
func (u *Upstream) route(path string) operations {
	switch path {
	case "":
		return read(u.landing)
	case "conformance":
		return read(u.conformance)
	case "openapi":
		return read(u.openapi)
	case "collections":
		return read(u.listCollections)
	case "processes":
		return read(u.listProcesses)
	case "processes/" + helloWorld:
		return read(u.describeProcess)
	case "processes/" + helloWorld + "/execution":
		return operations{http.MethodPost: u.small(u.execute)}
	case "jobs":
		return read(u.listJobs)
	case "admin/config":
		return read(u.adminConfig)
	}
	switch head, rest, _ := strings.Cut(path, "/"); head {
	case "collections":
		return u.routeCollection(rest)
	case "jobs":
		return u.routeJob(rest)
	case "static":
		return routeStatic(rest)
	case "processes":
		return read(func(w http.ResponseWriter, r *http.Request) {
			u.exception(w, r, http.StatusNotFound, "NoSuchProcess", "there is no such process")
		})
	}
	return nil
}

// routeCollection finds the longest collection id that path starts with: ids may have slashes, and pygeoapi's route
// takes them greedily.
func (u *Upstream) routeCollection(path string) operations {
	var found *dataset
	for _, c := range u.collections {
		longer := found == nil || len(c.ID) > len(found.ID)
		if longer && (path == c.ID || strings.HasPrefix(path, c.ID+"/")) {
			found = c
		}
	}
	if found == nil {
		return read(func(w http.ResponseWriter, r *http.Request) {
			u.exception(w, r, http.StatusNotFound, "NotFound", "there is no such collection")
		})
	}
	return u.routeInside(found, strings.TrimPrefix(strings.TrimPrefix(path, found.ID), "/"))
}

func (u *Upstream) routeInside(c *dataset, path string) operations {
	about := func(serve func(*dataset, http.ResponseWriter, *http.Request)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { serve(c, w, r) }
	}
	switch path {
	case "":
		return read(about(u.describeCollection))
	case "schema":
		return read(about(u.schema))
	case "queryables":
		return read(about(u.queryables))
	case "items":
		return operations{http.MethodGet: about(u.items), http.MethodPost: u.small(about(u.postItems))}
	}
	id, ok := strings.CutPrefix(path, "items/")
	if !ok {
		return nil
	}
	item := func(serve func(*dataset, string, http.ResponseWriter, *http.Request)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { serve(c, id, w, r) }
	}
	return operations{
		http.MethodGet: item(u.item), http.MethodPut: u.small(item(u.putItem)), http.MethodDelete: item(u.deleteItem),
	}
}

func (u *Upstream) routeJob(path string) operations {
	id, results := strings.CutSuffix(path, "/results")
	job := func(serve func(string, http.ResponseWriter, *http.Request)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { serve(id, w, r) }
	}
	if results {
		return read(job(u.jobResults))
	}
	return operations{http.MethodGet: job(u.describeJob), http.MethodDelete: job(u.deleteJob)}
}

// serve does what the method says. HEAD runs the whole query, and OPTIONS tells who can edit, as pygeoapi's do.
func (o operations) serve(u *Upstream, w http.ResponseWriter, r *http.Request) {
	if o == nil {
		u.exception(w, r, http.StatusNotFound, "NotFound", "there is nothing here")
		return
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if serve, ok := o[method]; ok {
		serve(w, r)
		return
	}
	allowed := slices.Collect(maps.Keys(o))
	if o[http.MethodGet] != nil {
		allowed = append(allowed, http.MethodHead)
	}
	slices.Sort(allowed)
	w.Header().Set("Allow", strings.Join(append(allowed, http.MethodOptions), ", "))
	if method == http.MethodOptions {
		w.WriteHeader(http.StatusOK)
		return
	}
	u.exception(w, r, http.StatusMethodNotAllowed, "MethodNotAllowed", "the method is not allowed here")
}
