package ogcapi

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// CatalogConfig says where the list of collections is and how often it is read.
type CatalogConfig struct {
	URL    string       // the list at the upstream, …/collections, without a query
	Server string       // what the upstream calls itself in links, where that is another address than the one in URL
	Client *http.Client // http.DefaultClient when nil; its redirects are restricted

	Interval time.Duration // at most one fetch in this time, whatever arrives; 5 s when 0
	Refresh  time.Duration // how often Run fetches; one minute when 0
	MaxAge   time.Duration // how long a list is used when no newer one can be had, and an id is remembered that a newer one leaves out; ten minutes when 0
	Timeout  time.Duration // for one fetch with all its pages; 10 s when 0

	Now func() time.Time // time.Now when nil

	// OnRefresh is told of each fetch, one at a time: the number of collections
	// and the address that the list gives itself ("" for none), or why there is
	// no list.
	OnRefresh func(n int, self string, err error)
}

// Catalog is the upstream's list of collections. It is safe for concurrent use.
type Catalog struct {
	cfg     CatalogConfig
	client  *http.Client
	flights singleflight.Group

	mu    sync.Mutex
	list  *listing
	tried time.Time // when the last fetch began
	err   error     // why it failed
}

// listing is one state of the list.
type listing struct {
	read    time.Time
	records map[string]bool // every listed id; true where its items are records

	// left are ids that were listed before and change what a path says: pygeoapi
	// leaves out of its list what it cannot reach just now, and goes on to serve it
	// as soon as it can.
	left map[string]leaver
}

// leaver is a collection that was listed last at a time.
type leaver struct {
	seen    time.Time
	records bool
}

// maxLeft bounds what is remembered of a back end that lists others each time.
const maxLeft = 10_000

// after returns the listing that follows the last one, which may be nil.
func after(last *listing, read time.Time, records map[string]bool, forget time.Duration) *listing {
	next := &listing{read: read, records: records, left: map[string]leaver{}}
	if last == nil {
		return next
	}
	remember := func(id string, one leaver) {
		if _, listed := records[id]; !listed && read.Sub(one.seen) <= forget && len(next.left) < maxLeft {
			next.left[id] = one
		}
	}
	for id, areRecords := range last.records {
		if areRecords || strings.Contains(id, "/") {
			remember(id, leaver{last.read, areRecords})
		}
	}
	for id, one := range last.left {
		remember(id, one)
	}
	return next
}

// has reports whether there is such a collection, listed or left out for now.
func (l *listing) has(id string) bool {
	_, listed := l.records[id]
	_, left := l.left[id]
	return listed || left
}

// areRecords reports whether the items of a collection are records, as it was
// listed last.
func (l *listing) areRecords(id string) bool { return l.records[id] || l.left[id].records }

// NewCatalog returns a catalog that has read nothing yet: the first request
// that needs the list fetches it.
func NewCatalog(cfg CatalogConfig) *Catalog {
	defaultTo(&cfg.Interval, 5*time.Second)
	defaultTo(&cfg.Refresh, time.Minute)
	defaultTo(&cfg.MaxAge, 10*time.Minute)
	defaultTo(&cfg.Timeout, 10*time.Second)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Catalog{cfg: cfg, client: sameHostClient(cfg.Client), err: errors.New("not read yet")}
}

func defaultTo(d *time.Duration, value time.Duration) {
	if *d <= 0 {
		*d = value
	}
}

// Read returns when the list in force was fetched; zero before the first.
func (c *Catalog) Read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.list == nil {
		return time.Time{}
	}
	return c.list.read
}

// Run keeps the list fresh until the context is done.
func (c *Catalog) Run(ctx context.Context) {
	ticker := time.NewTicker(c.cfg.Refresh)
	defer ticker.Stop()
	for {
		c.refresh(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// current returns the list, fetched if there is none that is fresh enough.
func (c *Catalog) current(ctx context.Context) (*listing, error) {
	if list := c.fresh(); list != nil {
		return list, nil
	}
	c.refresh(ctx)
	if list := c.fresh(); list != nil {
		return list, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, &CatalogUnavailable{RetryAfter: c.cfg.Interval, Err: err}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return nil, &CatalogUnavailable{RetryAfter: max(0, c.cfg.Interval-c.cfg.Now().Sub(c.tried)), Err: c.err}
}

func (c *Catalog) fresh() *listing {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.list == nil || c.cfg.Now().Sub(c.list.read) > c.cfg.MaxAge {
		return nil
	}
	return c.list
}

// refresh fetches the list, unless the interval forbids it. Callers that come
// while a fetch is under way wait for it; one that gives up does not end it.
func (c *Catalog) refresh(ctx context.Context) {
	done := c.flights.DoChan("", func() (any, error) {
		if c.claim() {
			c.update(context.WithoutCancel(ctx))
		}
		return nil, nil
	})
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// claim takes the interval's one fetch.
func (c *Catalog) claim() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.cfg.Now()
	if !c.tried.IsZero() && now.Sub(c.tried) < c.cfg.Interval {
		return false
	}
	c.tried = now
	return true
}

func (c *Catalog) update(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	began := c.cfg.Now()
	records, self, err := fetchCollections(ctx, c.client, c.cfg.URL, c.cfg.Server)
	c.mu.Lock()
	if c.err = err; err == nil {
		c.list = after(c.list, began, records, c.cfg.MaxAge)
	}
	c.mu.Unlock()
	if c.cfg.OnRefresh != nil {
		c.cfg.OnRefresh(len(records), self, err)
	}
}
