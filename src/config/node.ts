/** Values that remember where they were written, so that every fault can say so. */

/** Where something was written: `config.yaml:12`, `environment POSTERN_POOLS_MAX`, `flag --pools.max`. */
export type Origin = string

export interface ScalarNode {
  readonly kind: 'scalar'
  readonly origin: Origin
  readonly value: string | number | boolean | null
  /** A text from the environment or a flag, still to be turned into what its key wants. */
  readonly untyped?: true
  /** Came through a reference, so it may be a secret and is never shown. */
  readonly hidden?: true
  /** What stood here could not be made out, which has been said. */
  readonly lost?: true
}
export interface ListNode {
  readonly kind: 'list'
  readonly origin: Origin
  readonly items: readonly Node[]
}
export interface MapNode {
  readonly kind: 'map'
  readonly origin: Origin
  readonly entries: ReadonlyMap<string, Node>
}
export type Node = ScalarNode | ListNode | MapNode

export const emptyMap: MapNode = { kind: 'map', origin: '', entries: new Map() }

/** A map that holds one node at a path. */
export function nested(path: readonly string[], leaf: Node): MapNode {
  const node = path.reduceRight<Node>(
    (inner, step) => ({ kind: 'map', origin: leaf.origin, entries: new Map([[step, inner]]) }),
    leaf,
  )
  return node.kind === 'map' ? node : emptyMap
}

/**
 * `over` laid on `under`: maps are merged key by key, anything else is replaced as a whole. Where a map meets
 * something else one of the two is wrong; what is no map stays, so that the schema sees and refuses it.
 */
export function merge(under: MapNode, over: MapNode): MapNode {
  const entries = new Map(under.entries)
  for (const [key, node] of over.entries) {
    const below = entries.get(key)
    if (below && node.kind === 'map') entries.set(key, below.kind === 'map' ? merge(below, node) : below)
    else entries.set(key, node)
  }
  return { kind: 'map', origin: under.origin || over.origin, entries }
}

/** The plain value. Objects have no prototype, so that no key of a user can mean anything to JavaScript. */
export function plain(node: Node): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.value
    case 'list':
      return node.items.map(plain)
    case 'map': {
      const object: Record<string, unknown> = Object.create(null)
      for (const [key, inner] of node.entries) object[key] = plain(inner)
      return object
    }
    default:
      return node satisfies never
  }
}

/** A plain JSON value as a node, all of it of one origin. */
export function nodeOf(value: unknown, origin: Origin): Node {
  if (Array.isArray(value)) return { kind: 'list', origin, items: value.map((item) => nodeOf(item, origin)) }
  if (typeof value === 'object' && value !== null) {
    const entries = new Map(Object.entries(value).map(([key, inner]) => [key, nodeOf(inner, origin)]))
    return { kind: 'map', origin, entries }
  }
  return { kind: 'scalar', origin, value: value as ScalarNode['value'] }
}

/** One step down; undefined when there is nothing. */
export function childNode(node: Node | undefined, step: PropertyKey): Node | undefined {
  if (node?.kind === 'map') return node.entries.get(String(step))
  return node?.kind === 'list' ? node.items[Number(step)] : undefined
}
