package helm

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// What can never work is refused before it reaches a cluster, and the message
// says what to do. The values are those of testdata/minimal.values.yaml where
// none are named.
func TestWhatCannotWorkIsRefused(t *testing.T) {
	const oidc = `{"OPA_ENABLED":true,"ALLOW_ANONYMOUS":null,"OIDC_WELL_KNOWN_ENDPOINT":"https://i.example.org/.well-known/openid-configuration","OIDC_CLIENT_ID":"c"`
	for name, tt := range map[string]struct {
		values string
		set    []string // path=JSON
		want   string
	}{
		"no image":                          {set: []string{`image.repository=""`}, want: "image.repository: where is the image?"},
		"no tag":                            {set: []string{`image.tag=""`}, want: "image.tag: which image?"},
		"no back end":                       {set: []string{`settings.UPSTREAM_URL=""`}, want: "settings.UPSTREAM_URL: where is the back end?"},
		"no mode":                           {set: []string{`settings.ALLOW_ANONYMOUS="off"`}, want: "settings: no mode is on"},
		"a prefix":                          {set: []string{`settings.PROD_LOG_LEVEL="debug"`}, want: "settings.PROD_LOG_LEVEL: write the name without its prefix"},
		"another state":                     {set: []string{`settings.ENV_STATE="dev"`}, want: "settings.ENV_STATE: it is always prod"},
		"another host":                      {set: []string{`settings.HOST="127.0.0.1"`}, want: "settings.HOST: the chart sets it"},
		"another port":                      {set: []string{`settings.PORT=80`}, want: "choose service.port instead"},
		"metrics elsewhere":                 {set: []string{`settings.METRICS_ADDRESS=":1"`}, want: "use metrics.enabled instead"},
		"metrics elsewhere, and none here":  {set: []string{`settings.METRICS_ADDRESS=":1"`, `metrics.enabled=false`}, want: "use metrics.enabled instead"},
		"a time that the kubelet would cut": {set: []string{`settings.SHUTDOWN_TIMEOUT="5m"`}, want: "use shutdown.timeoutSeconds instead"},
		"a secret in values":                {set: []string{`settings.UPSTREAM_HEADERS="X-Secret: s"`}, want: "name that in secretSettings.UPSTREAM_HEADERS"},
		"a key in values":                   {set: []string{`settings.PYGEOAPI_KEY_GLOBAL="s"`}, want: "name that in secretSettings.PYGEOAPI_KEY_GLOBAL"},
		"a file twice":                      {values: "api-key", set: []string{`settings.API_KEYS_FILE="/keys.yaml"`}, want: "settings.API_KEYS_FILE: apiKeys sets it; keep one of the two"},
		"a secret's file twice":             {values: "api-key", set: []string{`settings.UPSTREAM_HEADERS_FILE="/h"`}, want: "secretSettings.UPSTREAM_HEADERS sets it; keep one of the two"},
		"a certificate twice":               {values: "jwks", set: []string{`settings.TLS_KEY_FILE="/k"`}, want: "tls.secretName sets it; keep one of the two"},
		"a policy's path twice":             {values: "oidc-policy", set: []string{`settings.POLICY_PATH="/p"`}, want: "settings.POLICY_PATH: policy sets it; keep one of the two"},
		"a variable among settings":         {set: []string{`settings.OTEL_SERVICE_NAME="geo"`}, want: "settings.OTEL_SERVICE_NAME: it takes no prefix; put it into env"},
		"a proxy among settings":            {set: []string{`settings.HTTPS_PROXY="http://p"`}, want: "put it into env"},
		"a setting among variables":         {set: []string{`env=[{"name":"PROD_LOG_LEVEL","value":"debug"}]`}, want: "env: PROD_LOG_LEVEL is a setting; put it into settings"},
		"a key among variables":             {set: []string{`settings.API_KEY_ENABLED=true`, `env=[{"name":"PYGEOAPI_KEY_GLOBAL","value":"s"}]`}, want: "env: PYGEOAPI_KEY_GLOBAL is a secret, and has no place in values, which Helm keeps and shows; put it into a Secret and name that in valueFrom.secretKeyRef"},
		"a key of a ConfigMap":              {set: []string{`settings.API_KEY_ENABLED=true`, `env=[{"name":"PYGEOAPI_KEY_X","valueFrom":{"configMapKeyRef":{"name":"c","key":"k"}}}]`}, want: "env: PYGEOAPI_KEY_X is a secret"},
		"a key and its Secret":              {set: []string{`settings.API_KEY_ENABLED=true`, `env=[{"name":"PYGEOAPI_KEY_X","value":"s","valueFrom":{"secretKeyRef":{"name":"c","key":"k"}}}]`}, want: "env: PYGEOAPI_KEY_X is a secret"},
		"a secret without its prefix":       {set: []string{`env=[{"name":"UPSTREAM_HEADERS","value":"X-Secret: s"}]`}, want: "env: UPSTREAM_HEADERS is a secret"},
		"the collector's credential":        {set: []string{`env=[{"name":"OTEL_EXPORTER_OTLP_HEADERS","value":"authorization=s"}]`}, want: "env: OTEL_EXPORTER_OTLP_HEADERS is a secret"},
		"the same, of the traces alone":     {set: []string{`env=[{"name":"OTEL_EXPORTER_OTLP_TRACES_HEADERS","value":"authorization=s"}]`}, want: "env: OTEL_EXPORTER_OTLP_TRACES_HEADERS is a secret"},
		"the password of a proxy":           {set: []string{`env=[{"name":"HTTPS_PROXY","value":"http://u:s@proxy:3128"}]`}, want: "env: HTTPS_PROXY holds a user or password"},
		"the same without a scheme":         {set: []string{`env=[{"name":"http_proxy","value":"u:s@proxy:3128"}]`}, want: "env: http_proxy holds a user or password"},
		"a token in an address":             {set: []string{`env=[{"name":"OTEL_EXPORTER_OTLP_ENDPOINT","value":"https://s@collector"}]`}, want: "env: OTEL_EXPORTER_OTLP_ENDPOINT holds a user or password"},
		"a file of keys without its prefix": {set: []string{`settings.API_KEY_ENABLED=true`, `env=[{"name":"API_KEYS_FILE","value":"/keys.yaml"}]`}, want: "apiKeys: the API-key mode is on without a key"},
		"the port among variables":          {set: []string{`env=[{"name":"PORT","value":"80"}]`}, want: "env: PORT is set by the chart"},
		"keys that nobody reads":            {set: []string{`apiKeys={"name":"k","key":"k"}`}, want: "apiKeys: keys are read in the API-key mode alone"},
		"no key":                            {set: []string{`settings.API_KEY_ENABLED=true`}, want: "apiKeys: the API-key mode is on without a key"},
		"two policies":                      {values: "oidc-policy", set: []string{`policy.existingConfigMap="p"`}, want: "policy.files, policy.existingConfigMap are set together"},
		"a policy and a server":             {values: "opa", set: []string{`policy.bundle={"secret":{"name":"b","key":"b"}}`}, want: "policy.bundle, settings.OPA_URL are set together"},
		"a policy that nobody asks":         {set: []string{`policy.image.reference="p"`}, want: "policy.image decides in the OIDC + OPA mode alone"},
		"a server that nobody asks":         {set: []string{`settings.OPA_URL="http://opa"`}, want: "settings.OPA_URL decides in the OIDC + OPA mode alone"},
		"a policy of tests":                 {set: []string{`settings=` + oidc + `}`, `policy.files={"a_test.rego":"package a","d.json":"{}"}`}, want: "policy.files: there is no .rego file in it"},
		"clients' certificates without TLS": {set: []string{`tls.clientCA={"secret":{"name":"c","key":"c"}}`}, want: "tls.clientCA: without a certificate of its own"},
		"checks without a certificate":      {values: "jwks", set: []string{`tls.clientCA={"secret":{"name":"c","key":"c"}}`}, want: "tls.clientCA: the kubelet has no client certificate"},
		"nothing to scrape":                 {set: []string{`metrics.enabled=false`, `metrics.serviceMonitor.enabled=true`}, want: "metrics.serviceMonitor: there is nothing to scrape; set metrics.enabled to true"},
		"nobody may scrape":                 {set: []string{`networkPolicy.metricsFrom=[]`, `metrics.serviceMonitor.enabled=true`}, want: "name the monitoring in networkPolicy.metricsFrom"},
		"an Ingress without a name":         {set: []string{`ingress.enabled=true`}, want: "ingress.hosts: under which name?"},
		"a route without a Gateway":         {set: []string{`httpRoute.enabled=true`}, want: "httpRoute.parentRefs: which Gateway"},
		"no way to the back end":            {values: "opa", set: []string{`networkPolicy.egress.upstream=null`}, want: "networkPolicy.egress.upstream:"},
		"no way to the provider":            {values: "opa", set: []string{`networkPolicy.egress.identityProvider=null`}, want: "networkPolicy.egress.identityProvider:"},
		"no way to the policy":              {values: "opa", set: []string{`networkPolicy.egress.opa=null`}, want: "networkPolicy.egress.opa:"},
		"no way to the collector":           {values: "everything", set: []string{`networkPolicy.egress.collector=null`}, want: "networkPolicy.egress.collector: OTEL_EXPORTER_OTLP_ENDPOINT is sent to"},
		"a share of nothing":                {set: []string{`autoscaling.enabled=true`, `resources.requests.cpu=null`}, want: "set resources.requests.cpu"},
		"more at least than at most":        {set: []string{`autoscaling.enabled=true`, `autoscaling.minReplicas=11`}, want: "autoscaling.minReplicas: it is more than maxReplicas"},

		// The schema's own.
		"a name that is not there":          {set: []string{`replicaCount=3`}, want: "'replicaCount' not allowed"},
		"a name that is not there, further": {set: []string{`metrics.serviceMonitor.enable=true`}, want: "'enable' not allowed"},
		"a secret that is none":             {set: []string{`secretSettings.UPSTREAM_URL={"name":"s","key":"k"}`}, want: "'UPSTREAM_URL' not allowed"},
		"a secret without its key":          {set: []string{`secretSettings.UPSTREAM_HEADERS={"name":"s"}`}, want: "missing property 'key'"},
		"a small letter":                    {set: []string{`settings.log_level="debug"`}, want: "invalid propertyName 'log_level'"},
		"a list":                            {set: []string{`settings.TRUSTED_PROXIES=["10.0.0.0/8"]`}, want: "/settings/TRUSTED_PROXIES"},
		"a fraction":                        {set: []string{`settings.MAX_STREAMS=1.5`}, want: "/settings/MAX_STREAMS"},
		"a file that Geowarden skips":       {values: "oidc-policy", set: []string{`policy.files.\.hidden\.rego="package a"`}, want: "invalid propertyName '.hidden.rego'"},
		"a bundle of two":                   {values: "oidc-bundle", set: []string{`policy.bundle.secret={"name":"b","key":"b"}`}, want: "/policy/bundle"},
		"a policy outside":                  {values: "oidc-image", set: []string{`policy.image.path="../../etc"`}, want: "/policy/image/path"},
		"a digest that is none":             {set: []string{`image.digest="latest"`}, want: "/image/digest"},
		"a rule to everywhere":              {values: "opa", set: []string{`networkPolicy.egress.upstream={"ports":[{"port":80}]}`}, want: "/networkPolicy/egress/upstream"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.values == "" {
				tt.values = "minimal"
			}
			var args []string
			for _, set := range tt.set {
				args = append(args, "--set-json", set)
			}
			said, err := template(t, "testdata/"+tt.values+".values.yaml", args...)
			if err == nil || !strings.Contains(said, tt.want) {
				t.Errorf("%v: wanted %q in\n%.2000s", err, tt.want, said)
			}
		})
	}
}

// What a Secret holds, or a file of another origin, is no value.
func TestSecretVariablesAreNamedByReference(t *testing.T) {
	for _, env := range []string{
		`[{"name":"PYGEOAPI_KEY_GLOBAL","valueFrom":{"secretKeyRef":{"name":"keys","key":"global"}}}]`,
		`[{"name":"PYGEOAPI_KEY_GLOBAL_FILE","value":"/run/secrets/global"}]`,
	} {
		if said, err := template(t, "testdata/minimal.values.yaml", "--set-json", "settings.API_KEY_ENABLED=true", "--set-json", "env="+env); err != nil {
			t.Errorf("%s: %v\n%s", env, err, said)
		}
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_HEADERS", "HTTPS_PROXY"} {
		env := `[{"name":"` + name + `","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}]`
		if said, err := template(t, "testdata/minimal.values.yaml", "--set-json", "env="+env); err != nil {
			t.Errorf("%s: %v\n%s", env, err, said)
		}
	}
}

func TestEveryFaultIsSaidAtOnce(t *testing.T) {
	said, err := helm(t, "template", "geowarden", chart, oldest)
	if err == nil {
		t.Fatal("it works without values")
	}
	for _, want := range []string{"image.repository:", "image.tag:", "settings.UPSTREAM_URL:", "settings: no mode"} {
		if !strings.Contains(said, "\n- "+want) {
			t.Errorf("%s is not said in\n%s", want, said)
		}
	}
}

// schema is as much of a JSON schema as this one has.
type schema struct {
	Properties           map[string]schema
	PatternProperties    map[string]schema
	AdditionalProperties any
	Items                *schema
	Definitions          map[string]schema
}

// Where the schema names properties it names all of them, and each has a default
// in values.yaml, which is where people look for what there is.
func TestTheSchemaIsClosedAndTheValuesAreWhole(t *testing.T) {
	text, err := os.ReadFile(chart + "/values.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var root schema
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	text, err = os.ReadFile(chart + "/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := yaml.UnmarshalStrict(text, &values); err != nil {
		t.Fatal(err)
	}
	values["global"] = nil // Helm's own, where this is part of another chart
	root.closed(t, "")
	root.present(t, "", values)
}

func (s schema) closed(t *testing.T, path string) {
	t.Helper()
	if len(s.Properties)+len(s.PatternProperties) > 0 && s.AdditionalProperties != false {
		t.Errorf("%s takes any name", path)
	}
	for name, sub := range s.Properties {
		sub.closed(t, path+"."+name)
	}
	for name, sub := range s.Definitions {
		sub.closed(t, path+"#"+name)
	}
	if s.Items != nil {
		s.Items.closed(t, path+"[]")
	}
}

func (s schema) present(t *testing.T, path string, values map[string]any) {
	t.Helper()
	for name, sub := range s.Properties {
		value, found := values[name]
		if !found && path != ".resources" {
			t.Errorf("%s.%s is not in values.yaml", path, name)
		}
		if inner, is := value.(map[string]any); is {
			sub.present(t, path+"."+name, inner)
		}
	}
}
