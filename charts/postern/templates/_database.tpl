{{/* What the values say of one database, defaults filled in. Values of maps travel as JSON: a template gives nothing but text. */}}

{{/* The entry of a database. Takes {context, database}. */}}
{{- define "postern.entry" -}}
{{- $all := default dict .context.Values.databases -}}
{{- if not (hasKey $all .database) -}}
{{- fail (printf "there is no databases.%s; there are: %s" .database (keys $all | sortAlpha | join ", " | default "none")) -}}
{{- end -}}
{{- default dict (get $all .database) | toJson -}}
{{- end -}}

{{/* The settings of its gateway or sidecar. Takes {context, database, kind}. */}}
{{- define "postern.settings" -}}
{{- $entry := include "postern.entry" . | fromJson -}}
{{- mergeOverwrite (deepCopy (get .context.Values .kind)) (default dict (get $entry .kind)) | toJson -}}
{{- end -}}

{{/*
The configuration of its gateway or sidecar. Takes {context, database, kind}. What the config says itself is never replaced.
*/}}
{{- define "postern.config" -}}
{{- $entry := include "postern.entry" . | fromJson -}}
{{- $settings := include "postern.settings" . | fromJson -}}
{{- $config := deepCopy (default dict $entry.config) -}}
{{- $config = mergeOverwrite $config (deepCopy (default dict $settings.config)) -}}
{{- $database := default dict $config.database -}}
{{- if $entry.secret -}}
{{- $keys := default (dict "user" "username" "password" "password") $entry.secretKeys -}}
{{- range $key, $file := $keys -}}
{{- if not (hasKey $database $key) -}}{{- $_ := set $database $key (printf "file:/etc/postern-secret/%s" $file) -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- $_ := set $config "database" $database -}}
{{- $schema := default dict $config.schema -}}
{{- $_ := set $config "schema" (merge $schema (dict "snapshot" "/var/lib/postern/schema.json")) -}}
{{- if eq .kind "gateway" -}}
{{- if not (dig "auth" "mode" "" $config) -}}
{{- fail (printf "databases.%s.gateway: other pods reach it, so its configuration has to say who may call. gateway.config.auth.mode: none trusts everybody whom the NetworkPolicy lets through." .database) -}}
{{- end -}}
{{- $data := merge (default dict (dig "listeners" "data" dict $config)) (dict "host" "0.0.0.0") -}}
{{- $_ := set $config "listeners" (merge (dict "data" $data) (default dict $config.listeners)) -}}
{{- $budget := dig "pools" "budget" dict $config -}}
{{- if and $budget (not (hasKey $budget "instances")) -}}
{{- $_ := set $budget "instances" (include "postern.pods" $settings | int) -}}
{{- end -}}
{{- end -}}
{{- $config | toJson -}}
{{- end -}}

{{/* Most pods of a gateway at once. Takes its settings. */}}
{{- define "postern.pods" -}}
{{- add (ternary .autoscaling.maxReplicas .replicas .autoscaling.enabled) .maxSurge -}}
{{- end -}}

{{/*
Ports of the servers that a configuration names, as JSON: those it writes out, else the usual ones of the engine, of Redis and of the collector's
scheme. What stands in a Secret is not seen. Takes the configuration.
*/}}
{{- define "postern.serverPorts" -}}
{{- $usual := dict "mysql" 3306 "mariadb" 3306 "sqlserver" 1433 "mssql" 1433 -}}
{{- $database := default dict .database -}}
{{- $scheme := splitList ":" (default "" $database.url) | first -}}
{{- $ports := include "postern.portsOf" (list $database) | fromJsonArray -}}
{{- if not $ports }}{{ $ports = list (get $usual (default $scheme $database.engine) | default 5432) }}{{ end -}}
{{- $ports = concat $ports (include "postern.portsOf" (default list $database.replicas) | fromJsonArray) -}}
{{- with .redis -}}
{{- if or .url .host }}{{ $ports = concat $ports (include "postern.portsOf" (list .) | fromJsonArray | default (list 6379)) }}{{ end -}}
{{- end -}}
{{- with dig "endpoint" "" (default dict .traces) -}}
{{- $ports = concat $ports (include "postern.portsOf" (list (dict "url" .)) | fromJsonArray | default (list (ternary 443 80 (hasPrefix "https:" .)))) -}}
{{- end -}}
{{- $numbers := list }}{{ range $ports }}{{ $numbers = append $numbers (int .) }}{{ end -}}
{{- $numbers | uniq | toJson -}}
{{- end -}}

{{/* Ports that servers name by `port`, or behind a host of `host` or `url`; `:secret@` is none. Takes their groups of keys. */}}
{{- define "postern.portsOf" -}}
{{- $ports := list -}}
{{- range . -}}
{{- with .port }}{{ $ports = append $ports (int .) }}{{ end -}}
{{- range list .url .host -}}
{{- range regexFindAll ":[0-9]{2,5}([/,?]|$)" (default "" .) -1 }}{{ $ports = append $ports (regexFind "[0-9]+" . | int) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- $ports | toJson -}}
{{- end -}}
