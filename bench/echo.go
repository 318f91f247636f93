package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
)

// arrival is what the back end got of a request, as it answers it: so that a
// client can tell its own answer from another's, and what came through.
type arrival struct {
	Method  string
	URI     string // the bytes of the request line
	Bytes   int64  // of the body
	SHA256  string // of the body
	Mark    string // of the client's request, in a header that is nobody's business
	Leaked  []string
	Padding string
}

// private are the headers that must never arrive with what a client put there.
var private = []string{"Authorization", "X-Api-Key", "Proxy-Authorization"}

func echo(w http.ResponseWriter, r *http.Request) {
	sum := sha256.New()
	n, err := io.Copy(sum, r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	got := arrival{
		Method: r.Method, URI: r.RequestURI, Bytes: n, SHA256: hex.EncodeToString(sum.Sum(nil)),
		Mark: r.Header.Get(markHeader), Padding: strings.Repeat(".", pageSize-500),
	}
	for name, values := range r.Header {
		value := strings.Join(values, ",")
		if slices.Contains(private, name) || strings.HasPrefix(name, "X-Auth-") || strings.Contains(value, canary) || strings.Contains(value, forged) {
			got.Leaked = append(got.Leaked, name)
		}
	}
	slices.Sort(got.Leaked)
	body, err := json.Marshal(got)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set(markHeader, got.Mark)
	fixed(w, "application/json", body)
}

const (
	markHeader = "X-Bench-Mark" // tells one request from every other
	canary     = "canary-"      // begins every secret, and must arrive nowhere
	forged     = "203.0.113.66" // what hostile clients say that they are
)
