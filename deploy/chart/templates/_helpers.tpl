{{- define "errata.labels" -}}
app.kubernetes.io/name: errata-operator
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "errata.selector" -}}
app.kubernetes.io/name: errata-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "errata.rules" -}}
- apiGroups: [errata.dev]
  resources: [editjobs]
  verbs: [get, list, watch, delete]
- apiGroups: [errata.dev]
  resources: [models]
  verbs: [get, list, watch]
- apiGroups: [errata.dev]
  resources: [editjobs/status, models/status]
  verbs: [get, patch]
# To name them as owners where the API server asks for it (OwnerReferencesPermissionEnforcement).
- apiGroups: [errata.dev]
  resources: [editjobs/finalizers, models/finalizers]
  verbs: [update]
- apiGroups: [errata.dev]
  resources: [modelversions]
  verbs: [get, list, watch, create]
- apiGroups: [batch]
  resources: [jobs]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [create, patch]
- apiGroups: [""]
  resources: [events]
  verbs: [create]
{{- end }}

{{- define "errata.rules.registry" -}}
# Pods that list versions tell in their logs what the files of these say.
- apiGroups: [""]
  resources: [pods/log]
  verbs: [get]
{{- end }}
