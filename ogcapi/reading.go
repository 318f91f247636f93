package ogcapi

type reading struct{}
