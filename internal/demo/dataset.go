package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
)

// Collection is a collection of features that an upstream starts with.
type Collection struct {
	ID          string // may have slashes, as pygeoapi's may
	Title       string
	Description string
	ItemType    string // "feature" by default; "record" for a catalogue
	Features    []Feature
}

// Feature is a GeoJSON feature (RFC 7946, section 3.2).
type Feature struct {
	ID         any             `json:"id"` // a string or a number
	Geometry   json.RawMessage `json:"geometry"`
	Properties map[string]any  `json:"properties"`
}

// id is the feature's id as it stands in a path.
func (f Feature) id() string { return fmt.Sprint(f.ID) }

func (f Feature) document() object {
	return object{"type": "Feature", "id": f.ID, "geometry": f.Geometry, "properties": f.Properties}
}

const maxFeatures = 1000

var (
	errNoFeature  = errors.New("there is no such item")
	errFeatureIs  = errors.New("an item with that id is there already")
	errDatasetBig = errors.New("the collection is full")
)

// dataset is a collection that can be edited.
type dataset struct {
	Collection

	mu       sync.RWMutex
	features []Feature
	lastID   int // of those that were given to new features without one
}

func newDataset(c Collection) *dataset {
	if c.ItemType == "" {
		c.ItemType = "feature"
	}
	return &dataset{Collection: c, features: slices.Clone(c.Features), lastID: maxFeatures}
}

// all returns the features as they are now.
func (d *dataset) all() []Feature {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return slices.Clone(d.features)
}

func (d *dataset) find(id string) (Feature, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if n := d.index(id); n >= 0 {
		return d.features[n], nil
	}
	return Feature{}, errNoFeature
}

// create adds f, under an id of its own unless it brings one, and returns the id.
func (d *dataset) create(f Feature) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.features) >= maxFeatures {
		return "", errDatasetBig
	}
	if f.ID == nil {
		d.lastID++
		f.ID = strconv.Itoa(d.lastID)
	}
	if d.index(f.id()) >= 0 {
		return "", errFeatureIs
	}
	d.features = append(d.features, f)
	return f.id(), nil
}

// replace puts f where id is, and keeps the id.
func (d *dataset) replace(id string, f Feature) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.index(id)
	if n < 0 {
		return errNoFeature
	}
	f.ID = d.features[n].ID
	d.features[n] = f
	return nil
}

func (d *dataset) remove(id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.index(id)
	if n < 0 {
		return errNoFeature
	}
	d.features = slices.Delete(d.features, n, n+1)
	return nil
}

func (d *dataset) index(id string) int {
	return slices.IndexFunc(d.features, func(f Feature) bool { return f.id() == id })
}
