/** Environment variables → located values by the one naming rule. */
import type { ConfigFault } from './fault.ts'
import { nearest } from '#base/nearest.ts'
import type { MapNode } from './node.ts'
import { emptyMap, merge, nested } from './node.ts'
import type { NamedKey } from './shape.ts'
import { nodeOfText } from './text.ts'

const prefix = 'POSTERN_'

export type Environment = Readonly<Record<string, string | undefined>>

/** Variables that begin like ours and are not keys: the places of the files, the revision of the build, and what belongs to tests and examples. */
const reserved = /^POSTERN_(CONFIG|CONFIG_DIR|REVISION|URL|TEST_.*)$/

/**
 * Whether Kubernetes made the variable, for a Service called `postern` or `postern-…`
 * (kubernetes.io/docs/concepts/services-networking/service, "Environment variables").
 * `…_PORT` alone may be a mistyped key of ours, so there the value decides: Kubernetes writes `tcp://10.0.0.1:6421`.
 */
function isServiceVariable(name: string, value: string): boolean {
  if (/_SERVICE_HOST$|_SERVICE_PORT(_\w+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name))
    return true
  return name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value)
}

/**
 * Collects the variables that are keys. One that begins with `POSTERN_` and is none is a fault with the nearest name.
 * A Service called `postern-database` makes `POSTERN_DATABASE_PORT=tcp://…`, which is no port of the database: it is
 * passed over when its `POSTERN_DATABASE_SERVICE_HOST` stands beside it.
 */
export function readEnvironment(
  env: Environment,
  keys: readonly NamedKey[],
): { root: MapNode; faults: ConfigFault[] } {
  const byVariable = new Map(keys.map((key) => [key.variable, key]))
  const faults: ConfigFault[] = []
  const found: { key: NamedKey; value: string }[] = []
  const names = [...byVariable.keys(), 'POSTERN_CONFIG', 'POSTERN_CONFIG_DIR'].map((name) =>
    name.slice(prefix.length),
  )
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(prefix) || value === undefined || reserved.test(name)) continue
    const key = byVariable.get(name)
    const ofService = isServiceVariable(name, value)
    if (key) {
      if (!(ofService && name.replace(/_PORT$/, '_SERVICE_HOST') in env)) found.push({ key, value })
    } else if (!ofService) {
      // Without the prefix, which all names share and which would make them all look alike.
      const meant = nearest(name.slice(prefix.length), names)
      faults.push({
        key: name,
        message: `unknown variable${meant ? `, did you mean ${prefix}${meant}?` : '; docs/config.md lists all'}`,
        origin: 'environment',
      })
    }
  }
  // A whole group given as JSON goes below its single keys, whatever order the environment has.
  found.sort((a, b) => a.key.path.length - b.key.path.length)
  let root: MapNode = emptyMap
  for (const { key, value } of found) {
    const origin = `environment ${key.variable}`
    const read = nodeOfText(value, key.shape, origin)
    if ('node' in read) root = merge(root, nested(key.path, read.node))
    else faults.push({ key: key.name, message: read.message, origin })
  }
  return { root, faults }
}
