package demo

import (
	"errors"
	"mime"
	"net/http"
)

// maxKept bounds a body that is kept: with so many features and jobs at most, it bounds the memory too.
const maxKept = 64 << 10

// small refuses a body that is too large to keep.
func (u *Upstream) small(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > maxKept {
			u.exception(w, r, http.StatusRequestEntityTooLarge, "InvalidParameterValue", errBodyTooLarge.Error())
			return
		}
		serve(w, r)
	}
}

// postItems creates a feature when the body is GeoJSON. Any other type is a filter, so that the answer is that of a
// GET: the same address reads or writes, and only the Content-Type tells.
func (u *Upstream) postItems(c *dataset, w http.ResponseWriter, r *http.Request) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		u.exception(w, r, http.StatusBadRequest, "InvalidParameterValue", "the Content-Type is missing or malformed")
		return
	}
	if kind != typeGeoJSON {
		if _, err := decode[map[string]any](r.Body); err != nil {
			u.exception(w, r, http.StatusBadRequest, "InvalidParameterValue", "the filter is not a JSON object")
			return
		}
		u.items(c, w, r)
		return
	}
	f, err := readFeature(r.Body)
	if err != nil {
		u.exception(w, r, http.StatusBadRequest, "InvalidParameterValue", err.Error())
		return
	}
	id, err := c.create(f)
	switch {
	case errors.Is(err, errDatasetBig):
		u.exception(w, r, http.StatusInsufficientStorage, "NoApplicableCode", err.Error())
	case err != nil:
		u.exception(w, r, http.StatusBadRequest, "InvalidParameterValue", err.Error())
	default:
		w.Header().Set("Location", u.href("/collections/"+c.ID+"/items/"+id, nil))
		write(w, http.StatusCreated, "application/json", nil)
	}
}

func (u *Upstream) putItem(c *dataset, id string, w http.ResponseWriter, r *http.Request) {
	f, err := readFeature(r.Body)
	if err != nil {
		u.exception(w, r, http.StatusBadRequest, "InvalidParameterValue", err.Error())
		return
	}
	if err := c.replace(id, f); err != nil {
		u.exception(w, r, http.StatusNotFound, "NotFound", err.Error())
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (u *Upstream) deleteItem(c *dataset, id string, w http.ResponseWriter, r *http.Request) {
	if err := c.remove(id); err != nil {
		u.exception(w, r, http.StatusNotFound, "NotFound", err.Error())
		return
	}
	write(w, http.StatusOK, "application/json", nil)
}
