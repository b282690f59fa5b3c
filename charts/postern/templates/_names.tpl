{{/* Names and labels. */}}

{{- define "postern.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $both := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- $both | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Of an object that belongs to one database. Takes {context, database, suffix}; 63 characters are what a name of a Service may have. */}}
{{- define "postern.nameOf" -}}
{{- $name := printf "%s-%s" (include "postern.fullname" .context) .database -}}
{{- with .suffix }}{{ $name = printf "%s-%s" $name . }}{{ end -}}
{{- if gt (len $name) 63 -}}
{{- fail (printf "databases.%s: the name %s has %d characters, 63 are the most that Kubernetes takes; set fullnameOverride" .database $name (len $name)) -}}
{{- end -}}
{{- $name -}}
{{- end -}}

{{/* Of every object. Takes {context, database?, component?}. */}}
{{- define "postern.labels" -}}
{{- with .context.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
helm.sh/chart: {{ printf "%s-%s" .context.Chart.Name .context.Chart.Version | replace "+" "_" }}
app.kubernetes.io/version: {{ .context.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .context.Release.Service }}
{{ include "postern.selector" . }}
{{- end -}}

{{/* What finds pods. Takes {context, database?, component?}. */}}
{{- define "postern.selector" -}}
app.kubernetes.io/name: {{ default .context.Chart.Name .context.Values.nameOverride }}
app.kubernetes.io/instance: {{ .context.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- with .database }}
postern.dev/database: {{ . }}
{{- end }}
{{- end -}}

{{/* `metadata` without its name. Takes {context, database?, component?, labels?, annotations?}. */}}
{{- define "postern.about" -}}
namespace: {{ .context.Release.Namespace }}
labels:
  {{- include "postern.labels" . | trim | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with merge (dict) (default dict .annotations) .context.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "postern.image" -}}
{{- with .Values.image -}}
{{- $name := trimPrefix "/" (printf "%s/%s" .registry .repository) -}}
{{- if .digest }}{{ printf "%s@%s" $name .digest }}{{ else }}{{ printf "%s:%s" $name (default $.Chart.AppVersion .tag) }}{{ end -}}
{{- end -}}
{{- end -}}
