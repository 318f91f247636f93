//go:build e2e

package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// swagger opens pygeoapi's Swagger UI, and waits until it has read the API
// definition.
func (v *visitor) swagger(g *gateway) {
	v.t.Helper()
	isVersion("Swagger UI", packageVersion(v.t, "swagger-ui-dist"))
	if status := v.open(v.root + strings.TrimPrefix(g.url, g.root) + "/openapi?f=html"); status != http.StatusOK {
		v.t.Fatalf("Swagger UI: status %d: see %s", status, g.log)
	}
	v.waits("document.querySelector('.opblock') && document.querySelector('.scheme-container button.authorize')")
	v.tell("quiet", nil)
}

// tries opens an operation, and executes it as it stands.
func (v *visitor) tries(path string) (status string, body map[string]any) {
	v.t.Helper()
	block := `.opblock-get:has([data-path="` + path + `"]) `
	var is struct{ Open, Tried bool }
	v.tell("evaluate", &is, `(() => {
		const block = [...document.querySelectorAll('.opblock-get')].find((b) => b.querySelector('[data-path]').dataset.path === `+quoted(path)+`);
		return { open: Boolean(block.querySelector('.try-out')), tried: Boolean(block.querySelector('.btn-clear')) };
	})()`)
	if !is.Open {
		v.tell("click", nil, block+".opblock-summary-control")
		v.tell("click", nil, block+".try-out__btn")
	}
	if is.Tried {
		v.tell("click", nil, block+".btn-clear")
	}
	v.tell("click", nil, block+"button.execute")
	status = v.text(block + ".live-responses-table tbody .response-col_status")
	if err := json.Unmarshal([]byte(v.text(block+".live-responses-table tbody .highlight-code code")), &body); err != nil {
		v.t.Fatalf("the answer of %s is no JSON object: %v", path, err)
	}
	v.tell("quiet", nil)
	return strings.Fields(status)[0], body
}

// authorises opens the dialog of the Authorize button, fills the fields of one
// way in, and submits it.
func (v *visitor) authorises(way string, fields ...[2]string) {
	v.t.Helper()
	box := v.fills(way, fields...)
	v.tell("waitForSelector", nil, box+`button:text("Logout")`)
	v.tell("click", nil, ".dialog-ux .close-modal")
	var tokens []string // that the page fetched
	v.tell("evaluate", &tokens, "Object.values(ui.authSelectors.authorized().toJS()).map((is) => is.token?.access_token ?? '')")
	for _, token := range tokens {
		running.handOut(token)
	}
}

// fills is authorises without what comes of it.
func (v *visitor) fills(way string, fields ...[2]string) (box string) {
	v.t.Helper()
	v.tell("click", nil, ".scheme-container button.authorize")
	box = `.auth-container:has(h4:text("` + way + `")) `
	for _, field := range fields {
		v.tell("fill", nil, box+field[0], field[1])
	}
	v.tell("click", nil, box+"button.authorize")
	return box
}

// isRefused fails unless the operation is answered with the gateway's own 401.
func (v *visitor) isRefused(path, detail string) {
	v.t.Helper()
	if status, body := v.tries(path); status != "401" || body["detail"] != detail || body["code"] == nil {
		v.t.Errorf("before the button Authorize, %s shows %s: %v", path, status, body)
	}
	v.isClean(path)
}

// isAllowed fails unless the operation is answered with the collection.
func (v *visitor) isAllowed(path, id string) {
	v.t.Helper()
	if status, body := v.tries(path); status != "200" || body["id"] != id {
		v.t.Errorf("after the button Authorize, %s shows %s: %v", path, status, body)
	}
	v.isClean()
}

func TestSwaggerUIWithAKey(t *testing.T) {
	s := running
	port := s.apiKey.root[strings.LastIndexByte(s.apiKey.root, ':'):]
	for _, c := range []struct {
		from string
		how  visiting
	}{
		{"the gateway's public address", visiting{root: s.apiKey.root}},
		// Another origin to the browser: it asks first, and Swagger UI is let in by CORS.
		{"another name of the gateway", visiting{root: "http://localhost" + port, others: []string{s.apiKey.root}}},
	} {
		t.Run(c.from, func(t *testing.T) {
			shows(t, "Swagger UI", "API key typed into the dialog, the page opened at "+c.from+": 401 before, 200 after")
			v := s.visit(t, c.how)
			v.swagger(s.apiKey)
			v.isClean()
			v.listsEverything(s.apiKey)
			v.isRefused("/collections/obs", "no api key")
			v.isRefused("/collections/obs/items", "no api key")
			v.tell("trust", nil)
			v.authorises("(apiKey)", [2]string{"#api_key_value", s.key})
			v.isAllowed("/collections/obs", "obs")
			if status, body := v.tries("/collections/obs/items"); status != "200" || body["type"] != "FeatureCollection" {
				t.Errorf("the items show %s: %v", status, body)
			}
			v.isClean()
		})
	}
}

// listsEverything fails unless the page has each path of the API definition.
func (v *visitor) listsEverything(g *gateway) {
	v.t.Helper()
	var doc apiDocument
	if err := json.Unmarshal(get(v.t, g.url+"/openapi?f=json").wants(v.t, http.StatusOK).body, &doc); err != nil {
		v.t.Fatal(err)
	}
	var listed []string
	v.tell("evaluate", &listed, "[...new Set([...document.querySelectorAll('.opblock [data-path]')].map((e) => e.dataset.path))]")
	if len(listed) != len(doc.Paths) || len(listed) < 20 {
		v.t.Errorf("Swagger UI lists %d paths of %d", len(listed), len(doc.Paths))
	}
}
