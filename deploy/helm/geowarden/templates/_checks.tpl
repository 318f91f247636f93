{{- /*
What can never work, all of it at once, and what to do about it. What settings
mean, and which go together, is left to the program.
*/ -}}
{{- define "geowarden.check" -}}
{{- $faults := list -}}
{{- $s := .Values.settings -}}
{{- $opa := include "geowarden.on" $s.OPA_ENABLED -}}
{{- $jwks := include "geowarden.on" $s.JWKS_ENABLED -}}
{{- $keys := include "geowarden.on" $s.API_KEY_ENABLED -}}

{{- /* The image. */ -}}
{{- if not .Values.image.repository -}}
{{- $faults = append $faults "image.repository: where is the image? Build it with `make image`, push it to a registry that the cluster reaches, and name it" -}}
{{- end -}}
{{- if not (or .Values.image.tag .Values.image.digest) -}}
{{- $faults = append $faults "image.tag: which image? Name the tag that you pushed, or image.digest" -}}
{{- end -}}

{{- /* Settings. */ -}}
{{- if not $s.UPSTREAM_URL -}}
{{- $faults = append $faults "settings.UPSTREAM_URL: where is the back end? Set it, as in --set settings.UPSTREAM_URL=http://pygeoapi" -}}
{{- end -}}
{{- if not (or $opa $jwks $keys (include "geowarden.on" $s.ALLOW_ANONYMOUS)) -}}
{{- $faults = append $faults "settings: no mode is on, so anybody could do anything; set API_KEY_ENABLED, JWKS_ENABLED or OPA_ENABLED to true, or ALLOW_ANONYMOUS if it is meant" -}}
{{- end -}}
{{- $own := dict -}}
{{- range include "geowarden.ownSettings" . | fromYamlArray -}}
{{- $_ := set $own .setting (printf "%s sets it; keep one of the two" .value) -}}
{{- end -}}
{{- $own = merge (dict
  "ENV_STATE" "it is always prod; take it out"
  "HOST" "the chart sets it; take it out"
  "PORT" "the chart sets it; choose service.port instead"
  "METRICS_ADDRESS" "the chart sets it; use metrics.enabled instead"
  "SHUTDOWN_TIMEOUT" "the chart sets it; use shutdown.timeoutSeconds instead, from which the pod's time to end is made"
) $own -}}
{{- range $name, $value := $s -}}
{{- if kindIs "invalid" $value -}}
{{- else if hasKey $own $name -}}
{{- $faults = append $faults (printf "settings.%s: %s" $name (get $own $name)) -}}
{{- else if regexMatch "^(DEV|PROD)_" $name -}}
{{- $faults = append $faults (printf "settings.%s: write the name without its prefix; the chart puts PROD_ in front" $name) -}}
{{- else if include "geowarden.secret" (trimSuffix "_FILE" $name) -}}
{{- if not (hasSuffix "_FILE" $name) -}}
{{- $faults = append $faults (printf "settings.%s: a secret has no place in values, which Helm keeps and shows; put it into a Secret and name that in secretSettings.%s" $name $name) -}}
{{- end -}}
{{- else if regexMatch "^(OTEL_.*|HTTPS?_PROXY|NO_PROXY|GO(GC|MEMLIMIT|MAXPROCS|DEBUG))$" $name -}}
{{- $faults = append $faults (printf "settings.%s: it takes no prefix; put it into env" $name) -}}
{{- end -}}
{{- end -}}
{{- range .Values.env -}}
{{- if regexMatch "^(DEV|PROD)_" .name -}}
{{- $faults = append $faults (printf "env: %s is a setting; put it into settings or secretSettings, without the prefix" .name) -}}
{{- else if has .name (list "ENV_STATE" "HOST" "PORT") -}}
{{- $faults = append $faults (printf "env: %s is set by the chart; take it out" .name) -}}
{{- else if and (include "geowarden.secretVariable" .name) (or .value (not (dig "valueFrom" "secretKeyRef" "" .))) -}}
{{- $faults = append $faults (printf "env: %s is a secret, and has no place in values, which Helm keeps and shows; put it into a Secret and name that in valueFrom.secretKeyRef" .name) -}}
{{- else if or (regexMatch "://[^/?#]*@" (.value | default "")) (and (regexMatch "(?i)_PROXY$" .name) (contains "@" (.value | default ""))) -}}
{{- $faults = append $faults (printf "env: %s holds a user or password, which has no place in values, which Helm keeps and shows; put it into a Secret and name that in valueFrom.secretKeyRef" .name) -}}
{{- end -}}
{{- end -}}

{{- /* Keys. */ -}}
{{- $keyNames := concat (keys .Values.secretSettings) (keys $s) -}}
{{- range .Values.env -}}
{{- if hasPrefix "PYGEOAPI_KEY_" .name }}{{ $keyNames = append $keyNames .name }}{{ end -}}
{{- end -}}
{{- if and .Values.apiKeys (not $keys) -}}
{{- $faults = append $faults "apiKeys: keys are read in the API-key mode alone; set settings.API_KEY_ENABLED to true, or take them out" -}}
{{- end -}}
{{- if and $keys (not .Values.apiKeys) (not (regexMatch "(^| )(API_KEYS_FILE|PYGEOAPI_KEY_)" (join " " $keyNames))) -}}
{{- $faults = append $faults "apiKeys: the API-key mode is on without a key; name the Secret with the keys file, or a key as secretSettings.PYGEOAPI_KEY_GLOBAL" -}}
{{- end -}}

{{- /* The policy. */ -}}
{{- $sources := list -}}
{{- with .Values.policy -}}
{{- if .files }}{{ $sources = append $sources "policy.files" }}{{ end -}}
{{- if .existingConfigMap }}{{ $sources = append $sources "policy.existingConfigMap" }}{{ end -}}
{{- if .bundle }}{{ $sources = append $sources "policy.bundle" }}{{ end -}}
{{- if .image.reference }}{{ $sources = append $sources "policy.image" }}{{ end -}}
{{- if and .files (not (regexMatch "[.]rego( |$)" (regexReplaceAll "[^ ]*_test[.]rego" (join " " (keys .files)) ""))) -}}
{{- $faults = append $faults "policy.files: there is no .rego file in it, other than tests; add the policy, as authz.rego" -}}
{{- end -}}
{{- end -}}
{{- if $s.OPA_URL }}{{ $sources = append $sources "settings.OPA_URL" }}{{ end -}}
{{- if gt (len $sources) 1 -}}
{{- $faults = append $faults (printf "policy: %s are set together, and only one can decide; keep one of them" (join ", " $sources)) -}}
{{- else if and $sources (not $opa) -}}
{{- $faults = append $faults (printf "policy: %s decides in the OIDC + OPA mode alone, and that is not on; set settings.OPA_ENABLED to true, or take it out" (first $sources)) -}}
{{- end -}}

{{- /* Listeners. */ -}}
{{- if and (or .Values.tls.clientCA $s.TLS_CLIENT_CA_FILE) (not (include "geowarden.tls" .)) -}}
{{- $faults = append $faults "tls.clientCA: without a certificate of its own the gateway cannot ask clients for theirs; set tls.secretName" -}}
{{- end -}}
{{- if and (or .Values.tls.clientCA $s.TLS_CLIENT_CA_FILE) (not .Values.metrics.enabled) -}}
{{- $faults = append $faults "tls.clientCA: the kubelet has no client certificate and can ask for the gateway's state on the metrics listener alone; set metrics.enabled to true" -}}
{{- end -}}
{{- if and .Values.metrics.serviceMonitor.enabled (not .Values.metrics.enabled) -}}
{{- $faults = append $faults "metrics.serviceMonitor: there is nothing to scrape; set metrics.enabled to true" -}}
{{- end -}}
{{- if and .Values.metrics.serviceMonitor.enabled .Values.networkPolicy.enabled (not .Values.networkPolicy.metricsFrom) -}}
{{- $faults = append $faults "metrics.serviceMonitor: nobody may reach the metrics; name the monitoring in networkPolicy.metricsFrom" -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) -}}
{{- $faults = append $faults "ingress.hosts: under which name? Name one at least" -}}
{{- end -}}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) -}}
{{- $faults = append $faults "httpRoute.parentRefs: which Gateway takes the route? Name one at least, as {name: …, namespace: …}" -}}
{{- end -}}

{{- /* What it may reach. */ -}}
{{- if include "geowarden.narrowed" . -}}
{{- $egress := .Values.networkPolicy.egress -}}
{{- if not $egress.upstream -}}
{{- $faults = append $faults "networkPolicy.egress.upstream: other ways out are named and this one is not, so the back end is out of reach; name it too" -}}
{{- end -}}
{{- if and (or $opa $jwks) (not $egress.identityProvider) -}}
{{- $faults = append $faults "networkPolicy.egress.identityProvider: keys are fetched there, and other ways out are named and this one is not; name it too" -}}
{{- end -}}
{{- if and $s.OPA_URL (not $egress.opa) (not .Values.pod.containers) -}}
{{- $faults = append $faults "networkPolicy.egress.opa: settings.OPA_URL is asked there, and other ways out are named and this one is not; name it too" -}}
{{- end -}}
{{- range .Values.env -}}
{{- if and (regexMatch "^OTEL_EXPORTER_OTLP(_TRACES)?_ENDPOINT$" .name) (not $egress.collector) -}}
{{- $faults = append $faults (printf "networkPolicy.egress.collector: %s is sent to, and other ways out are named and this one is not; name it too" .name) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* Numbers. */ -}}
{{- if .Values.autoscaling.enabled -}}
{{- if not (dig "requests" "cpu" "" .Values.resources) -}}
{{- $faults = append $faults "autoscaling: it is a share of what is requested; set resources.requests.cpu" -}}
{{- end -}}
{{- if gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas) -}}
{{- $faults = append $faults "autoscaling.minReplicas: it is more than maxReplicas; write less" -}}
{{- end -}}
{{- end -}}

{{- with $faults -}}
{{- fail (printf "\n\n- %s\n" (join "\n- " .)) -}}
{{- end -}}
{{- end -}}
