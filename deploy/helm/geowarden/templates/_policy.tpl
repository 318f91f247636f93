{{- define "geowarden.policyFolder" -}}/etc/geowarden/policy{{- end -}}

{{- define "geowarden.policyConfigMap" -}}
{{- .Values.policy.existingConfigMap | default (printf "%s-policy" (include "geowarden.fullname" .)) -}}
{{- end -}}

{{- /* The volume that the policy is in; nothing where the chart mounts none. */ -}}
{{- define "geowarden.policyVolume" -}}
{{- with .Values.policy -}}
{{- if or .files .existingConfigMap -}}
- name: policy
  configMap:
    name: {{ include "geowarden.policyConfigMap" $ }}
{{- else if .bundle.configMap -}}
- name: policy
  configMap:
    name: {{ .bundle.configMap.name }}
    items: [{key: {{ .bundle.configMap.key | quote }}, path: bundle.tar.gz}]
{{- else if .bundle.secret -}}
- name: policy
  secret:
    secretName: {{ .bundle.secret.name }}
    defaultMode: 0440
    items: [{key: {{ .bundle.secret.key | quote }}, path: bundle.tar.gz}]
{{- else if .image.reference -}}
- name: policy
  image:
    reference: {{ .image.reference | quote }}
    pullPolicy: {{ .image.pullPolicy }}
{{- end }}
{{- end -}}
{{- end -}}

{{- /* POLICY_PATH, where the chart mounts the policy. */ -}}
{{- define "geowarden.policyPath" -}}
{{- $folder := include "geowarden.policyFolder" . -}}
{{- with .Values.policy -}}
{{- if or .files .existingConfigMap }}{{ $folder }}
{{- else if .bundle }}{{ $folder }}/bundle.tar.gz
{{- else if .image.reference }}{{ printf "%s/%s" $folder (trimAll "/" .image.path) | trimSuffix "/" }}
{{- end }}
{{- end -}}
{{- end -}}
