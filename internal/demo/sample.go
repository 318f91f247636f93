package demo

import (
	"bytes"
	_ "embed"
	"encoding/json"
)

// The sample data are invented: rough outlines, round figures.
var (
	//go:embed data/obs.geojson
	obsData []byte
	//go:embed data/lakes.geojson
	lakesData []byte
)

func sampleCollections() []Collection {
	return []Collection{
		{
			ID: "obs", Title: "Observations", Description: "What three weather stations observed",
			Features: sampleFeatures(obsData),
		},
		{
			ID: "lakes", Title: "Lakes", Description: "Large lakes of the world, roughly drawn",
			Features: sampleFeatures(lakesData),
		},
	}
}

// sampleFeatures reads embedded data; a test reads every feature, so that a fault in them cannot ship.
func sampleFeatures(data []byte) []Feature {
	var collection struct {
		Features []Feature `json:"features"`
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(&collection); err != nil {
		return nil
	}
	return collection.Features
}
