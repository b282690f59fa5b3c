/** Fits a tree of values to the keys there are: unknown keys out, references filled in, texts given their type. */
import type { Environment } from './environment.ts'
import type { ConfigFault } from './fault.ts'
import { pathInWords } from './fault.ts'
import type { Files } from './files.ts'
import { nearest } from '#base/nearest.ts'
import type { MapNode, Node, ScalarNode } from './node.ts'
import { resolveReferences } from './references.ts'
import type { Shape } from './shape.ts'
import { child, namedKeys } from './shape.ts'
import { nodeOfText, typed } from './text.ts'

/** What was found wrong; nothing else needs to be said about the `spoilt` keys. */
export interface Fitted {
  readonly root: MapNode
  readonly faults: readonly ConfigFault[]
  /** Keys in words (`pools.max`) whose value could not be made out. */
  readonly spoilt: ReadonlySet<string>
}

/** @param shape the whole shape, an object at its top */
export function fit(root: MapNode, shape: Shape, world: { env: Environment; files: Files }): Fitted {
  const faults: ConfigFault[] = []
  const spoilt = new Set<string>()
  const everyName = namedKeys(shape).map((key) => key.name)

  const spoil = (path: readonly PropertyKey[], message: string, node: Node) => {
    const key = pathInWords(path)
    faults.push({ key, message, origin: node.origin })
    spoilt.add(key)
  }

  /** `literal`: what a reference gave is data: typed and checked, but not searched for references again. */
  const fitNode = (node: Node, at: Shape, path: readonly PropertyKey[], literal: boolean): Node => {
    switch (node.kind) {
      case 'map':
        return fitMap(node, at, path, literal)
      case 'list':
        if (at.kind !== 'list') return node
        return { ...node, items: node.items.map((item, i) => fitNode(item, at.item, [...path, i], literal)) }
      case 'scalar':
        return fitScalar(node, at, path, literal)
      default:
        return node satisfies never
    }
  }

  const fitMap = (node: MapNode, at: Shape, path: readonly PropertyKey[], literal: boolean): MapNode => {
    const entries = new Map<string, Node>()
    for (const [step, inner] of node.entries) {
      const below = child(at, step)
      if (below) entries.set(step, fitNode(inner, below, [...path, step], literal))
      else if (at.kind === 'object')
        faults.push({
          key: pathInWords([...path, step]),
          message: unknownKey(step, path, [...at.keys.keys()], everyName),
          origin: inner.origin,
        })
      // Keys where no keys are expected stay, for the schema to refuse the whole.
      else entries.set(step, inner)
    }
    return { ...node, entries }
  }

  const fitScalar = (node: ScalarNode, at: Shape, path: readonly PropertyKey[], literal: boolean): Node => {
    const group = at.kind === 'object' || at.kind === 'record'
    if (node.lost) spoilt.add(pathInWords(path))
    // `pools:` with every key below it commented out.
    if (node.value === null && group) return { kind: 'map', origin: node.origin, entries: new Map() }
    if (typeof node.value !== 'string') return node
    const resolved = literal ? { text: node.value, referred: true } : resolveReferences(node.value, world)
    if ('messages' in resolved) {
      for (const message of resolved.messages) spoil(path, message, node)
      return node
    }
    const { text, referred } = resolved
    const filled: ScalarNode = { ...node, value: text, ...(referred ? { hidden: true } : {}) }
    if (!referred && !node.untyped) return filled
    if (!group && at.kind !== 'list') return { ...filled, value: typed(text, at.kind) }
    const read = nodeOfText(text, at, node.origin)
    if ('node' in read && read.node.kind !== 'scalar') return fitNode(read.node, at, path, true)
    spoil(path, 'message' in read ? read.message : 'a reference cannot lead to another reference', node)
    return node
  }

  return { root: fitMap(root, shape, [], false), faults, spoilt }
}

/** Says what may have been meant: a neighbour, the same name elsewhere, or any of the neighbours. */
function unknownKey(
  step: string,
  path: readonly PropertyKey[],
  siblings: readonly string[],
  everyName: readonly string[],
): string {
  const before = path.length > 0 ? `${pathInWords(path)}.` : ''
  const sibling = nearest(step, siblings)
  const elsewhere = everyName.filter((name) => name.endsWith(`.${step}`))
  const meant = sibling ? before + sibling : elsewhere.length === 1 ? elsewhere[0] : undefined
  return meant
    ? `unknown key, did you mean ${meant}?`
    : `unknown key; ${before ? `${pathInWords(path)} has` : 'there are'} ${siblings.join(', ')}`
}
