/** The keys of a zod schema as plain data: what loading, help, documentation and JSON Schema are made from. */
import * as z from 'zod'

/** What a single value is. `text` may have to fit further rules, which only zod knows. */
export type ScalarKind = 'text' | 'integer' | 'number' | 'boolean' | 'choice' | 'duration' | 'size'

interface About {
  readonly description: string
  /** The value when nothing is given, after parsing (milliseconds, bytes); undefined: none. */
  readonly default: unknown
  /** Whether it can be left out where its surroundings are given. */
  readonly optional: boolean
}

export interface ScalarShape extends About {
  readonly kind: ScalarKind
  /** The words to choose from; for numbers, words that may stand instead of one. */
  readonly choices: readonly string[]
  /** Bounds of numbers; milliseconds for durations, bytes for sizes. */
  readonly min: number | undefined
  readonly max: number | undefined
}
export interface ListShape extends About {
  readonly kind: 'list'
  readonly item: Shape
}
/** Keys the user names. */
export interface RecordShape extends About {
  readonly kind: 'record'
  readonly value: Shape
}
export interface ObjectShape extends About {
  readonly kind: 'object'
  readonly keys: ReadonlyMap<string, Shape>
}
export type Shape = ScalarShape | ListShape | RecordShape | ObjectShape

/** Reads a schema. Throws on kinds of schema that options are not made of, so that a new one is noticed at once. */
export function shapeOf(schema: z.core.$ZodType): Shape {
  let inner = schema as z.core.$ZodTypes
  let description: string | undefined
  let fallback: unknown
  let optional = false
  for (;;) {
    const meta = z.globalRegistry.get(inner)
    description ??= meta?.description
    const about = { description: description ?? '', default: fallback, optional }
    const { unit, bounds } = meta ?? {}
    if (unit) return { ...about, kind: unit, choices: [], min: bounds?.min, max: bounds?.max }
    const def = inner._zod.def
    switch (def.type) {
      case 'optional':
        optional = true
        inner = def.innerType as z.core.$ZodTypes
        break
      case 'default':
        fallback = def.defaultValue
        optional = true
        inner = def.innerType as z.core.$ZodTypes
        break
      case 'prefault':
        optional = true
        inner = def.innerType as z.core.$ZodTypes
        break
      case 'string':
        return { ...about, kind: 'text', choices: [], min: undefined, max: undefined }
      case 'boolean':
        return { ...about, kind: 'boolean', choices: [], min: undefined, max: undefined }
      case 'enum':
        return {
          ...about,
          kind: 'choice',
          choices: Object.values(def.entries).map(String),
          min: undefined,
          max: undefined,
        }
      case 'literal':
        return {
          ...about,
          kind: 'choice',
          choices: def.values.map(String),
          min: undefined,
          max: undefined,
        }
      case 'number': {
        const number = inner as unknown as z.ZodNumber
        return {
          ...about,
          kind: number.isInt ? 'integer' : 'number',
          choices: [],
          min: bound(number.minValue),
          max: bound(number.maxValue),
        }
      }
      case 'union':
        return numberOrWords(def.options.map(shapeOf), about)
      case 'array':
        return { ...about, kind: 'list', item: shapeOf(def.element) }
      case 'record':
        return { ...about, kind: 'record', value: shapeOf(def.valueType) }
      case 'object':
        return {
          ...about,
          kind: 'object',
          keys: new Map(Object.entries(def.shape).map(([name, value]) => [name, shapeOf(value)])),
        }
      default:
        throw new TypeError(`options cannot be of the zod type ${def.type} (${description ?? 'undescribed'})`)
    }
  }
}

/** A number that a word may stand for; other unions would need a language of their own in messages and documentation. */
function numberOrWords(options: readonly Shape[], about: About): Shape {
  const [number, ...words] = options
  if (number?.kind !== 'integer' || words.some(({ kind }) => kind !== 'choice'))
    throw new TypeError(`options cannot be this union (${about.description || 'undescribed'})`)
  return {
    ...number,
    ...about,
    choices: words.flatMap((word) => (word.kind === 'choice' ? word.choices : [])),
  }
}

/** Reads the schema of an object. */
export function objectShapeOf(schema: z.core.$ZodType): ObjectShape {
  const shape = shapeOf(schema)
  if (shape.kind !== 'object') throw new TypeError(`expected the schema of an object, got ${shape.kind}`)
  return shape
}

/** A bound as people set it; undefined for the ends of the safe integers, which `z.int()` sets by itself. */
function bound(value: number | null): number | undefined {
  return value !== null && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined
}

/** One step down from a shape; undefined when there is nothing of that name. */
export function child(shape: Shape, step: PropertyKey): Shape | undefined {
  switch (shape.kind) {
    case 'object':
      return shape.keys.get(String(step))
    case 'record':
      return shape.value
    case 'list':
      return typeof step === 'number' ? shape.item : undefined
    default:
      return undefined
  }
}

/** Follows a path down; undefined when it leaves the shape. */
export function shapeAt(shape: Shape, path: readonly PropertyKey[]): Shape | undefined {
  let at: Shape | undefined = shape
  for (const step of path) at = at && child(at, step)
  return at
}

/** A key with a name of its own: everything but the inside of lists and records. */
export interface NamedKey {
  readonly path: readonly string[]
  /** `pools.budget.connections`: the key in the file and, with `--` before it, the flag. */
  readonly name: string
  /** `POSTERN_POOLS_BUDGET_CONNECTIONS`. */
  readonly variable: string
  readonly shape: Shape
}

/** Every named key below a shape, objects before what is in them. */
export function namedKeys(shape: Shape, path: readonly string[] = []): NamedKey[] {
  if (shape.kind !== 'object') return []
  return [...shape.keys].flatMap(([step, inner]) => {
    const at = [...path, step]
    return [{ path: at, name: at.join('.'), variable: variableOf(at), shape: inner }, ...namedKeys(inner, at)]
  })
}

/** The one naming rule: `pools.acquireTimeout` → `POSTERN_POOLS_ACQUIRE_TIMEOUT`. */
export const variableOf = (path: readonly string[]): string =>
  ['POSTERN', ...path.map((step) => step.replace(/[A-Z]/g, '_$&').toUpperCase())].join('_')
