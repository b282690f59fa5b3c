/** The chart against Helm, Kubernetes, Pod Security and the gateway's own configuration. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler'
import type { IPod } from 'kubernetes-models/v1/Pod'
import { afterAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { loadOptions } from '#config/load.ts'
import { waitOptions } from '#roles/options.ts'
import { podSecurityFaults } from '../manifests/pod-security.ts'
import { ofKind, partsOf, posternFaults, sidecarFaults } from '../manifests/postern-pod.ts'
import { fieldFaults, valueFaults } from '../manifests/schemas.ts'
import type { KubernetesObject } from '../support/kubernetes-tools.ts'
import { chart, chartTool, configured, type Values } from './charts.ts'

const { run, render, refusal, parent, close } = chartTool()
afterAll(close)

const config = {
  database: { host: 'shop-db-rw.database.svc', name: 'shop', tls: { mode: 'require' } },
  pools: { budget: { connections: 100, reserved: 20 } },
}
const trusting = { auth: { mode: 'none' } }
const gateway = (more: Values = {}, top: Values = {}): Values => ({
  databases: {
    shop: { config, secret: 'shop-database', gateway: { enabled: true, config: trusting, ...more } },
  },
  ...top,
})
/** Everything that can be switched on. */
const everything = gateway(
  {
    autoscaling: { enabled: true, maxReplicas: 9 },
    networkPolicy: { clients: [{ podSelector: { matchLabels: { 'app.kubernetes.io/name': 'shop' } } }] },
    service: { annotations: { a: 'b' } },
    tolerations: [{ key: 'dedicated', operator: 'Exists' }],
    nodeSelector: { pool: 'apps' },
    extraVolumes: [{ name: 'ca', secret: { secretName: 'ca' } }],
    podAnnotations: { x: 'y' },
    podLabels: { team: 'shop' },
    serviceAccountName: 'shop',
    priorityClassName: 'high',
  },
  {
    commonLabels: { team: 'shop' },
    commonAnnotations: { owner: 'shop' },
    imagePullSecrets: [{ name: 'registry' }],
    container: { env: [{ name: 'TZ', value: 'UTC' }], extraVolumeMounts: [{ name: 'ca', mountPath: '/ca' }] },
    podMonitor: { enabled: true, labels: { release: 'prometheus' }, namespaces: ['orders'] },
    prometheusRule: { enabled: true, alertLabels: { team: 'shop' } },
    dashboard: { enabled: true },
    extraObjects: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: '{{ .Release.Name }}-mine' } }],
  },
)

const kindsOf = (objects: readonly KubernetesObject[]) => objects.map((object) => object.kind).toSorted()
/** A chart whose Deployment takes the sidecar from this one. */
const service = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop-service}
spec:
  replicas: 3
  selector: {matchLabels: {app.kubernetes.io/name: shop-service}}
  strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: shop-service
        {{- include "postern.podLabels" (dict "context" .Subcharts.postern "database" "shop") | nindent 8 }}
    spec:
      terminationGracePeriodSeconds: 45
      securityContext: {runAsNonRoot: true, fsGroup: 65532, seccompProfile: {type: RuntimeDefault}}
      initContainers:
        {{- include "postern.sidecar" (dict "context" .Subcharts.postern "database" "shop") | nindent 8 }}
      containers:
        - name: shop-service
          image: ghcr.io/example/shop-service:1.0.0
          env: [{name: POSTERN_URL, value: "http://localhost:6420"}]
          securityContext: {runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
      volumes:
        {{- include "postern.volumes" (dict "context" .Subcharts.postern "database" "shop") | nindent 8 }}
`

describe('a chart without values', () => {
  test('installs nothing, and says what to do', (context) => {
    expect(render(context, {})).toEqual([])
    expect(run(context, {}, 'install', 'shop', chart, '--dry-run=client')).toContain(
      'name a database in `databases`',
    )
  })
})

describe.each([
  ['a gateway', gateway()],
  ['everything', everything],
])('%s', (_, values) => {
  test('passes the linter of Helm', (context) => {
    expect(run(context, values, 'lint', '--strict', chart)).toContain('0 chart(s) failed')
  })

  test('keeps the schemas of Kubernetes, and has no field they do not know', (context) => {
    const objects = render(context, values)
    expect(valueFaults(objects)).toEqual([])
    expect(fieldFaults(objects)).toEqual([])
  })

  test('lies in the namespace of the release, under names that differ', (context) => {
    const objects = render(context, values).filter(({ metadata }) => metadata.name !== 'shop-mine')
    expect(new Set(objects.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['shop']))
    const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    expect(names).toEqual([...new Set(names)])
  })

  test('passes the restricted Pod Security Standard, and so does its test', (context) => {
    const objects = render(context, values)
    expect(podSecurityFaults(partsOf(objects).pod)).toEqual([])
    const pods = objects.filter((object) => object.kind === 'Pod') as unknown as IPod[]
    expect(pods.map(({ spec }) => podSecurityFaults(spec as NonNullable<typeof spec>))).toEqual([[]])
  })

  test('names no credential', (context) => {
    expect(JSON.stringify(render(context, values))).not.toMatch(/hunter2|shop_service/)
  })
})

describe('a gateway', () => {
  test('is a Deployment with its Service, its files, and what guards it', (context) => {
    expect(kindsOf(render(context, gateway()))).toEqual(
      'ConfigMap ConfigMap Deployment NetworkPolicy Pod PodDisruptionBudget Service'.split(' '),
    )
  })

  test('has probes, ports, mounts, grace period, budget and selectors that fit the gateway', (context) => {
    const objects = render(context, gateway())
    const mine = configured(objects)
    expect(posternFaults(objects, mine)).toEqual([])
    expect(mine.pools.budget).toMatchObject({ connections: 100, reserved: 20, instances: 3 })
    expect(mine.database).toMatchObject({ user: 'shop_service', password: 'hunter2' })
    expect(mine.listeners.data.host).toBe('0.0.0.0')
  })

  test('runs the image of this version, as its user', (context) => {
    const { version } = JSON.parse(readFileSync(join(chart, '../../package.json'), 'utf8')) as {
      version: string
    }
    const about = parse(readFileSync(join(chart, 'Chart.yaml'), 'utf8')) as Record<string, string>
    const { postern } = partsOf(render(context, gateway()))
    expect(postern.image).toBe(`ghcr.io/postern/postern:${version}`)
    expect([about['version'], about['appVersion']]).toEqual([version, version])
    const [, user, group] =
      /^USER (\d+):(\d+)$/m.exec(readFileSync(join(chart, '../../Dockerfile'), 'utf8')) ?? []
    const { runAsUser, runAsGroup } = postern.securityContext ?? {}
    expect([runAsUser, runAsGroup].map(String)).toEqual([user, group])
  })

  test('runs another image when told', (context) => {
    const digest = `sha256:${'a'.repeat(64)}`
    const imageOf = (image: Values) => partsOf(render(context, gateway({}, { image }))).postern.image
    expect(imageOf({ registry: 'registry.internal', tag: '1' })).toBe('registry.internal/postern/postern:1')
    expect(imageOf({ registry: '', repository: 'mine', tag: '1', digest })).toBe(`mine@${digest}`)
  })

  test('has as many instances in its budget as there can be pods, unless the config says another number', (context) => {
    const budgetOf = (more: Values) => configured(render(context, gateway(more))).pools.budget?.instances
    expect(budgetOf({ replicas: 5, maxSurge: 2 })).toBe(7)
    expect(budgetOf({ autoscaling: { enabled: true, maxReplicas: 9 } })).toBe(10)
    expect(budgetOf({ config: { ...trusting, pools: { budget: { instances: 'auto' } } } })).toBe('auto')
  })

  test('leaves the number of pods to the autoscaler', (context) => {
    const objects = render(context, everything)
    expect(partsOf(objects).deployment.spec).not.toHaveProperty('replicas')
    const [scaler] = objects.filter((object) => object.kind === 'HorizontalPodAutoscaler')
    const { spec } = scaler as unknown as IHorizontalPodAutoscaler
    expect(spec?.scaleTargetRef.name).toBe(partsOf(objects).deployment.metadata?.name)
    expect(spec).toMatchObject({ minReplicas: 2, maxReplicas: 9 })
  })

  test('rolls its pods when the configuration changes, and not when told not to', (context) => {
    const checksum = (more: Values) =>
      partsOf(render(context, gateway(more))).deployment.spec?.template.metadata?.annotations?.[
        'checksum/config'
      ]
    const [before, after] = [{}, { config: { ...trusting, log: { level: 'debug' } } }].map(checksum)
    expect(before).toMatch(/^[0-9a-f]{64}$/)
    expect(after).toMatch(/^[0-9a-f]{64}$/)
    expect(after).not.toBe(before)
    expect(checksum({ rollOnChange: false })).toBeUndefined()
  })

  test('is laid over the defaults of all gateways', (context) => {
    const values = { ...gateway({ replicas: 4 }), gateway: { replicas: 7, maxSurge: 2, config: trusting } }
    expect(partsOf(render(context, values)).deployment.spec).toMatchObject({
      replicas: 4,
      strategy: { rollingUpdate: { maxSurge: 2 } },
    })
  })

  test('keeps large numbers and texts of the configuration as they were written', (context) => {
    const { pools, api } = configured(
      render(
        context,
        gateway({
          config: { ...trusting, pools: { max: 1000 }, api: { maxLimit: 1_000_000, hide: ['a_*'] } },
        }),
      ),
    )
    expect([pools.max, api.maxLimit, api.hide]).toEqual([1000, 1_000_000, ['a_*']])
  })

  test('lets in everybody of its namespace, or those it is told and its own test', (context) => {
    const callers = (values: Values) =>
      ofKind(render(context, values), 'NetworkPolicy')[0]?.spec?.ingress?.[0]?.from
    expect(callers(gateway())).toEqual([{ podSelector: {} }])
    const [pod] = render(context, everything).filter((object) => object.kind === 'Pod') as unknown as IPod[]
    const [told, test_, ...others] = callers(everything) ?? []
    expect(told).toEqual({ podSelector: { matchLabels: { 'app.kubernetes.io/name': 'shop' } } })
    expect(pod?.metadata?.labels).toMatchObject(test_?.podSelector?.matchLabels ?? { none: 'none' })
    expect(others).toEqual([])
  })

  test.for<[what: string, config: Values, ports: number[]]>([
    ['PostgreSQL', { database: { host: 'db' } }, [5432]],
    ['MySQL', { database: { url: 'mysql://u@db/shop' } }, [3306]],
    ['SQL Server', { database: { engine: 'sqlserver', host: 'db' } }, [1433]],
    ['a port', { database: { host: 'db', port: 6000 } }, [6000]],
    ['ports of several hosts', { database: { url: 'postgres://u:9999@a:6000,b:6001/shop' } }, [6000, 6001]],
    [
      'replicas and Redis',
      {
        database: { host: 'db', replicas: [{ url: 'postgres://r:6002/shop' }, { host: 's', port: 6003 }] },
        redis: { url: 'redis://cache/0' },
      },
      [5432, 6002, 6003, 6379],
    ],
    [
      'a collector',
      { database: { host: 'db' }, traces: { endpoint: 'http://otel:4318/v1/traces' } },
      [5432, 4318],
    ],
    [
      'a collector by TLS',
      { database: { host: 'db' }, traces: { endpoint: 'https://otel/v1/traces' } },
      [5432, 443],
    ],
    ['a Redis elsewhere', { database: { host: 'db' }, redis: { host: 'r', port: 6380 } }, [5432, 6380]],
  ])('may reach %s', ([, more, ports], context) => {
    const values = { databases: { shop: { config: more, gateway: { enabled: true, config: trusting } } } }
    const [policy] = ofKind(render(context, values), 'NetworkPolicy')
    expect(policy?.spec?.egress?.[0]?.ports?.map(({ port }) => port)).toEqual(ports)
  })

  test('is tried by a command that the image has', (context) => {
    const objects = render(context, gateway({ service: { port: 80 } }))
    const [pod] = objects.filter((object) => object.kind === 'Pod') as unknown as IPod[]
    const [command, ...argv] = pod?.spec?.containers[0]?.args ?? []
    expect(command).toBe('wait')
    const loaded = loadOptions({ argv, env: {} }, waitOptions)
    const [service_] = ofKind(objects, 'Service')
    expect(loaded).toMatchObject({
      options: { url: `http://${service_?.metadata?.name}:80/api/v1`, timeout: 60_000 },
    })
  })

  test('says in the notes where it is and what each pod may open, and warns of what is open', (context) => {
    const notes = (values: Values) => run(context, values, 'install', 'shop', chart, '--dry-run=client')
    expect(notes(gateway())).toContain('http://shop-postern-shop-gateway.default:6420/api/v1')
    expect(notes(gateway())).toContain('floor((100 - 20) / 3) = 26')
    expect(notes(gateway())).not.toContain('WARNING')
    const open = {
      databases: {
        shop: {
          config: { database: { host: 'db' } },
          gateway: { enabled: true, config: trusting, networkPolicy: { enabled: false } },
        },
      },
    }
    expect(notes(open)).toMatch(/WARNING: without pools\.budget each pod opens up to pools\.max \(10\)/)
    expect(notes(open)).toMatch(/WARNING: auth\.mode is none and there is no NetworkPolicy/)
  })
})

describe('a sidecar of a chart that has this one as a dependency', () => {
  const values = {
    postern: {
      databases: {
        shop: {
          config: { ...config, pools: { budget: { ...config.pools.budget, instances: 4 } } },
          secret: 'shop-database',
        },
      },
    },
  }

  test('is the first of the init containers, stays on loopback, and fits the gateway', (context) => {
    const objects = render(context, values, parent({ 'deployment.yaml': service }))
    expect(kindsOf(objects)).toEqual(['ConfigMap', 'Deployment'])
    expect([valueFaults(objects), fieldFaults(objects)]).toEqual([[], []])
    const mine = configured(objects)
    expect(sidecarFaults(objects, mine)).toEqual([])
    const selectors = /^the selector of the Deployment/
    expect(posternFaults(objects, mine).filter((fault) => !selectors.test(fault))).toEqual([])
    expect(podSecurityFaults(partsOf(objects).pod)).toEqual([])
    expect(partsOf(objects).labels).toMatchObject({ 'postern.dev/database': 'shop' })
  })

  test('of a database that is not there, or has none, is refused', (context) => {
    const of = (database: string) =>
      parent({ 'deployment.yaml': service.replaceAll('"shop"', `"${database}"`) })
    expect(refusal(context, values, of('shipping'))).toContain(
      'there is no databases.shipping; there are: shop',
    )
    const none = { postern: { databases: { shop: { sidecar: { enabled: false } } } } }
    expect(refusal(context, none, of('shop'))).toContain('sidecar.enabled is false')
  })

  test('takes what the values say of sidecars', (context) => {
    const resources = { limits: { memory: '512Mi' } }
    const more = { postern: { ...values.postern, sidecar: { resources } } }
    const { postern } = partsOf(render(context, more, parent({ 'deployment.yaml': service })))
    expect(postern.resources).toMatchObject(resources)
  })
})

test.for<[what: string, values: Values, why: RegExp]>([
  [
    'a gateway that does not say who may call',
    { databases: { shop: { config, gateway: { enabled: true } } } },
    /databases\.shop\.gateway: other pods reach it, so its configuration has to say who may call/,
  ],
  [
    'a misspelt key of the configuration',
    { databases: { shop: { config: { pools: { maxx: 3 } } } } },
    /\/databases\/shop\/config\/pools.*'maxx'/,
  ],
  [
    'a value of the configuration that is none',
    { databases: { shop: { config: { deadlines: { default: '2 parsecs' } } } } },
    /\/databases\/shop\/config\/deadlines\/default/,
  ],
  ['a misspelt key', { image: { tga: '1' } }, /\/image.*'tga'/],
  ['a wrong type', { gateway: { replicas: 'two' } }, /\/gateway\/replicas.*want integer/],
  ['a name that Kubernetes does not take', { databases: { Shop: {} } }, /'Shop' does not match/],
  [
    'a name that gets too long',
    { fullnameOverride: 'a'.repeat(40), databases: { ['b'.repeat(30)]: {} } },
    /has 71 characters, 63 are the most/,
  ],
  [
    'an alert that is not there',
    { prometheusRule: { enabled: true, disabled: ['PosternTypo'] } },
    /there is no alert PosternTypo; there are PosternDatabaseUnreachable/,
  ],
  ['a password', { databases: { shop: { password: 'x' } } }, /additional properties 'password' not allowed/],
])('%s is refused', ([, values, why], context) => {
  expect(refusal(context, values)).toMatch(why)
})
