package demo

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
)

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
