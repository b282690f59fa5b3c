/** The manifests, rendered as users render them, against Kubernetes, Pod Security and the gateway's own configuration. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { IContainer } from 'kubernetes-models/v1/Container'
import { afterAll, describe, expect, test, type TestContext } from 'vitest'
import { loadConfig } from '#config/load.ts'
import type { Config } from '#config/schema.ts'
import { findKubectl, type KubernetesObject } from '../support/kubernetes-tools.ts'
import { podSecurityFaults } from './pod-security.ts'
import { configOf, ofKind, partsOf, posternFaults, sidecarFaults } from './postern-pod.ts'
import { fieldFaults, valueFaults } from './schemas.ts'

const root = join(import.meta.dirname, '../..')
const kubectl = findKubectl()
afterAll(() => ('missing' in kubectl ? undefined : kubectl.close()))

const rendered = new Map<string, readonly KubernetesObject[]>()

/** A copy of its own of the rendered kustomization; skips the test, with the reason, where nothing can render. */
function render({ skip }: TestContext, name: string): KubernetesObject[] {
  if ('missing' in kubectl) return skip(kubectl.missing)
  const objects = rendered.get(name) ?? kubectl.kustomize(join(root, 'manifests', name))
  rendered.set(name, objects)
  return structuredClone(objects) as KubernetesObject[]
}

function configured(objects: readonly KubernetesObject[]): Config {
  const loaded = configOf(objects)
  if ('faults' in loaded) throw new Error(JSON.stringify(loaded.faults))
  return loaded.config
}

const kustomizations = readdirSync(join(root, 'manifests'))

test('the two kustomizations are there', () => {
  expect(kustomizations.toSorted()).toEqual(['example', 'standalone'])
})

describe.each(kustomizations)('manifests/%s', (name) => {
  test('renders a namespace, a deployment, its files, and what guards them', (context) => {
    const kinds = render(context, name).map((object) => object.kind)
    expect(kinds.toSorted()).toEqual(
      'ConfigMap Deployment Namespace NetworkPolicy PodDisruptionBudget Secret Service'.split(' '),
    )
  })

  test('keeps the schemas of Kubernetes, and has no field they do not know', (context) => {
    const objects = render(context, name)
    expect(valueFaults(objects)).toEqual([])
    expect(fieldFaults(objects)).toEqual([])
  })

  test('puts every object into the namespace it makes, which enforces the restricted standard', (context) => {
    const objects = render(context, name)
    const namespace = objects.find((object) => object.kind === 'Namespace') as KubernetesObject
    const others = objects.filter((object) => object !== namespace)
    expect(new Set(others.map((object) => object.metadata.namespace))).toEqual(
      new Set([namespace.metadata.name]),
    )
    expect(namespace).toHaveProperty(
      ['metadata', 'labels', 'pod-security.kubernetes.io/enforce'],
      'restricted',
    )
  })

  test('passes the restricted Pod Security Standard', (context) => {
    expect(podSecurityFaults(partsOf(render(context, name)).pod)).toEqual([])
  })

  test('has a configuration that the gateway accepts, with the default ports', (context) => {
    const { config } = configOf(render(context, name)) as { config: Config }
    const defaults = loadConfig({ argv: ['--database.host=db'], env: {} }) as { config: Config }
    const ports = ({ listeners: l }: Config) => [l.data.port, l.observe.port, l.admin.port]
    expect(ports(config)).toEqual([6420, 6421, 6422])
    expect(ports(config)).toEqual(ports(defaults.config))
  })

  test('keeps credentials in the Secret alone', (context) => {
    const objects = render(context, name)
    const { database } = configured(objects)
    const [secret] = ofKind(objects, 'Secret')
    const values = Object.values(secret?.data ?? {}).map((text) => Buffer.from(text, 'base64').toString())
    expect(new Set(values)).toEqual(new Set([database.password, database.user]))
    const elsewhere = JSON.stringify(objects.filter((object) => object.kind !== 'Secret'))
    for (const value of values) expect(elsewhere).not.toContain(value)
  })

  test('has probes, ports, mounts, grace period, budget and selectors that fit the gateway', (context) => {
    const objects = render(context, name)
    expect(posternFaults(objects, configured(objects))).toEqual([])
  })

  test('runs this version of Postern', (context) => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    expect(partsOf(render(context, name)).postern.image).toBe(`ghcr.io/postern/postern:${version}`)
  })

  test('runs as the user of the image', (context) => {
    const [, user, group] = /^USER (\d+):(\d+)$/m.exec(readFileSync(join(root, 'Dockerfile'), 'utf8')) ?? []
    const { runAsUser, runAsGroup } = partsOf(render(context, name)).postern.securityContext ?? {}
    expect([runAsUser, runAsGroup].map(String)).toEqual([user, group])
  })

  test('rolls the pods when the configuration changes: its ConfigMap is named by its content', (context) => {
    expect(ofKind(render(context, name), 'ConfigMap')[0]?.metadata?.name).toMatch(
      /^shop-postern-[a-z0-9]{10}$/,
    )
  })
})

test('the example runs Postern as a native sidecar that only its pod can call', (context) => {
  const objects = render(context, 'example')
  expect(sidecarFaults(objects, configured(objects))).toEqual([])
})

test('the example leaves the service 20 seconds of the grace period', (context) => {
  const objects = render(context, 'example')
  const { lifecycle } = configured(objects)
  const grace = partsOf(objects).pod.terminationGracePeriodSeconds as number
  expect(grace * 1000 - lifecycle.drainDelay - lifecycle.drainTimeout - 6000).toBeGreaterThanOrEqual(20_000)
})

test('the standalone gateway says that it trusts every caller, and lets in only labelled pods', (context) => {
  const objects = render(context, 'standalone')
  const { auth, listeners } = configured(objects)
  expect(auth.mode).toBe('none')
  const rules = ofKind(objects, 'NetworkPolicy')[0]?.spec?.ingress ?? []
  const callers = rules.filter((rule) => rule.ports?.some(({ port }) => port === listeners.data.port))
  expect(callers.flatMap((rule) => rule.from ?? [])).toEqual([
    { namespaceSelector: expect.anything(), podSelector: { matchLabels: expect.anything() } },
  ])
})

/** Ways to break the example, and the complaint that each must cause: a check that finds nothing proves nothing. */
const mutations: readonly [
  what: string,
  mutate: (parts: ReturnType<typeof partsOf>, objects: KubernetesObject[]) => void,
  complaint: RegExp,
][] = [
  [
    'no runAsNonRoot',
    ({ pod, postern }) => {
      delete pod.securityContext?.runAsNonRoot
      delete postern.securityContext?.runAsNonRoot
    },
    /^Running as Non-root: container postern$/,
  ],
  ['root', ({ pod }) => set(pod, 'securityContext.runAsUser', 0), /^Running as Non-root user: the pod$/],
  [
    'a kept capability',
    ({ postern }) => set(postern, 'securityContext.capabilities', { drop: ['NET_RAW'] }),
    /^Capabilities: container postern$/,
  ],
  [
    'an added capability',
    ({ postern }) => set(postern, 'securityContext.capabilities.add', ['SYS_ADMIN']),
    /^Capabilities: container postern$/,
  ],
  [
    'privilege escalation',
    ({ pod }) => delete pod.containers[0]?.securityContext?.allowPrivilegeEscalation,
    /^Privilege Escalation: container shop-service$/,
  ],
  [
    'no seccomp profile',
    ({ pod, postern }) => {
      delete pod.securityContext?.seccompProfile
      delete postern.securityContext?.seccompProfile
    },
    /^Seccomp: container postern$/,
  ],
  [
    'a privileged container',
    ({ postern }) => set(postern, 'securityContext.privileged', true),
    /^Privileged Containers: /,
  ],
  ['the network of the host', ({ pod }) => set(pod, 'hostNetwork', true), /^Host Namespaces: the pod$/],
  [
    'a port of the host',
    ({ postern }) => set(postern, 'ports.0.hostPort', 6421),
    /^Host Ports: container postern$/,
  ],
  [
    'a probe of another host',
    ({ postern }) => set(postern, 'livenessProbe.httpGet.host', '10.0.0.1'),
    /^Host Probes/,
  ],
  [
    'a folder of the host',
    ({ pod }) => pod.volumes?.push({ name: 'host', hostPath: { path: '/' } }),
    /^Volume Types: volume host$/,
  ],
  [
    'an unsafe sysctl',
    ({ pod }) => set(pod, 'securityContext.sysctls', [{ name: 'kernel.msgmax', value: '65536' }]),
    /^Sysctls: the pod$/,
  ],
  [
    'an SELinux user',
    ({ pod }) => set(pod, 'securityContext.seLinuxOptions', { user: 'root' }),
    /^SELinux: the pod$/,
  ],
  [
    'AppArmor turned off',
    ({ postern }) => set(postern, 'securityContext.appArmorProfile', { type: 'Unconfined' }),
    /^AppArmor: container postern$/,
  ],
  [
    'an unmasked /proc',
    ({ postern }) => set(postern, 'securityContext.procMount', 'Unmasked'),
    /^\/proc Mount Type: /,
  ],
  [
    'a container of the Windows host',
    ({ pod }) => set(pod, 'securityContext.windowsOptions', { hostProcess: true }),
    /^HostProcess: the pod$/,
  ],
  [
    'a sidecar behind another init container',
    ({ pod }) => pod.initContainers?.unshift({ name: 'migrate', image: 'migrate' }),
    /^postern is not the first/,
  ],
  [
    'an ordinary init container',
    ({ postern }) => delete postern.restartPolicy,
    /^the first of initContainers is no sidecar/,
  ],
  [
    'a missing probe',
    ({ postern }) => delete postern.readinessProbe,
    /^readinessProbe must be GET \/readyz on 6421/,
  ],
  [
    'a probe of the API',
    ({ postern }) => set(postern, 'livenessProbe.httpGet.port', 6420),
    /^livenessProbe must be GET \/livez on 6421/,
  ],
  [
    'a probe by the name of its port',
    ({ postern }) => set(postern, 'startupProbe.httpGet.port', 'postern-observe'),
    /^startupProbe must be/,
  ],
  [
    'an impatient start',
    ({ postern }) => set(postern, 'startupProbe.failureThreshold', 20),
    /^startupProbe gives up before/,
  ],
  [
    'a mount by subPath',
    ({ postern }) => set(postern, 'volumeMounts.0.subPath', 'postern.yaml'),
    /is mounted by subPath/,
  ],
  ['a mount of nothing', ({ pod }) => pod.volumes?.pop(), /^postern: no volume postern-secret$/],
  [
    'a schema kept where nothing can be written',
    ({ pod }) => set(pod, 'volumes.0', { name: 'postern-state', configMap: { name: 'shop-postern' } }),
    /does not lie on an emptyDir/,
  ],
  [
    'a short grace period',
    ({ pod }) => set(pod, 'terminationGracePeriodSeconds', 20),
    /the gateway needs 21000 ms/,
  ],
  ['more replicas', ({ deployment }) => set(deployment, 'spec.replicas', 5), /at most 6 pods run at once/],
  [
    'an open admin port',
    ({ postern }) => postern.ports?.push({ containerPort: 6422 }),
    /^the admin port is declared/,
  ],
  [
    'a service that calls another port',
    ({ pod }) => set(pod, 'containers.0.env.0.value', 'http://localhost:6421'),
    /the API is on 6420/,
  ],
  [
    'a Service that leads nowhere',
    (_, objects) => set(ofKind(objects, 'Service')[0], 'spec.ports.0.targetPort', 8081),
    /leads to 8081/,
  ],
  [
    'a budget for all pods of the namespace',
    (_, objects) => set(ofKind(objects, 'PodDisruptionBudget')[0], 'spec.selector', {}),
    /^the selector of the PodDisruptionBudget/,
  ],
]

/** Sets what stands at a dotted path. */
function set(target: unknown, path: string, value: unknown): void {
  const steps = path.split('.')
  const last = steps.pop() as string
  let at = target as Record<string, unknown>
  for (const step of steps) at = at[step] as Record<string, unknown>
  at[last] = value
}

test.for(mutations)('the checks find %s', ([, mutate, complaint], context) => {
  const objects = render(context, 'example')
  const config = configured(objects)
  const parts = partsOf(objects)
  mutate(parts, objects)
  const faults = [
    ...podSecurityFaults(parts.pod),
    ...posternFaults(objects, config),
    ...sidecarFaults(objects, config),
  ]
  expect(faults).toContainEqual(expect.stringMatching(complaint))
})

test('the schemas find a wrong type and a missing field, the types an unknown field', (context) => {
  const objects = render(context, 'example')
  const { deployment, postern, pod } = partsOf(objects)
  set(deployment, 'spec.replicas', 'three')
  delete (pod.containers[0] as Partial<IContainer>).name
  set(postern, 'readinessprobe', postern.readinessProbe)
  expect(valueFaults(objects)).toEqual([expect.stringMatching(/^Deployment shop-service: .*replicas/s)])
  expect(fieldFaults(objects).join('\n')).toMatch(
    /^Deployment shop-service: .*"readinessprobe"' does not exist/m,
  )
})

test('the configuration check finds a misspelt key and a missing key of the Secret', (context) => {
  const objects = render(context, 'example')
  const [map] = ofKind(objects, 'ConfigMap')
  const [secret] = ofKind(objects, 'Secret')
  set(map, 'data', { 'postern.yaml': map?.data?.['postern.yaml']?.replace('drainTimeout', 'drainTimeuot') })
  delete secret?.data?.['password']
  expect(configOf(objects)).toMatchObject({
    faults: [
      expect.objectContaining({ key: 'database.password', message: expect.stringMatching(/does not exist/) }),
      expect.objectContaining({
        key: 'lifecycle.drainTimeuot',
        message: expect.stringMatching(/drainTimeout/),
      }),
    ],
  })
})
