package authz_test

import (
	"context"
	"fmt"
	"testing/fstest"
	"time"

	"github.com/geowarden/geowarden/authn"
	"github.com/geowarden/geowarden/authz"
	"github.com/geowarden/geowarden/ogcapi"
)

func Example() {
	policy := fstest.MapFS{"authz.rego": {Data: []byte(`
package httpapi.authz

default allow := false

allow if input.subject.claims.company == "osgeo"

reason := sprintf("%s is for people of osgeo", [input.resource.collection])
`)}}
	ctx := context.Background()
	engine, err := authz.NewEmbedded(ctx, authz.EmbeddedConfig{Load: authz.PolicyFiles(policy), Timeout: time.Second})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, company := range []string{"osgeo", "geobeyond"} {
		decision, err := engine.Decide(ctx, authz.Input{
			Principal: &authn.Principal{Kind: authn.User, ID: "ada", Claims: map[string]any{"company": company}},
			Request: &ogcapi.Request{
				Method:   "GET",
				Segments: []string{"collections", "obs"},
				Resource: ogcapi.Resource{API: "common", Operation: "read", Type: "collection", Collection: "obs"},
			},
		})
		fmt.Println(company, decision.Allow, decision.Reason, err)
	}
	// Output:
	// osgeo true  <nil>
	// geobeyond false obs is for people of osgeo <nil>
}
