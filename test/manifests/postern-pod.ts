/** What Postern asks of a pod: its parts found in the rendered objects, and the rules they must keep. */
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment'
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy'
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget'
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap'
import type { IContainer } from 'kubernetes-models/v1/Container'
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec'
import type { ISecret } from 'kubernetes-models/v1/Secret'
import type { IService } from 'kubernetes-models/v1/Service'
import type { ConfigFault } from '#config/fault.ts'
import type { Files } from '#config/files.ts'
import { loadConfig } from '#config/load.ts'
import type { Config } from '#config/schema.ts'
import { effectiveMax, isFixed, shareOf } from '#pool/budget.ts'
import type { KubernetesObject } from '../support/kubernetes-tools.ts'

interface Kinds {
  readonly ConfigMap: IConfigMap
  readonly Deployment: IDeployment
  readonly NetworkPolicy: INetworkPolicy
  readonly PodDisruptionBudget: IPodDisruptionBudget
  readonly Secret: ISecret
  readonly Service: IService
}

export const ofKind = <K extends keyof Kinds>(objects: readonly KubernetesObject[], kind: K): Kinds[K][] =>
  objects.filter((object) => object.kind === kind) as unknown as Kinds[K][]

/** The only Deployment there is, taken apart. */
export function partsOf(objects: readonly KubernetesObject[]) {
  const deployment = ofKind(objects, 'Deployment')[0] as IDeployment
  const template = deployment.spec?.template
  const pod = template?.spec as IPodSpec
  const containers = [...(pod.initContainers ?? []), ...pod.containers]
  const postern = containers.find((c) => c.name === 'postern') as IContainer
  return { deployment, pod, containers, postern, labels: template?.metadata?.labels ?? {} }
}

/** The files a container sees: those of its ConfigMaps and Secrets, with the machinery of their mounts. */
function mountedFiles(objects: readonly KubernetesObject[], pod: IPodSpec, container: IContainer): Files {
  const contents = new Map<string, string>()
  for (const { name, mountPath } of container.volumeMounts ?? []) {
    const volume = pod.volumes?.find((v) => v.name === name)
    const map = ofKind(objects, 'ConfigMap').find((o) => o.metadata?.name === volume?.configMap?.name)
    const secret = ofKind(objects, 'Secret').find((o) => o.metadata?.name === volume?.secret?.secretName)
    for (const [file, text] of Object.entries(map?.data ?? {})) contents.set(`${mountPath}/${file}`, text)
    for (const [file, text] of Object.entries(secret?.data ?? {}))
      contents.set(`${mountPath}/${file}`, Buffer.from(text, 'base64').toString())
  }
  const missing = () => Object.assign(new Error('no such file'), { code: 'ENOENT' })
  return {
    read: (path) => {
      const text = contents.get(path)
      if (text === undefined) throw missing()
      return text
    },
    list: (folder) => {
      const inside = [...contents.keys()].filter((path) => path.startsWith(`${folder}/`))
      if (inside.length === 0) throw missing()
      return ['..data', '..2026_11_23_14_05_09.1', ...inside.map((path) => path.slice(folder.length + 1))]
    },
  }
}

/** What the gateway itself makes of its arguments, environment and mounted files. */
export function configOf(
  objects: readonly KubernetesObject[],
): { readonly config: Config } | { readonly faults: readonly ConfigFault[] } {
  const { pod, postern } = partsOf(objects)
  const [command, ...argv] = postern.args ?? []
  if (command !== 'serve')
    return { faults: [{ key: 'args', message: `begins with ${command}, not serve`, origin: '' }] }
  const env = Object.fromEntries((postern.env ?? []).map(({ name, value }) => [name, value ?? '']))
  return loadConfig({ argv, env, files: mountedFiles(objects, pod, postern) })
}

/** Milliseconds: to answer what was cancelled after drainTimeout, and to stop every part. */
const afterDrain = 1000 + 5000

const probes = { startupProbe: '/startupz', livenessProbe: '/livez', readinessProbe: '/readyz' } as const

function probeFaults(postern: IContainer, { listeners, lifecycle }: Config): string[] {
  const faults = Object.entries(probes).flatMap(([name, path]) => {
    const get = postern[name as keyof typeof probes]?.httpGet
    if (get?.path === path && get.port === listeners.observe.port) return []
    return [`${name} must be GET ${path} on ${listeners.observe.port}, is ${JSON.stringify(get)}`]
  })
  const { periodSeconds = 10, failureThreshold = 3 } = postern.startupProbe ?? {}
  if (periodSeconds * failureThreshold * 1000 <= lifecycle.startDeadline)
    faults.push(`startupProbe gives up before lifecycle.startDeadline (${lifecycle.startDeadline} ms)`)
  return faults
}

function mountFaults({ pod, containers }: ReturnType<typeof partsOf>): string[] {
  return containers.flatMap((container) =>
    (container.volumeMounts ?? []).flatMap((mount) => [
      ...(mount.subPath === undefined && mount.subPathExpr === undefined
        ? []
        : [`${container.name}: ${mount.mountPath} is mounted by subPath, which is never updated`]),
      ...(pod.volumes?.some((v) => v.name === mount.name)
        ? []
        : [`${container.name}: no volume ${mount.name}`]),
    ]),
  )
}

/** The schema is kept where the gateway may write, and where it is not for good: another pod may serve another release. */
function snapshotFaults({ pod, postern }: ReturnType<typeof partsOf>, { schema }: Config): string[] {
  const { snapshot } = schema
  if (snapshot === undefined) return ['schema.snapshot is missing']
  const mount = (postern.volumeMounts ?? []).find(
    (m) => snapshot.startsWith(`${m.mountPath}/`) && m.readOnly !== true,
  )
  const volume = pod.volumes?.find((v) => v.name === mount?.name)
  return volume?.emptyDir === undefined ? [`${snapshot} does not lie on an emptyDir`] : []
}

function portFaults(objects: readonly KubernetesObject[], { listeners }: Config): string[] {
  const { postern, containers } = partsOf(objects)
  const faults: string[] = []
  const declared = (postern.ports ?? []).map((port) => port.containerPort)
  if (!declared.includes(listeners.observe.port))
    faults.push('the port of probes and metrics is not declared')
  if (declared.includes(listeners.admin.port))
    faults.push('the admin port is declared, and must stay on loopback')
  for (const { env, name } of containers) {
    const url = env?.find((variable) => variable.name === 'POSTERN_URL')?.value
    if (url !== undefined && new URL(url).port !== String(listeners.data.port))
      faults.push(`${name}: POSTERN_URL is ${url}, the API is on ${listeners.data.port}`)
  }
  const open = new Set(containers.flatMap((c) => c.ports ?? []).map((port) => port.containerPort))
  for (const service of ofKind(objects, 'Service'))
    for (const { targetPort } of service.spec?.ports ?? [])
      if (!open.has(targetPort as number))
        faults.push(`the Service leads to ${targetPort}, which nobody declares`)
  for (const policy of ofKind(objects, 'NetworkPolicy')) {
    const allowed = (policy.spec?.ingress ?? []).flatMap((rule) => rule.ports ?? []).map(({ port }) => port)
    for (const port of allowed)
      if (!open.has(port as number)) faults.push(`the NetworkPolicy lets in ${port}, which nobody declares`)
    if (!allowed.includes(listeners.observe.port)) faults.push('the NetworkPolicy keeps Prometheus out')
  }
  return faults
}

function sizeFaults({ deployment, pod }: ReturnType<typeof partsOf>, { lifecycle, pools }: Config): string[] {
  const faults: string[] = []
  const needed = lifecycle.drainDelay + lifecycle.drainTimeout + afterDrain
  const grace = (pod.terminationGracePeriodSeconds ?? 30) * 1000
  if (grace < needed)
    faults.push(`terminationGracePeriodSeconds is ${grace} ms, the gateway needs ${needed} ms`)
  const { budget } = pools
  if (budget === undefined || !isFixed(budget)) return [...faults, 'pools.budget is missing, or no numbers']
  const surge = deployment.spec?.strategy?.rollingUpdate?.maxSurge
  const pods = (deployment.spec?.replicas ?? 1) + Number(surge)
  if (budget.instances !== pods)
    faults.push(`pools.budget.instances is ${budget.instances}, at most ${pods} pods run at once`)
  if (effectiveMax(pools) !== shareOf(budget)) faults.push('pools.max wastes a part of the budget')
  if (budget.reserved < budget.instances)
    faults.push('pools.budget.reserved has no room for one listening session of each gateway')
  return faults
}

function selectorFaults(objects: readonly KubernetesObject[]): string[] {
  const { deployment, labels } = partsOf(objects)
  const text = JSON.stringify(labels)
  const selectors: [string, unknown][] = [
    ['Deployment', deployment.spec?.selector.matchLabels],
    ...ofKind(objects, 'Service').map((o): [string, unknown] => ['Service', o.spec?.selector]),
    ...ofKind(objects, 'PodDisruptionBudget').map((o): [string, unknown] => [
      'PodDisruptionBudget',
      o.spec?.selector?.matchLabels,
    ]),
    ...ofKind(objects, 'NetworkPolicy').map((o): [string, unknown] => [
      'NetworkPolicy',
      o.spec?.podSelector?.matchLabels,
    ]),
  ]
  return selectors
    .filter(([, labelsOf]) => JSON.stringify(labelsOf) !== text)
    .map(([kind]) => `the selector of the ${kind} does not fit the labels of the pods`)
}

/** Everything that is not as Postern needs it; the configuration is valid. */
export function posternFaults(objects: readonly KubernetesObject[], config: Config): string[] {
  const parts = partsOf(objects)
  return [
    ...probeFaults(parts.postern, config),
    ...mountFaults(parts),
    ...snapshotFaults(parts, config),
    ...portFaults(objects, config),
    ...sizeFaults(parts, config),
    ...selectorFaults(objects),
  ]
}

/** What a native sidecar needs besides: its place, its kind, and that only its own pod can call it. */
export function sidecarFaults(objects: readonly KubernetesObject[], config: Config): string[] {
  const [first] = partsOf(objects).pod.initContainers ?? []
  return [
    ...(first?.name === 'postern' ? [] : ['postern is not the first of initContainers']),
    ...(first?.restartPolicy === 'Always'
      ? []
      : ['the first of initContainers is no sidecar (restartPolicy)']),
    ...(config.listeners.data.host === '127.0.0.1' ? [] : ['the API of a sidecar must be on loopback']),
  ]
}
