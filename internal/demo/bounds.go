package demo

import (
	"encoding/json"
	"math"
)

// bounds is a box on the map, in degrees: west, south, east, north.
type bounds [4]float64

func nowhere() bounds { return bounds{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)} }

func (b bounds) intersects(other bounds) bool {
	return b[0] <= other[2] && other[0] <= b[2] && b[1] <= other[3] && other[1] <= b[3]
}

func (b bounds) including(x, y float64) bounds {
	return bounds{math.Min(b[0], x), math.Min(b[1], y), math.Max(b[2], x), math.Max(b[3], y)}
}

// boundsOf returns the box around a GeoJSON geometry. Nothing intersects the box around none.
func boundsOf(geometry json.RawMessage) bounds {
	var g struct {
		Coordinates any `json:"coordinates"`
	}
	if err := json.Unmarshal(geometry, &g); err != nil {
		return nowhere()
	}
	return around(nowhere(), g.Coordinates)
}

// around follows coordinates down to positions, however deep they are (RFC 7946, section 3.1).
func around(b bounds, coordinates any) bounds {
	parts, ok := coordinates.([]any)
	if !ok {
		return b
	}
	if x, y, ok := position(parts); ok {
		return b.including(x, y)
	}
	for _, part := range parts {
		b = around(b, part)
	}
	return b
}

func position(parts []any) (x, y float64, ok bool) {
	if len(parts) < 2 {
		return 0, 0, false
	}
	x, okX := parts[0].(float64)
	y, okY := parts[1].(float64)
	return x, y, okX && okY
}
