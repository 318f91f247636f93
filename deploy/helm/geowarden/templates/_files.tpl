{{- /*
The files that settings name, each with the setting, the value of the chart that
asks for it, its name where all of them are mounted, and its source. One volume
holds them, and none in a folder of it: a change exchanges a link at its top,
and Geowarden watches the folder that a file is in. It would not see a file that
is mounted by subPath change at all.
*/ -}}
{{- define "geowarden.files" -}}
{{- $files := list -}}
{{- range $name, $ref := .Values.secretSettings -}}
{{- $files = append $files (dict "setting" (printf "%s_FILE" $name) "value" (printf "secretSettings.%s" $name) "file" $name "secret" $ref) -}}
{{- end -}}
{{- with .Values.apiKeys -}}
{{- $files = append $files (dict "setting" "API_KEYS_FILE" "value" "apiKeys" "file" "keys.yaml" "secret" .) -}}
{{- end -}}
{{- with .Values.tls.secretName -}}
{{- $files = append $files (dict "setting" "TLS_CERT_FILE" "value" "tls.secretName" "file" "tls.crt" "secret" (dict "name" . "key" "tls.crt")) -}}
{{- $files = append $files (dict "setting" "TLS_KEY_FILE" "value" "tls.secretName" "file" "tls.key" "secret" (dict "name" . "key" "tls.key")) -}}
{{- end -}}
{{- with .Values.tls.clientCA -}}
{{- $files = append $files (merge (dict "setting" "TLS_CLIENT_CA_FILE" "value" "tls.clientCA" "file" "clients.crt") .) -}}
{{- end -}}
{{- with .Values.upstreamCA -}}
{{- $files = append $files (merge (dict "setting" "UPSTREAM_CA_FILE" "value" "upstreamCA" "file" "upstream-ca.crt") .) -}}
{{- end -}}
{{- toYaml $files -}}
{{- end -}}

{{- define "geowarden.filesFolder" -}}/etc/geowarden/files{{- end -}}

{{- define "geowarden.filesVolume" -}}
- name: files
  projected:
    # The gateway's group (fsGroup) may read it, and nobody else.
    defaultMode: 0440
    sources:
      {{- range . }}
      {{- $kind := ternary "secret" "configMap" (hasKey . "secret") }}
      {{- $source := get . $kind }}
      - {{ $kind }}:
          name: {{ $source.name }}
          items: [{key: {{ $source.key | quote }}, path: {{ .file }}}]
      {{- end }}
{{- end -}}
