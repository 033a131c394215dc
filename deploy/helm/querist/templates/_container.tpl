{{/* Settings by their names, as environment variables; what is no text is JSON, as the server reads it. */}}
{{- define "querist.environment" -}}
{{- range $name, $value := . }}
- name: QUERIST_{{ upper $name }}
  value: {{ if kindIs "string" $value }}{{ quote $value }}{{ else }}{{ toJson $value | quote }}{{ end }}
{{- end }}
{{- end }}

{{/* Variables that are no settings of Querist's, such as those of OpenTelemetry. */}}
{{- define "querist.others" -}}
{{- range $name, $value := . }}
- name: {{ $name }}
  value: {{ quote $value }}
{{- end }}
{{- end }}

{{/* What the listener for probes is asked: it speaks plain gRPC on the pod's address, whatever the service itself speaks. */}}
{{- define "querist.probes" -}}
startupProbe:
  grpc: {port: 50052, service: startup}
  periodSeconds: 1
  timeoutSeconds: 1
  failureThreshold: 60
readinessProbe:
  grpc: {port: 50052, service: readiness}
  periodSeconds: 5
  timeoutSeconds: 2
  failureThreshold: 2
livenessProbe:
  grpc: {port: 50052, service: liveness}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- end }}

{{- define "querist.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: {drop: [ALL]}
seccompProfile: {type: RuntimeDefault}
{{- end }}
