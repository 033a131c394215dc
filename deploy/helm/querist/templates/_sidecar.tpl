{{/*
Querist beside the containers of your own pod templates. Your chart has this one as a dependency, with service.enabled: false, and says

  metadata:
    labels: {querist-sidecar: enabled}
  spec:
    initContainers:
      {{- include "querist.sidecar.container" .Subcharts.querist | nindent 6 }}
    containers:
      - name: training
        volumeMounts:
          {{- include "querist.sidecar.volumeMounts" .Subcharts.querist | nindent 10 }}
    volumes:
      {{- include "querist.sidecar.volumes" .Subcharts.querist | nindent 6 }}
*/}}
{{- define "querist.sidecar.container" -}}
{{- $settings := dict
    "addresses" (list "unix:/run/querist/querist.sock" "127.0.0.1:50051")
    "socket_mode" "666"
    "health_address" (printf "%s:50052" .Values.listenHost)
    "metrics_address" (printf "%s:50053" .Values.listenHost)
    "log_format" "json"
    "local_tensor_directory" "/run/querist-tensors"
    "drain_seconds" 4 }}
- name: querist
  image: {{ include "querist.image" . }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  restartPolicy: Always
  env:
    {{- include "querist.environment" (mergeOverwrite $settings .Values.sidecar.settings) | nindent 4 }}
    {{- include "querist.others" .Values.sidecar.environment | nindent 4 }}
  ports:
    - {name: querist-health, containerPort: 50052}
    - {name: querist-metrics, containerPort: 50053}
  {{- include "querist.probes" . | nindent 2 }}
  resources:
    {{- toYaml .Values.sidecar.resources | nindent 4 }}
  securityContext:
    runAsUser: 65532
    runAsGroup: 65532
    {{- include "querist.securityContext" . | nindent 4 }}
  volumeMounts:
    {{- include "querist.sidecar.volumeMounts" . | nindent 4 }}
    - {name: querist-tmp, mountPath: /tmp}
    - {name: querist-models, mountPath: /var/lib/querist/models}
{{- end }}

{{- define "querist.sidecar.volumeMounts" -}}
- {name: querist-socket, mountPath: /run/querist}
- {name: querist-tensors, mountPath: /run/querist-tensors}
{{- end }}

{{- define "querist.sidecar.volumes" -}}
- name: querist-socket
  emptyDir: {medium: Memory, sizeLimit: 1Mi}
- name: querist-tensors
  emptyDir: {medium: Memory, sizeLimit: {{ .Values.sidecar.tensorsSize }}}
- name: querist-tmp
  emptyDir: {sizeLimit: 64Mi}
- name: querist-models
  emptyDir: {sizeLimit: {{ .Values.sidecar.modelsSize }}}
{{- end }}
