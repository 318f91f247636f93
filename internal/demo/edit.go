package demo

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
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

// readFeature reads a GeoJSON feature that can be served again (RFC 7946, section 3.2).
func readFeature(body io.Reader) (Feature, error) {
	sent, err := decode[struct {
		Type string `json:"type"`
		Feature
	}](body)
	if err != nil || sent.Type != "Feature" {
		return Feature{}, errors.New("the body is not a GeoJSON feature")
	}
	f := sent.Feature
	switch id := f.ID.(type) {
	case nil, json.Number:
	case string:
		if id == "" {
			return Feature{}, errors.New("the id is empty")
		}
	default:
		return Feature{}, errors.New("the id is neither a string nor a number")
	}
	if bytes.Equal(f.Geometry, []byte("null")) {
		f.Geometry = nil
	}
	if f.Geometry == nil {
		return f, nil
	}
	var g struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(f.Geometry, &g); err != nil || !slices.Contains(geometryTypes(), g.Type) {
		return Feature{}, errors.New("the geometry is not a GeoJSON geometry")
	}
	return f, nil
}

func geometryTypes() []string {
	return []string{
		"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection",
	}
}

// decode reads one JSON value and nothing behind it; numbers stay as they were written.
func decode[T any](body io.Reader) (T, error) {
	var value T
	decoder := json.NewDecoder(body)
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return value, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return value, errors.New("there is more than one value")
	}
	return value, nil
}
