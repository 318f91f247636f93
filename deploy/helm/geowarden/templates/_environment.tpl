{{- /*
What the chart sets by itself, each by its name and the value of the chart that
it comes from. checks.tpl refuses the same name elsewhere.
*/ -}}
{{- define "geowarden.ownSettings" -}}
{{- $own := list -}}
{{- if .Values.metrics.enabled -}}
{{- $own = append $own (dict "setting" "METRICS_ADDRESS" "is" ":9464" "value" "metrics.enabled") -}}
{{- end -}}
{{- $own = append $own (dict "setting" "SHUTDOWN_TIMEOUT" "is" (printf "%ds" (int .Values.shutdown.timeoutSeconds)) "value" "shutdown.timeoutSeconds") -}}
{{- range include "geowarden.files" . | fromYamlArray -}}
{{- $own = append $own (dict "setting" .setting "is" (printf "%s/%s" (include "geowarden.filesFolder" $) .file) "value" .value) -}}
{{- end -}}
{{- with include "geowarden.policyPath" . -}}
{{- $own = append $own (dict "setting" "POLICY_PATH" "is" . "value" "policy") -}}
{{- end -}}
{{- toYaml $own -}}
{{- end -}}

{{- define "geowarden.environment" -}}
{{- $names := list -}}
{{- range .Values.env -}}
{{- $names = append $names .name -}}
{{- end -}}
{{- if not (has "GOMEMLIMIT" $names) -}}
# So many mebibytes are taken for as many million bytes: that leaves a twentieth
# of the limit to what Go does not count.
- name: MEMORY_LIMIT_MEBIBYTES
  valueFrom:
    resourceFieldRef: {containerName: geowarden, resource: limits.memory, divisor: 1Mi}
- name: GOMEMLIMIT
  value: $(MEMORY_LIMIT_MEBIBYTES)000000
{{ end -}}
- name: ENV_STATE
  value: prod
- name: HOST
  value: 0.0.0.0
- name: PORT
  value: "5000"
{{- range include "geowarden.ownSettings" . | fromYamlArray }}
- name: PROD_{{ .setting }}
  value: {{ .is | quote }}
{{- end }}
{{- range $name, $value := .Values.settings }}
{{- if not (kindIs "invalid" $value) }}
- name: PROD_{{ $name }}
  {{- /* Numbers are floats here, and Kubernetes reads $ as the beginning of a variable. */}}
  value: {{ ternary (int64 $value) $value (kindIs "float64" $value) | toString | replace "$" "$$" | quote }}
{{- end }}
{{- end }}
{{- with .Values.env }}
{{ toYaml . }}
{{- end }}
{{- end -}}
