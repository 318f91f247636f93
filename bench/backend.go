package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// backendCommand is the back end: net/http, and a fixed page of features of
// about 3.5 kB.
func backendCommand(ctx context.Context, args []string, _ io.Writer) error {
	flags := flag.NewFlagSet("backend", flag.ContinueOnError)
	address := flags.String("address", "", "where to listen")
	name := flags.String("name", "", "what it calls itself in links")
	if err := flags.Parse(args); err != nil {
		return err
	}
	return serve(ctx, *address, newBackend(*name))
}

// serve answers until the context ends.
func serve(ctx context.Context, address string, handler http.Handler) error {
	server := &http.Server{Addr: address, Handler: handler, ReadHeaderTimeout: time.Minute}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// collections are what the back end lists. One has a slash in its id, and its
// prefix is one of its own.
var collections = []string{"obs", "lakes", "pub", "pub/secret", "shifting"}

// newBackend answers the list of collections, one page of features, one stream,
// and everything else with what arrived.
func newBackend(name string) http.Handler {
	page, list := []byte(featurePage(name)), []byte(collectionList(name))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path { // no ServeMux: it would mend paths by a redirect
		case "/", "/collections":
			fixed(w, "application/json", list)
		case "/collections/obs/items":
			fixed(w, "application/geo+json", page)
		case "/collections/obs/coverage":
			download(w, r)
		default:
			echo(w, r)
		}
	})
}

func fixed(w http.ResponseWriter, media string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", media)
	h.Set("Content-Language", "en-US")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}

func collectionList(name string) string {
	var list []string
	for _, id := range collections {
		list = append(list, fmt.Sprintf(`{"id":%q,"itemType":"feature"}`, id))
	}
	return fmt.Sprintf(`{"collections":[%s],"links":[{"rel":"self","href":"%s/collections"}]}`, strings.Join(list, ","), name)
}

func featurePage(name string) string {
	var page bytes.Buffer
	page.WriteString(`{"type":"FeatureCollection","features":[`)
	for i := range 10 {
		if i > 0 {
			page.WriteByte(',')
		}
		fmt.Fprintf(&page, `{"type":"Feature","id":"%d","geometry":{"type":"Point","coordinates":[%d.25,45.75]},`+
			`"properties":{"stn_id":%d,"datetime":"2001-10-30T14:24:55Z","value":89.9,"name":"station %d","remark":"as measured on the spot"},`+
			`"links":[{"rel":"self","href":"%s/collections/obs/items/%d"}]}`, i, i, i, i, name, i)
	}
	fmt.Fprintf(&page, `],"numberMatched":10,"numberReturned":10,"links":[`+
		`{"rel":"self","type":"application/geo+json","href":"%[1]s/collections/obs/items?f=json"},`+
		`{"rel":"alternate","type":"text/html","href":"%[1]s/collections/obs/items?f=html"},`+
		`{"rel":"next","type":"application/geo+json","href":"%[1]s/collections/obs/items?f=json&offset=10"},`+
		`{"rel":"collection","type":"application/json","href":"%[1]s/collections/obs"}],"timeStamp":"2026-01-01T00:00:00Z"}`, name)
	for page.Len() < pageSize {
		page.WriteByte(' ')
	}
	return page.String()
}

// pageSize is at least what an answer has.
const pageSize = 3500
