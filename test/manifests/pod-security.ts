/** The restricted Pod Security Standard as a table (kubernetes.io/docs/concepts/security/pod-security-standards). */
import type { IContainer } from 'kubernetes-models/v1/Container'
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec'
import type { IVolume } from 'kubernetes-models/v1/Volume'

interface Control {
  readonly name: string
  /** Whether the pod as a whole breaks it. */
  readonly pod?: (pod: IPodSpec) => boolean
  /** Whether one container (init and ephemeral ones included) breaks it. */
  readonly container?: (container: IContainer, pod: IPodSpec) => boolean
  readonly volume?: (volume: IVolume) => boolean
}

const safeSysctls = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
])
const volumeTypes = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
])
const selinuxTypes = new Set(['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'])

type Contexts = Pick<NonNullable<IContainer['securityContext']>, 'seLinuxOptions' | 'appArmorProfile'>
const breaksSelinux = ({ seLinuxOptions: o }: Contexts = {}) =>
  o !== undefined && (!selinuxTypes.has(o.type ?? '') || Boolean(o.user) || Boolean(o.role))
const breaksAppArmor = ({ appArmorProfile: profile }: Contexts = {}) =>
  profile !== undefined && !['RuntimeDefault', 'Localhost'].includes(profile.type)

const confined = (profile: { readonly type?: string } | undefined) =>
  ['RuntimeDefault', 'Localhost'].includes(profile?.type ?? '')

const hostsOf = ({ livenessProbe, readinessProbe, startupProbe, lifecycle }: IContainer) =>
  [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop]
    .flatMap((handler) => [handler?.httpGet?.host, handler?.tcpSocket?.host])
    .filter(Boolean)

/** Baseline first, then what restricted adds or makes stricter. */
const controls: readonly Control[] = [
  {
    name: 'HostProcess',
    pod: (p) => p.securityContext?.windowsOptions?.hostProcess === true,
    container: (c) => c.securityContext?.windowsOptions?.hostProcess === true,
  },
  { name: 'Host Namespaces', pod: (p) => [p.hostNetwork, p.hostPID, p.hostIPC].includes(true) },
  { name: 'Privileged Containers', container: (c) => c.securityContext?.privileged === true },
  { name: 'Host Ports', container: (c) => (c.ports ?? []).some((port) => Boolean(port.hostPort)) },
  { name: 'Host Probes / Lifecycle Hooks', container: (c) => hostsOf(c).length > 0 },
  {
    name: 'AppArmor',
    pod: (p) => breaksAppArmor(p.securityContext),
    container: (c) => breaksAppArmor(c.securityContext),
  },
  {
    name: 'SELinux',
    pod: (p) => breaksSelinux(p.securityContext),
    container: (c) => breaksSelinux(c.securityContext),
  },
  {
    name: '/proc Mount Type',
    container: (c) => (c.securityContext?.procMount ?? 'Default') !== 'Default',
  },
  {
    name: 'Sysctls',
    pod: (p) => (p.securityContext?.sysctls ?? []).some(({ name }) => !safeSysctls.has(name)),
  },
  {
    name: 'Volume Types',
    volume: (v) => Object.keys(v).some((key) => key !== 'name' && !volumeTypes.has(key)),
  },
  {
    name: 'Privilege Escalation',
    container: (c) => c.securityContext?.allowPrivilegeEscalation !== false,
  },
  {
    name: 'Running as Non-root',
    container: (c, p) => (c.securityContext?.runAsNonRoot ?? p.securityContext?.runAsNonRoot) !== true,
  },
  {
    name: 'Running as Non-root user',
    pod: (p) => p.securityContext?.runAsUser === 0,
    container: (c) => c.securityContext?.runAsUser === 0,
  },
  {
    name: 'Seccomp',
    container: (c, p) => !confined(c.securityContext?.seccompProfile ?? p.securityContext?.seccompProfile),
  },
  {
    name: 'Capabilities',
    container: ({ securityContext }) =>
      !securityContext?.capabilities?.drop?.includes('ALL') ||
      (securityContext.capabilities.add ?? []).some((added) => added !== 'NET_BIND_SERVICE'),
  },
]

/** Every control that the pod breaks, with the container or volume that does. */
export function podSecurityFaults(pod: IPodSpec): string[] {
  const containers = [
    ...(pod.initContainers ?? []),
    ...pod.containers,
    ...((pod.ephemeralContainers ?? []) as IContainer[]),
  ]
  return controls.flatMap(({ name, pod: ofPod, container, volume }) => [
    ...(ofPod?.(pod) ? [`${name}: the pod`] : []),
    ...containers.filter((c) => container?.(c, pod)).map((c) => `${name}: container ${c.name}`),
    ...(pod.volumes ?? []).filter((v) => volume?.(v)).map((v) => `${name}: volume ${v.name}`),
  ])
}
