{{/* The container and its volumes, for sidecars and gateways. */}}

{{/*
The container `postern` as a native sidecar: the first item of a pod's initContainers. Takes {context, database}; in a chart that has this
one as a dependency the context is .Subcharts.postern.
*/}}
{{- define "postern.sidecar" -}}
{{- $about := dict "context" .context "database" .database "kind" "sidecar" -}}
{{- $settings := include "postern.settings" $about | fromJson -}}
{{- if not $settings.enabled -}}
{{- fail (printf "databases.%s: sidecar.enabled is false, so there is no ConfigMap for a sidecar" .database) -}}
{{- end -}}
- {{ include "postern.container" (merge $about (dict "settings" $settings)) | nindent 2 | trim }}
{{- end -}}

{{/* The volumes of a sidecar, for the pod's `volumes`. Takes {context, database}. */}}
{{- define "postern.volumes" -}}
{{- include "postern.volumesOf" (dict "context" .context "database" .database "kind" "sidecar") -}}
{{- end -}}

{{/* Labels of a pod with a sidecar, by which the PodMonitor and dashboards find it. Takes {context, database}. */}}
{{- define "postern.podLabels" -}}
postern.dev/database: {{ .database }}
{{- end -}}

{{/* Takes {context, database, kind, settings}. */}}
{{- define "postern.container" -}}
{{- $values := .context.Values -}}
{{- $config := include "postern.config" . | fromJson -}}
{{- $port := dig "listeners" "observe" "port" 6421 $config -}}
name: postern
image: {{ include "postern.image" .context }}
imagePullPolicy: {{ $values.image.pullPolicy }}
{{- if eq .kind "sidecar" }}
restartPolicy: Always
{{- end }}
args:
  - serve
  - --config-dir=/etc/postern
  {{- range $values.container.extraArgs }}
  - {{ . | quote }}
  {{- end }}
env:
  {{- $named := list }}
  {{- range $values.container.env }}{{ $named = append $named .name }}{{ end }}
  {{- if not (has "NODE_OPTIONS" $named) }}
  # The heap may take 65 % of the memory limit; socket and row buffers live outside of it.
  - name: NODE_OPTIONS
    value: --max-old-space-size-percentage=65
  {{- end }}
  {{- with $values.container.env }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
ports:
  {{- if eq .kind "gateway" }}
  - name: http
    containerPort: {{ dig "listeners" "data" "port" 6420 $config }}
  {{- end }}
  - name: postern-observe
    containerPort: {{ $port }}
# Numbers, not names: named ports of native sidecars were not seen everywhere before Kubernetes 1.32.
startupProbe:
  httpGet:
    path: /startupz
    port: {{ $port }}
  periodSeconds: 1
  # Three times lifecycle.startDeadline (20 s), after which a gateway without its database passes.
  failureThreshold: 60
livenessProbe:
  httpGet:
    path: /livez
    port: {{ $port }}
  periodSeconds: 10
  timeoutSeconds: 3
  failureThreshold: 6
readinessProbe:
  httpGet:
    path: /readyz
    port: {{ $port }}
  periodSeconds: 2
  failureThreshold: 3
resources:
  {{- toYaml .settings.resources | nindent 2 }}
securityContext:
  {{- toYaml $values.container.securityContext | nindent 2 }}
volumeMounts:
  # Folders, never subPath: what is mounted by subPath keeps its first content for ever.
  - name: postern-config
    mountPath: /etc/postern
    readOnly: true
  {{- if (include "postern.entry" . | fromJson).secret }}
  - name: postern-secret
    mountPath: /etc/postern-secret
    readOnly: true
  {{- end }}
  - name: postern-state
    mountPath: /var/lib/postern
  {{- with $values.container.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* Takes {context, database, kind}. */}}
{{- define "postern.volumesOf" -}}
- name: postern-config
  configMap:
    name: {{ include "postern.configMap" . }}
{{- with (include "postern.entry" . | fromJson).secret }}
- name: postern-secret
  secret:
    secretName: {{ . }}
    # Readable for the owner and fsGroup only.
    defaultMode: 0440
{{- end }}
# The schema, for a restart while the database is away; it lives as long as the pod.
- name: postern-state
  emptyDir:
    sizeLimit: 64Mi
{{- end -}}

{{/* Takes {context, database, kind}. */}}
{{- define "postern.configMap" -}}
{{- include "postern.nameOf" (dict "context" .context "database" .database "suffix" (ternary "gateway" "" (eq .kind "gateway"))) -}}
{{- end -}}
