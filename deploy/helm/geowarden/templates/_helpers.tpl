{{- /* Names leave room for -metrics and the like in the 63 letters of a label. */ -}}
{{- define "geowarden.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "geowarden.fullname" -}}
{{- $name := include "geowarden.name" . -}}
{{- $default := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- .Values.fullnameOverride | default $default | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "geowarden.serviceAccount" -}}
{{- $default := ternary (include "geowarden.fullname" .) "default" .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default $default -}}
{{- end -}}

{{- define "geowarden.instance" -}}
app.kubernetes.io/name: {{ include "geowarden.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- /* The component keeps the pod of `helm test` out. */ -}}
{{- define "geowarden.selector" -}}
{{ include "geowarden.instance" . }}
app.kubernetes.io/component: gateway
{{- end -}}

{{- define "geowarden.labels" -}}
{{ include "geowarden.instance" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "geowarden.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag }}{{ end }}
{{- end -}}
{{- end -}}

{{- /* "true" where the gateway listens with TLS, by the chart's means or by others. */ -}}
{{- define "geowarden.tls" -}}
{{- if or .Values.tls.secretName .Values.settings.TLS_CERT_FILE }}true{{ end -}}
{{- end -}}

{{- define "geowarden.scheme" -}}
{{- if include "geowarden.tls" . }}https{{ else }}http{{ end -}}
{{- end -}}

{{- define "geowarden.port" -}}
{{- .Values.service.port | default (ternary 443 80 (eq (include "geowarden.scheme" .) "https")) -}}
{{- end -}}

{{- define "geowarden.context" -}}
{{- .Values.settings.FASTGEOAPI_CONTEXT | default "/geoapi" -}}
{{- end -}}

{{- /* "true" for a switch of settings that is on, in any of the words that Geowarden reads. */ -}}
{{- define "geowarden.on" -}}
{{- if has (toString . | lower) (list "true" "1" "yes" "y" "on" "t") }}true{{ end -}}
{{- end -}}

{{- /* "true" for the name of a setting that is secret. */ -}}
{{- define "geowarden.secret" -}}
{{- if regexMatch "^(OIDC_CLIENT_SECRET|UPSTREAM_HEADERS|PYGEOAPI_KEY_.+)$" . }}true{{ end -}}
{{- end -}}

{{- /* "true" for the name of a variable that is secret: keys are read without a prefix too. */ -}}
{{- define "geowarden.secretVariable" -}}
{{- if hasSuffix "_FILE" . -}}
{{- else if or (include "geowarden.secret" .) (regexMatch "^OTEL_EXPORTER_OTLP_([A-Z]+_)?HEADERS$" .) }}true{{ end -}}
{{- end -}}

{{- /* What the container may do beyond answering: nothing. */ -}}
{{- define "geowarden.rights" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
privileged: false
capabilities:
  drop: [ALL]
{{- end -}}
