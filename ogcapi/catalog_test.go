package ogcapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/geowarden/geowarden/ogcapi"
)

// upstream serves a list of collections that can change, and counts.
type upstream struct {
	*httptest.Server
	fetches atomic.Int64
	mu      sync.Mutex
	answer  http.HandlerFunc
}

func newUpstream(t *testing.T, answer http.HandlerFunc) *upstream {
	t.Helper()
	u := &upstream{answer: answer}
	u.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u.fetches.Add(1)
		u.mu.Lock()
		answer := u.answer
		u.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(u.Close)
	return u
}

func (u *upstream) set(answer http.HandlerFunc) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.answer = answer
}

func serves(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, body) }
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func listOf(ids ...string) http.HandlerFunc {
	var items []string
	for _, id := range ids {
		items = append(items, fmt.Sprintf(`{"id": %q, "itemType": "feature"}`, id))
	}
	return serves(`{"collections": [` + strings.Join(items, ",") + `], "links": []}`)
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newCatalog(u *upstream) (*ogcapi.Catalog, *clock) {
	c := &clock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	return ogcapi.NewCatalog(ogcapi.CatalogConfig{
		URL: u.URL + "/collections", Interval: 10 * time.Second, MaxAge: time.Minute, Now: c.Now,
	}), c
}

func resolved(t testing.TB, c *ogcapi.Catalog, path string) (*ogcapi.Request, error) {
	t.Helper()
	q, err := ogcapi.Parse(request(t, "GET", path), "")
	if err != nil {
		t.Fatal(err)
	}
	return q, c.Resolve(t.Context(), q)
}

func isUnavailable(err error) bool {
	var u *ogcapi.CatalogUnavailable
	return errors.As(err, &u)
}

func TestNothingIsFetchedBeforeItIsNeeded(t *testing.T) {
	u := newUpstream(t, listOf("obs"))
	c, _ := newCatalog(u)
	for _, path := range []string{"/", "/admin/config", "/collections", "/collections/obs", "/collections/obs/schema", "/jobs/a/results"} {
		if _, err := resolved(t, c, path); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if n := u.fetches.Load(); n != 0 {
		t.Errorf("%d fetches", n)
	}
}

func TestTheListIsAskedForInJSONAndFetchedOnceForMany(t *testing.T) {
	u := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/collections" || r.URL.RawQuery != "f=json" || r.Header.Get("Accept") != "application/json" {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		listOf("a/b")(w, r)
	})
	c, _ := newCatalog(u)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			q, err := resolved(t, c, "/collections/a/b/items")
			if err != nil || q.Resource.Collection != "a/b" {
				t.Errorf("%v: %v", q.Resource, err)
			}
		})
	}
	all.Wait()
	if n := u.fetches.Load(); n != 1 {
		t.Errorf("%d fetches", n)
	}
}

func TestUnlistedIdsCauseAtMostOneFetchAnInterval(t *testing.T) {
	u := newUpstream(t, listOf("obs"))
	c, clock := newCatalog(u)
	flood := func() {
		for i := range 1000 {
			if _, err := resolved(t, c, fmt.Sprintf("/collections/x/%d/items", i)); !isAmbiguous(err) {
				t.Fatalf("an unlisted id: %v", err)
			}
		}
	}
	flood()
	if n := u.fetches.Load(); n != 1 {
		t.Errorf("%d fetches in the first interval", n)
	}
	clock.advance(10 * time.Second)
	u.set(listOf("obs", "x/1"))
	if q, err := resolved(t, c, "/collections/x/1/items"); err != nil || q.Resource.Collection != "x/1" {
		t.Errorf("a collection that was added: %v", err)
	}
	if n := u.fetches.Load(); n != 2 {
		t.Errorf("%d fetches after the second interval", n)
	}
}

func TestARecordsCollectionHasTheAPIRecords(t *testing.T) {
	u := newUpstream(t, serves(`{"collections": [{"id":"a","itemType":"record"},{"id":"b","itemType":["feature","record"]},{"id":"c","itemType":"feature"},{"id":"d","itemType":null},{"id":"e"}]}`))
	c, _ := newCatalog(u)
	for id, want := range map[string]string{"a": "records", "b": "records", "c": "features", "d": "features", "e": "features", "unlisted": "features"} {
		for _, rest := range []string{"/items", "/items/1"} {
			q, err := resolved(t, c, "/collections/"+id+rest)
			if err != nil || q.Resource.API != want {
				t.Errorf("%s%s: %v, %v", id, rest, q.Resource, err)
			}
		}
		if q, err := resolved(t, c, "/collections/"+id+"/queryables"); err != nil || q.Resource.API != "common" {
			t.Errorf("%s: %v, %v", id, q.Resource, err)
		}
	}
}

// Attack: records are read as features are, while the back end cannot list them:
// pygeoapi leaves out of its list what it cannot reach, for as long as that lasts.
func TestRecordsThatLeaveTheListAreRecordsStill(t *testing.T) {
	const both = `{"collections": [{"id":"a","itemType":"record"},{"id":"b","itemType":"feature"}]}`
	u := newUpstream(t, serves(both))
	c, clock := newCatalog(u)
	as := func(when, want string) {
		t.Helper()
		for _, path := range []string{"/collections/a/items", "/collections/a/items/1"} {
			if q, err := resolved(t, c, path); err != nil || q.Resource.API != want {
				t.Errorf("%s: %s: %q, want %q; %v", when, path, q.Resource.API, want, err)
			}
		}
	}
	next := func(answer http.HandlerFunc) {
		t.Helper()
		lookAgain(t, u, c, clock, answer)
	}
	as("listed", "records")
	next(listOf("b"))
	as("left out", "records")
	next(listOf("b"))
	as("left out again", "records")
	next(serves(both))
	as("listed again", "records")
	next(listOf("a"))
	as("listed as another kind", "features")
	next(listOf("b"))
	as("left out as another kind", "features")
	next(serves(both))
	for range 3 {
		next(listOf("b"))
	}
	as("left out for longer than a list lasts", "features")
}

// lookAgain lets half a minute pass, and the catalog read another list.
func lookAgain(t *testing.T, u *upstream, c *ogcapi.Catalog, clock *clock, answer http.HandlerFunc) {
	t.Helper()
	u.set(answer)
	clock.advance(30 * time.Second)
	if _, err := resolved(t, c, "/collections/there/is/none"); !isAmbiguous(err) {
		t.Fatal(err)
	}
}

// Attack: items of a/locations are read as locations of a, while the back end
// cannot list a/locations: Starlette routes the path to the collection.
func TestAnIDWithSlashesThatLeavesTheListCountsStill(t *testing.T) {
	u := newUpstream(t, listOf("a", "a/locations", "b/c"))
	c, clock := newCatalog(u)
	counts := func(when string) {
		t.Helper()
		for _, path := range []string{"/collections/a/locations/items", "/collections/a/locations/schema"} {
			if q, err := resolved(t, c, path); !isAmbiguous(err) {
				t.Errorf("%s: %s is decided as %v; %v", when, path, q.Resource, err)
			}
		}
		if q, err := resolved(t, c, "/collections/b/c/items"); err != nil || q.Resource.Collection != "b/c" {
			t.Errorf("%s: %v, %v", when, q.Resource, err)
		}
	}
	counts("listed")
	lookAgain(t, u, c, clock, listOf("a"))
	counts("left out")
	lookAgain(t, u, c, clock, listOf("a"))
	counts("left out again")
	for range 2 {
		lookAgain(t, u, c, clock, listOf("a"))
	}
	if q, err := resolved(t, c, "/collections/a/locations/items"); err != nil || q.Resource.Collection != "a" {
		t.Errorf("left out for longer than a list lasts: %v, %v", q.Resource, err)
	}
	if _, err := resolved(t, c, "/collections/b/c/items"); !isAmbiguous(err) {
		t.Errorf("left out for longer than a list lasts: %v", err)
	}
}

// Attack: a back end that lists others each time fills the memory.
func TestWhatIsRememberedOfTheListIsBounded(t *testing.T) {
	const listed, remembered = 10_500, 10_000
	ids := make([]string, listed)
	for i := range ids {
		ids[i] = fmt.Sprintf("x/%d", i)
	}
	u := newUpstream(t, listOf(ids...))
	c, clock := newCatalog(u)
	if _, err := resolved(t, c, "/collections/x/0/items"); err != nil {
		t.Fatal(err)
	}
	lookAgain(t, u, c, clock, listOf())
	known := 0
	for _, id := range ids {
		if _, err := resolved(t, c, "/collections/"+id+"/items"); err == nil {
			known++
		}
	}
	if known != remembered {
		t.Errorf("%d of %d are remembered, want %d", known, listed, remembered)
	}
}

func TestWithoutAListPathsThatNeedItAreUnavailable(t *testing.T) {
	other := newUpstream(t, listOf("a/b"))
	for name, answer := range map[string]http.HandlerFunc{
		"an error":              status(http.StatusInternalServerError),
		"a denial":              status(http.StatusForbidden),
		"nothing":               serves(""),
		"HTML":                  serves("<html>"),
		"another document":      serves(`{"links": []}`),
		"a list that is cut":    serves(`{"collections": [{"id": "a/b"}`),
		"an id that is no text": serves(`{"collections": [{"id": 1}]}`),
		"a list of 17 MB": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprint(w, `{"collections": []}`+strings.Repeat(" ", 17<<20))
		},
		"a cut in the body": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = fmt.Fprint(w, `{"collections": []}`)
		},
		"pages without end": func(w http.ResponseWriter, r *http.Request) {
			_, _ = fmt.Fprintf(w, `{"collections": [], "links": [{"rel": "next", "href": "/collections?x=%s1"}]}`, r.URL.Query().Get("x"))
		},
		"a next page on another host": serves(`{"collections": [], "links": [{"rel": "next", "href": "` + other.URL + `"}]}`),
	} {
		t.Run(name, func(t *testing.T) {
			u := newUpstream(t, answer)
			c, clock := newCatalog(u)
			for _, path := range []string{"/collections/a/b/items", "/collections/obs/items", "/collections/obs/styles/s/map"} {
				if q, err := resolved(t, c, path); !isUnavailable(err) {
					t.Errorf("%s: %v, %v", path, q.Resource, err)
				}
			}
			if _, err := resolved(t, c, "/collections/obs/schema"); err != nil {
				t.Errorf("a path that needs no list: %v", err)
			}
			u.set(listOf("a/b"))
			if _, err := resolved(t, c, "/collections/a/b/items"); !isUnavailable(err) {
				t.Errorf("a second fetch in the interval: %v", err)
			}
			clock.advance(10 * time.Second)
			if _, err := resolved(t, c, "/collections/a/b/items"); err != nil {
				t.Errorf("after the interval: %v", err)
			}
		})
	}
}

func TestABackEndWithoutCollectionsHasAnEmptyList(t *testing.T) {
	u := newUpstream(t, http.NotFound)
	c, _ := newCatalog(u)
	if q, err := resolved(t, c, "/collections/obs/items"); err != nil || q.Resource.Collection != "obs" {
		t.Errorf("%v, %v", q.Resource, err)
	}
	if _, err := resolved(t, c, "/collections/a/b/items"); !isAmbiguous(err) {
		t.Errorf("%v", err)
	}
}

func TestRedirectsToAnotherHostAreNotFollowed(t *testing.T) {
	other := newUpstream(t, listOf("a/b"))
	u := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/collections", http.StatusFound)
	})
	c, clock := newCatalog(u)
	if _, err := resolved(t, c, "/collections/a/b/items"); !isUnavailable(err) {
		t.Errorf("%v", err)
	}
	if n := other.fetches.Load(); n != 0 {
		t.Errorf("the other host was asked %d times", n)
	}
	u.set(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/collections" {
			http.Redirect(w, r, "/collections/", http.StatusFound)
			return
		}
		listOf("a/b")(w, r)
	})
	clock.advance(10 * time.Second)
	if _, err := resolved(t, c, "/collections/a/b/items"); err != nil {
		t.Errorf("a redirect on the same host: %v", err)
	}
}

func TestAllPagesAreRead(t *testing.T) {
	u := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("page") == "2" {
			listOf("c/d")(w, r)
			return
		}
		serves(`{"collections": [{"id": "a/b"}], "links": [{"rel": "self", "href": "/"}, {"rel": "next", "href": "?f=json&page=2"}]}`)(w, r)
	})
	c, _ := newCatalog(u)
	for _, id := range []string{"a/b", "c/d"} {
		if q, err := resolved(t, c, "/collections/"+id+"/items"); err != nil || q.Resource.Collection != id {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// The upstream's links begin with the name that it gives itself, which is often
// the public address of the gateway: the next page is fetched from the upstream.
func TestThePagesOfAServerWithAnotherNameAreRead(t *testing.T) {
	u := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("page") == "2" {
			listOf("c/d")(w, r)
			return
		}
		serves(`{"collections": [], "links": [{"rel": "next", "href": "https://maps.example/geoapi/collections?page=2"}]}`)(w, r)
	})
	for server, want := range map[string]bool{"https://maps.example/geoapi": true, "https://maps.example/other": false, "": false} {
		c := ogcapi.NewCatalog(ogcapi.CatalogConfig{URL: u.URL + "/collections", Server: server})
		if _, err := resolved(t, c, "/collections/c/d/items"); (err == nil) != want {
			t.Errorf("a server that calls itself %q: %v", server, err)
		}
	}
}

func TestAListOutlivesAnOutageUntilItIsTooOld(t *testing.T) {
	u := newUpstream(t, listOf("a/b"))
	c, clock := newCatalog(u)
	ask := func() error {
		_, err := resolved(t, c, "/collections/a/b/items")
		return err
	}
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	u.set(status(http.StatusBadGateway))
	clock.advance(time.Minute)
	if err := ask(); err != nil {
		t.Errorf("within its age: %v", err)
	}
	clock.advance(time.Second)
	err := ask()
	var unavailable *ogcapi.CatalogUnavailable
	if !errors.As(err, &unavailable) || unavailable.RetryAfter != 10*time.Second {
		t.Errorf("beyond its age: %v", err)
	}
}

func TestACallerThatGivesUpDoesNotEndTheFetch(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	u := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-release
		listOf("a/b")(w, r)
	})
	c, _ := newCatalog(u)
	ctx, cancel := context.WithCancel(t.Context())
	q, err := ogcapi.Parse(request(t, "GET", "/collections/a/b/items"), "")
	if err != nil {
		t.Fatal(err)
	}
	first := make(chan error)
	go func() { first <- c.Resolve(ctx, q) }()
	<-arrived
	cancel()
	if err := <-first; !isUnavailable(err) || !errors.Is(err, context.Canceled) {
		t.Errorf("the one that gave up: %v", err)
	}
	close(release)
	if _, err := resolved(t, c, "/collections/a/b/items"); err != nil {
		t.Errorf("the next one: %v", err)
	}
}

func TestRunRefreshesAndTells(t *testing.T) {
	u := newUpstream(t, serves(`{"collections": [{"id": "a"}, {"id": "b"}], "links": [{"rel": "self", "href": "http://me.test/collections?f=json"}]}`))
	told := make(chan int)
	c := ogcapi.NewCatalog(ogcapi.CatalogConfig{
		URL: u.URL + "/collections", Interval: time.Nanosecond, Refresh: time.Millisecond,
		OnRefresh: func(n int, self string, err error) {
			if err != nil {
				n = -1
			} else if self != "http://me.test/collections?f=json" {
				t.Errorf("the list calls itself %q", self)
			}
			told <- n
		},
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { c.Run(ctx); close(ended) }()
	if n := <-told; n != 2 {
		t.Errorf("told of %d collections", n)
	}
	u.set(status(http.StatusInternalServerError))
	for n := 2; n != -1; {
		n = <-told
	}
	cancel()
	for {
		select {
		case <-told:
		case <-ended:
			return
		}
	}
}

// A list that could not be fetched anew must not look fresh.
func TestTheListSaysWhenItWasRead(t *testing.T) {
	u := newUpstream(t, listOf("obs"))
	c, clock := newCatalog(u)
	if at := c.Read(); !at.IsZero() {
		t.Errorf("read at %s, before any fetch", at)
	}
	first := clock.Now()
	if _, err := resolved(t, c, "/collections/a/b/items"); err == nil {
		t.Error("an unlisted id was resolved")
	}
	if at := c.Read(); !at.Equal(first) {
		t.Errorf("read at %s, want %s", at, first)
	}
	clock.advance(20 * time.Second)
	u.set(status(http.StatusInternalServerError))
	if _, err := resolved(t, c, "/collections/a/b/items"); err == nil {
		t.Error("an unlisted id was resolved")
	}
	if at := c.Read(); !at.Equal(first) || u.fetches.Load() != 2 {
		t.Errorf("read at %s after a failed fetch (%d in all), want %s", at, u.fetches.Load(), first)
	}
}
