/** What the values of the Helm chart may be, as JSON Schema; the configuration of the gateways in it comes from the code. */
import { configJsonSchema } from '#config/json-schema.ts'

type Json = Record<string, unknown>

const text: Json = { type: 'string' }
const flag: Json = { type: 'boolean' }
const whole = (minimum: number): Json => ({ type: 'integer', minimum })
const port: Json = { type: 'integer', minimum: 1, maximum: 65_535 }
const listOf = (items: Json): Json => ({ type: 'array', items })
/** A part of an object of Kubernetes, which the API server checks. */
const part: Json = { type: 'object' }
const texts: Json = { type: 'object', additionalProperties: text }
const count = (minimum: number): Json => ({
  anyOf: [whole(minimum), { type: 'string', pattern: '^[0-9]+%$' }],
})
const group = (properties: Readonly<Record<string, Json>>): Json => ({
  type: 'object',
  additionalProperties: false,
  properties,
})

/** What Kubernetes takes for a part of a name. */
const namePart = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'
const secretKey: Json = { type: 'string', pattern: '^[-._a-zA-Z0-9]+$' }

const definitions = (config: Json): Readonly<Record<string, Json>> => ({
  config,
  sidecar: group({ enabled: flag, resources: part }),
  gateway: group({
    enabled: flag,
    config: { $ref: '#/definitions/config' },
    replicas: whole(0),
    maxSurge: whole(1),
    autoscaling: group({
      enabled: flag,
      minReplicas: whole(1),
      maxReplicas: whole(1),
      cpu: { type: 'integer', minimum: 1, maximum: 100 },
    }),
    rollOnChange: flag,
    service: group({
      type: { enum: ['ClusterIP', 'NodePort', 'LoadBalancer'] },
      port,
      annotations: texts,
    }),
    networkPolicy: group({
      enabled: flag,
      clients: listOf(part),
      metrics: listOf(part),
      ports: listOf(port),
      egress: listOf(part),
    }),
    podDisruptionBudget: group({ enabled: flag, maxUnavailable: count(1) }),
    terminationGracePeriodSeconds: whole(1),
    resources: part,
    podLabels: texts,
    podAnnotations: texts,
    podSecurityContext: part,
    serviceAccountName: text,
    priorityClassName: text,
    nodeSelector: texts,
    tolerations: listOf(part),
    affinity: part,
    topologySpreadConstraints: listOf(part),
    extraVolumes: listOf(part),
  }),
  database: group({
    config: { $ref: '#/definitions/config' },
    secret: { type: 'string', pattern: '^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$' },
    secretKeys: {
      anyOf: [
        group({ user: secretKey, password: secretKey }),
        { ...group({ url: secretKey }), required: ['url'] },
      ],
    },
    sidecar: { $ref: '#/definitions/sidecar' },
    gateway: { $ref: '#/definitions/gateway' },
  }),
})

/** JSON Schema (draft 7, which Helm 3 and 4 read) of charts/postern/values.yaml: no key is taken that means nothing. */
export function chartSchema(): Json {
  const { $schema, title: _, definitions: ofConfig, ...config } = configJsonSchema()
  return {
    $schema,
    title: 'Values of the Postern chart',
    definitions: { ...(ofConfig as Json), ...definitions(config) },
    ...group({
      nameOverride: text,
      fullnameOverride: text,
      commonLabels: texts,
      commonAnnotations: texts,
      image: group({
        registry: text,
        repository: { type: 'string', minLength: 1 },
        tag: text,
        digest: { type: 'string', pattern: '^$|^sha256:[0-9a-f]{64}$' },
        pullPolicy: { enum: ['Always', 'IfNotPresent', 'Never'] },
      }),
      imagePullSecrets: listOf(part),
      databases: {
        type: 'object',
        propertyNames: { pattern: namePart, maxLength: 40 },
        additionalProperties: { $ref: '#/definitions/database' },
      },
      container: group({
        env: listOf({ type: 'object', required: ['name'] }),
        extraArgs: listOf(text),
        extraVolumeMounts: listOf(part),
        securityContext: part,
      }),
      sidecar: { $ref: '#/definitions/sidecar' },
      gateway: { $ref: '#/definitions/gateway' },
      podMonitor: group({
        enabled: flag,
        labels: texts,
        interval: { type: 'string', pattern: '^([0-9]+(ms|s|m|h))+$' },
        namespaces: listOf(text),
      }),
      prometheusRule: group({ enabled: flag, labels: texts, alertLabels: texts, disabled: listOf(text) }),
      dashboard: group({ enabled: flag, labels: texts, annotations: texts }),
      extraObjects: listOf(part),
      // Where the chart is a dependency, Helm puts the values of all charts here.
      global: part,
    }),
  }
}
