//go:build e2e

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// abstractTest is one of annex A, under the id that it has there.
type abstractTest struct {
	id  string
	run func(*suite) error
}

// What is asked of every feature collection is asked of each of these.
var abstractTests = []abstractTest{
	{"/conf/core/root-op", func(s *suite) error { return s.is(s.fetch("/", jsonType), 200, jsonType) }},
	{"/conf/core/root-success", func(s *suite) error {
		return s.links("/", "service-desc", "service-doc", "conformance", "data")
	}},
	{"/conf/core/api-definition-op", func(s *suite) error { return s.followed("/", "service-desc", 200) }},
	{"/conf/core/api-definition-success", func(s *suite) error { return s.followed("/", "service-doc", 200) }},
	{"/conf/core/conformance-op", func(s *suite) error { return s.followed("/", "conformance", 200) }},
	{"/conf/core/conformance-success", (*suite).declaresCore},
	{"/conf/core/http", func(s *suite) error { return s.is(s.fetch("/collections/there-is-none", jsonType), 404, "") }},
	{"/conf/core/crs84", (*suite).isCRS84},
	{"/conf/core/fc-md-op", func(s *suite) error { return s.is(s.fetch("/collections", jsonType), 200, jsonType) }},
	{"/conf/core/fc-md-links", func(s *suite) error { return s.links("/collections", "self", "alternate") }},
	{"/conf/core/fc-md-items-links", func(s *suite) error {
		return s.each(func(c map[string]any) error { return hasLinks(c, "items") })
	}},
	{"/conf/core/fc-md-extent", func(s *suite) error {
		return s.each(func(c map[string]any) error {
			extent, _ := c["extent"].(map[string]any)
			spatial, _ := extent["spatial"].(map[string]any)
			if boxes, _ := spatial["bbox"].([]any); len(boxes) == 0 {
				return fmt.Errorf("no extent: %v", c["extent"])
			}
			return nil
		})
	}},
	{"/conf/core/sfc-md-op", func(s *suite) error {
		return s.collections(func(id string) error { return s.is(s.fetch(at(id), jsonType), 200, jsonType) })
	}},
	{"/conf/core/sfc-md-success", (*suite).oneIsAsInTheList},
	{"/conf/core/fc-op", func(s *suite) error {
		return s.collections(func(id string) error { return s.is(s.fetch(at(id)+"/items", geoJSONType), 200, "") })
	}},
	{"/conf/core/fc-response", func(s *suite) error {
		return s.pages("", func(p itemsPage) error { return p.isCollection() })
	}},
	{"/conf/core/fc-links", func(s *suite) error {
		return s.pages("limit=2", func(p itemsPage) error { return hasLinks(p.object, "self", "alternate") })
	}},
	{"/conf/core/fc-rel-type", func(s *suite) error {
		return s.pages("", func(p itemsPage) error { return typed(p.object) })
	}},
	{"/conf/core/fc-timeStamp", func(s *suite) error {
		return s.pages("", func(p itemsPage) error {
			stamp, _ := p.object["timeStamp"].(string)
			_, err := time.Parse(time.RFC3339, stamp)
			return err
		})
	}},
	{"/conf/core/fc-numberReturned", func(s *suite) error {
		return s.pages("limit=3", func(p itemsPage) error {
			if returned, _ := p.object["numberReturned"].(float64); int(returned) != len(p.features) {
				return fmt.Errorf("numberReturned is %v, and %d are there", p.object["numberReturned"], len(p.features))
			}
			return nil
		})
	}},
	{"/conf/core/fc-numberMatched", (*suite).matchedIsAll},
	{"/conf/core/fc-limit-definition", func(s *suite) error { return s.describes("limit") }},
	{"/conf/core/fc-limit-response", func(s *suite) error {
		return s.pages("limit=2", func(p itemsPage) error {
			if len(p.features) != 2 {
				return fmt.Errorf("%d features for limit=2", len(p.features))
			}
			return nil
		})
	}},
	{"/conf/core/fc-bbox-definition", func(s *suite) error { return s.describes("bbox") }},
	{"/conf/core/fc-bbox-response", (*suite).nothingBeyondTheBox},
	{"/conf/core/fc-time-definition", func(s *suite) error { return s.describes("datetime") }},
	{"/conf/core/fc-time-response", (*suite).nothingBeyondTheTime},
	{"/conf/core/query-param-invalid (limit)", func(s *suite) error { return s.invalid("limit=none", "limit=-1") }},
	{"/conf/core/query-param-invalid (bbox)", func(s *suite) error { return s.invalid("bbox=1,2,3", "bbox=10,10", "bbox=a,b,c,d") }},
	{"/conf/core/query-param-invalid (datetime)", func(s *suite) error { return s.invalid("datetime=yesterday") }},
	{"/conf/core/query-param-unknown", func(s *suite) error {
		return s.is(s.fetch("/collections/lakes/items?there-is-no-such=1", jsonType), 400, "")
	}},
	{"/conf/core/f-op", func(s *suite) error {
		return s.pages("limit=1", func(p itemsPage) error { return s.is(s.fetch(p.first(), geoJSONType), 200, "") })
	}},
	{"/conf/core/f-success", (*suite).oneFeatureIsAsInItsPage},
	{"/conf/core/f-links", func(s *suite) error {
		return s.pages("limit=1", func(p itemsPage) error {
			one, err := object(s.fetch(p.first(), geoJSONType))
			return errors.Join(err, hasLinks(one, "self", "alternate", "collection"))
		})
	}},
	{"/conf/geojson/definition", func(s *suite) error { return s.declares("/conf/geojson") }},
	{"/conf/geojson/content", func(s *suite) error {
		return s.pages("", func(p itemsPage) error { return errors.Join(p.isCollection(), s.is(p.answer, 200, geoJSONType)) })
	}},
	{"/conf/html/definition", func(s *suite) error { return s.declares("/conf/html") }},
	{"/conf/html/content", (*suite).everythingHasAPage},
	{"/conf/oas30/oas-definition-2", (*suite).describesItself},
	{"/conf/oas30/oas-impl", (*suite).everyPathAnswers},
	{"/conf/oas30/completeness", func(s *suite) error { return s.followed("/", "service-desc", 200) }},
}

const (
	jsonType    = "application/json"
	geoJSONType = "application/geo+json"
)

// is compares a status, and what a type begins with.
func (s *suite) is(got answer, status int, kind string) error {
	is := got.Header.Get("Content-Type")
	if got.StatusCode != status || !strings.HasPrefix(is, kind) {
		return fmt.Errorf("%s is %s, %s", got.Request.URL, got.Status, is)
	}
	return nil
}

// invalid says that each of these values is refused.
func (s *suite) invalid(queries ...string) error {
	for _, query := range queries {
		if err := s.is(s.fetch("/collections/lakes/items?"+query, jsonType), 400, ""); err != nil {
			return err
		}
	}
	return nil
}

func object(got answer) (map[string]any, error) {
	var v map[string]any
	if err := json.Unmarshal(got.body, &v); err != nil {
		return nil, fmt.Errorf("%s: %w", got.Request.URL, err)
	}
	return v, nil
}

// relations are the links of a document, by their relation.
func relations(document map[string]any) map[string][]map[string]any {
	found := map[string][]map[string]any{}
	links, _ := document["links"].([]any)
	for _, one := range links {
		if link, ok := one.(map[string]any); ok {
			rel, _ := link["rel"].(string)
			found[rel] = append(found[rel], link)
		}
	}
	return found
}

func hasLinks(document map[string]any, wanted ...string) error {
	found := relations(document)
	for _, rel := range wanted {
		if len(found[rel]) == 0 {
			return fmt.Errorf("no link %s", rel)
		}
	}
	return nil
}

// typed says that every link has the type of what it leads to.
func typed(document map[string]any) error {
	for rel, links := range relations(document) {
		for _, link := range links {
			if kind, _ := link["type"].(string); kind == "" {
				return fmt.Errorf("a link %s without a type", rel)
			}
		}
	}
	return nil
}

func (s *suite) links(path string, wanted ...string) error {
	document, err := object(s.fetch(path, jsonType))
	return errors.Join(err, hasLinks(document, wanted...))
}

// followed goes to where a link leads.
func (s *suite) followed(path, rel string, status int) error {
	document, err := object(s.fetch(path, jsonType))
	if err != nil {
		return err
	}
	for _, link := range relations(document)[rel] {
		got, err := s.follow(link, "*/*")
		if err != nil {
			return err
		}
		if err := s.is(got, status, ""); err != nil {
			return err
		}
	}
	return hasLinks(document, rel)
}

const part1 = "http://www.opengis.net/spec/ogcapi-features-1/1.0"

func (s *suite) declares(class string) error {
	document, err := object(s.fetch("/conformance", jsonType))
	if err != nil {
		return err
	}
	if classes, _ := document["conformsTo"].([]any); !slices.Contains(classes, any(part1+class)) {
		return fmt.Errorf("%s is not declared", class)
	}
	return nil
}

func (s *suite) declaresCore() error {
	return errors.Join(s.declares("/conf/core"), s.declares("/conf/oas30"))
}

// each looks at every collection of the list.
func (s *suite) each(look func(map[string]any) error) error {
	document, err := object(s.fetch("/collections", jsonType))
	if err != nil {
		return err
	}
	list, _ := document["collections"].([]any)
	if len(list) < 4 {
		return fmt.Errorf("%d collections", len(list))
	}
	for _, one := range list {
		collection, _ := one.(map[string]any)
		if err := look(collection); err != nil {
			return fmt.Errorf("%v: %w", collection["id"], err)
		}
	}
	return nil
}

func at(id string) string { return "/collections/" + id }

func (s *suite) collections(look func(id string) error) error {
	return s.each(func(c map[string]any) error { return look(fmt.Sprint(c["id"])) })
}

func (s *suite) isCRS84() error {
	return s.each(func(c map[string]any) error {
		if known, _ := c["crs"].([]any); c["itemType"] == "feature" && !slices.Contains(known, any("http://www.opengis.net/def/crs/OGC/1.3/CRS84")) {
			return fmt.Errorf("crs is %v", c["crs"])
		}
		return nil
	})
}

func (s *suite) oneIsAsInTheList() error {
	return s.each(func(listed map[string]any) error {
		one, err := object(s.fetch(at(fmt.Sprint(listed["id"])), jsonType))
		if err != nil {
			return err
		}
		for _, member := range []string{"id", "title", "description", "extent", "itemType"} {
			if fmt.Sprint(one[member]) != fmt.Sprint(listed[member]) {
				return fmt.Errorf("%s is %v, and %v in the list", member, one[member], listed[member])
			}
		}
		return nil
	})
}

// itemsPage is a page of a collection's features.
type itemsPage struct {
	answer
	collection string
	object     map[string]any
	features   []map[string]any
}

// pages looks at a page of every collection.
func (s *suite) pages(query string, look func(itemsPage) error) error {
	return s.collections(func(id string) error {
		p, err := s.page(id, query)
		return errors.Join(err, look(p))
	})
}

func (s *suite) page(id, query string) (p itemsPage, err error) {
	p.collection, p.answer = id, s.fetch(at(id)+"/items?"+query, geoJSONType)
	if p.object, err = object(p.answer); err != nil {
		return p, err
	}
	list, _ := p.object["features"].([]any)
	for _, one := range list {
		feature, _ := one.(map[string]any)
		p.features = append(p.features, feature)
	}
	return p, nil
}

// first is the path of the page's first feature.
func (p itemsPage) first() string {
	if len(p.features) == 0 {
		return "/there-is-no-feature"
	}
	return at(p.collection) + "/items/" + url.PathEscape(fmt.Sprint(p.features[0]["id"]))
}

func (p itemsPage) isCollection() error {
	if p.object["type"] != "FeatureCollection" || len(p.features) == 0 {
		return fmt.Errorf("%v with %d features", p.object["type"], len(p.features))
	}
	for _, feature := range p.features {
		_, geometry := feature["geometry"]
		if feature["type"] != "Feature" || feature["properties"] == nil || !geometry {
			return fmt.Errorf("this is no feature: %v", feature)
		}
	}
	return nil
}

// matchedIsAll pages to the end by the links, and counts.
func (s *suite) matchedIsAll() error {
	return s.collections(func(id string) error {
		got, n, matched := s.fetch(at(id)+"/items?limit=4", geoJSONType), 0, -1
		for {
			document, err := object(got)
			if err != nil {
				return err
			}
			features, _ := document["features"].([]any)
			n += len(features)
			if m, known := document["numberMatched"].(float64); known {
				matched = int(m)
			}
			next := relations(document)["next"]
			if len(next) == 0 {
				break
			}
			if got, err = s.follow(next[0], geoJSONType); err != nil {
				return err
			}
		}
		if n == 0 || matched >= 0 && n != matched {
			return fmt.Errorf("numberMatched is %d, and %d were there", matched, n)
		}
		return nil
	})
}

func (s *suite) nothingBeyondTheBox() error {
	for _, id := range []string{"lakes", "hydro/rivers"} {
		inside, err := s.page(id, "limit=100&bbox=0,40,60,70")
		if err != nil {
			return err
		}
		all, err := s.page(id, "limit=100")
		if err != nil {
			return err
		}
		if len(inside.features) == 0 || id == "lakes" && len(inside.features) >= len(all.features) {
			return fmt.Errorf("%s: %d in the box of %d", id, len(inside.features), len(all.features))
		}
	}
	return nil
}

func (s *suite) nothingBeyondTheTime() error {
	for query, want := range map[string]int{"datetime=2024-03-01T00:00:00Z/2024-03-02T23:59:59Z": 2, "datetime=../2024-03-03T23:59:59Z": 3} {
		p, err := s.page("obs", query)
		if err != nil {
			return err
		}
		if len(p.features) != want {
			return fmt.Errorf("%s: %d features, want %d", query, len(p.features), want)
		}
	}
	return nil
}

func (s *suite) oneFeatureIsAsInItsPage() error {
	return s.pages("limit=1", func(p itemsPage) error {
		one, err := object(s.fetch(p.first(), geoJSONType))
		if err != nil {
			return err
		}
		if len(p.features) == 0 || fmt.Sprint(one["id"]) != fmt.Sprint(p.features[0]["id"]) || fmt.Sprint(one["geometry"]) != fmt.Sprint(p.features[0]["geometry"]) {
			return fmt.Errorf("%s is another feature", p.first())
		}
		return nil
	})
}

func (s *suite) everythingHasAPage() error {
	for _, path := range []string{"/", "/conformance", "/collections", "/collections/lakes", "/collections/lakes/items", "/collections/lakes/items/1"} {
		got := s.fetch(path, "text/html")
		if err := s.is(got, 200, "text/html"); err != nil {
			return err
		}
		if !strings.Contains(string(got.body), "</html>") {
			return fmt.Errorf("%s is cut", path)
		}
	}
	return nil
}

// definition is the API's definition, which is on the landing page.
func (s *suite) definition() (map[string]any, error) {
	return object(s.fetch("/openapi?f=json", jsonType))
}

func (s *suite) describesItself() error {
	definition, err := s.definition()
	if err != nil {
		return err
	}
	servers, _ := definition["servers"].([]any)
	for _, one := range servers {
		if server, _ := one.(map[string]any); server["url"] == s.root {
			return nil
		}
	}
	return fmt.Errorf("none of the servers %v is this one", servers)
}

// everyPathAnswers gets each path of the definition that has no template.
func (s *suite) everyPathAnswers() error {
	definition, err := s.definition()
	if err != nil {
		return err
	}
	paths, _ := definition["paths"].(map[string]any)
	n := 0
	for path, item := range paths {
		if _, readable := item.(map[string]any)["get"]; !readable || strings.Contains(path, "{") || strings.HasPrefix(path, "/stac") {
			continue
		}
		n++
		if err := s.is(s.fetch(path, jsonType), 200, ""); err != nil {
			return err
		}
	}
	if n < 15 {
		return fmt.Errorf("only %d paths", n)
	}
	return nil
}

// describes says that the items of a collection have a parameter.
func (s *suite) describes(parameter string) error {
	definition, err := s.definition()
	if err != nil {
		return err
	}
	paths, _ := definition["paths"].(map[string]any)
	item, _ := paths["/collections/obs/items"].(map[string]any)
	operation, _ := item["get"].(map[string]any)
	parameters, _ := operation["parameters"].([]any)
	for _, one := range parameters {
		p, _ := one.(map[string]any)
		reference, _ := p["$ref"].(string)
		if p["name"] == parameter || strings.HasSuffix(reference, "/"+parameter) {
			return nil
		}
	}
	return fmt.Errorf("no parameter %s", parameter)
}
