/** What zod found wrong, in plain words: path, expectation, and the value got unless it may be a secret. */
import type * as z from 'zod'
import type { ConfigFault } from './fault.ts'
import { isSecret, kindInWords, pathInWords, valueInWords } from './fault.ts'
import type { MapNode, Node, Origin } from './node.ts'
import { childNode } from './node.ts'
import type { Shape } from './shape.ts'
import { shapeAt } from './shape.ts'
import { expectation } from './words.ts'

/** Turns one issue into a fault; the value and its place are looked up in the tree that was judged. */
export function faultOfIssue(issue: z.core.$ZodIssue, root: MapNode, shape: Shape): ConfigFault {
  const { node, origin } = look(root, issue.path)
  // Unknown keys are taken out before judging, so every path leads somewhere.
  const at = shapeAt(shape, issue.path) ?? shape
  return { key: pathInWords(issue.path), message: message(issue, node, at), origin }
}

/** The node at a path, and the origin of the nearest thing above it that somebody wrote. */
function look(root: MapNode, path: readonly PropertyKey[]): { node: Node | undefined; origin: Origin } {
  let node: Node | undefined = root
  let origin: Origin = ''
  for (const step of path) {
    node = childNode(node, step)
    origin = node?.origin ?? origin
  }
  return { node, origin }
}

function message(issue: z.core.$ZodIssue, node: Node | undefined, at: Shape): string {
  if (issue.code === 'custom') return issue.message
  if (!node) return `is required: ${expectation(at)}`
  if (node.kind === 'scalar' && node.value === null) return `has no value; expected ${expectation(at)}`
  switch (issue.code) {
    case 'invalid_type':
    case 'invalid_value':
      return `expected ${expectation(at)}, got ${got(node, at, issue.path)}`
    case 'too_small':
    case 'too_big':
      if (issue.origin === 'string' || issue.origin === 'array') return length(issue)
      return `expected ${expectation(at)}, got ${got(node, at, issue.path)}`
    case 'invalid_format':
      if (at.kind === 'text') return issue.message
      return `expected ${expectation(at)}, got ${got(node, at, issue.path)}`
    case 'unrecognized_keys':
      return `unknown keys: ${issue.keys.join(', ')}`
    case 'invalid_union':
      return `expected ${expectation(at)}, got ${got(node, at, issue.path)}`
    case 'not_multiple_of':
    case 'invalid_key':
    case 'invalid_element':
      return issue.message
    default:
      return issue satisfies never
  }
}

const isSingle = (shape: Shape): boolean =>
  shape.kind !== 'list' && shape.kind !== 'record' && shape.kind !== 'object'

function length(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const unit = issue.origin === 'string' ? 'characters' : 'items'
  if (issue.code === 'too_big') return `must have at most ${issue.maximum} ${unit}`
  return issue.minimum === 1 ? 'must not be empty' : `must have at least ${issue.minimum} ${unit}`
}

/** The value where the key takes nothing secret; else only what kind of value it is. */
function got(node: Node, at: Shape, path: readonly PropertyKey[]): string {
  if (!isSingle(at) || (at.kind === 'text' && isSecret(path))) return kindInWords(node)
  const quotes = at.kind === 'text' && node.kind === 'scalar' ? '; put it in quotes' : ''
  return valueInWords(node) + quotes
}
