/** Texts of the environment, flags and references → what their key wants. */
import type { Node, Origin, ScalarNode } from './node.ts'
import { nodeOf } from './node.ts'
import { isReference } from './references.ts'
import type { ScalarKind, Shape } from './shape.ts'

const isScalar = (shape: Shape): boolean => !['list', 'record', 'object'].includes(shape.kind)

/**
 * A text as a node: lists and groups of keys from JSON, lists of single values from `a,b,c` too; single values stay
 * texts, and get their type after references are resolved. A reference alone may also stand for a whole list.
 */
export function nodeOfText(text: string, shape: Shape, origin: Origin): { node: Node } | { message: string } {
  const scalar: ScalarNode = { kind: 'scalar', origin, value: text, untyped: true }
  if (isScalar(shape) || (shape.kind === 'list' && isReference(text))) return { node: scalar }
  const trimmed = text.trim()
  if (shape.kind === 'list' && isScalar(shape.item) && !trimmed.startsWith('[')) {
    const items = trimmed === '' ? [] : trimmed.split(',')
    return { node: { kind: 'list', origin, items: items.map((item) => ({ ...scalar, value: item.trim() })) } }
  }
  const wanted = shape.kind === 'list' ? 'list' : 'map'
  const node = parseJson(trimmed, origin)
  if (node?.kind === wanted) return { node }
  const example =
    wanted === 'map'
      ? 'a JSON object, {…}'
      : isListOfTexts(shape)
        ? 'a,b,c or a JSON array'
        : 'a JSON array, […]'
  return { message: `expected ${example}` }
}

const isListOfTexts = (shape: Shape): boolean => shape.kind === 'list' && isScalar(shape.item)

/** Undefined for what is no JSON: the parser's own message quotes the text, which may be a secret. */
function parseJson(text: string, origin: Origin): Node | undefined {
  try {
    return nodeOf(JSON.parse(text), origin)
  } catch {
    return undefined
  }
}

/** A text as the value its key wants; the text itself where it is none, for the schema to refuse. */
export function typed(text: string, kind: ScalarKind): string | number | boolean {
  switch (kind) {
    case 'integer':
    case 'number':
      return /^[+-]?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text
    case 'boolean': {
      const word = text.trim()
      return word === 'true' ? true : word === 'false' ? false : text
    }
    case 'text':
    case 'choice':
    case 'duration':
    case 'size':
      return text
    default:
      return kind satisfies never
  }
}
