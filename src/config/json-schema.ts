/** The configuration file as JSON Schema, for editors and linters. */
import * as z from 'zod'
import { configSchema } from './schema.ts'
import type { Shape } from './shape.ts'
import { child, shapeOf } from './shape.ts'
import { defaultInWords } from './words.ts'

type Json = Record<string, unknown>

/** Fits texts with `${NAME}` in them and `file:/path`, where the plain value would not. */
const reference: Json = {
  type: 'string',
  pattern: String.raw`\$\{[A-Za-z_][A-Za-z0-9_]*\}|^file:/`,
  description: 'A reference: ${ENVIRONMENT_VARIABLE} or file:/path.',
}

/**
 * JSON Schema (draft 7, which editors and Helm read) of one configuration file. It follows the zod schema, and what
 * loading does before zod: a file may hold a part of the keys, and any value may be a reference.
 */
export function configJsonSchema(): Json {
  const json = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' }) as Json
  const { $schema, ...rest } = adapt(json, shapeOf(configSchema), true)
  return {
    $schema,
    title: 'Postern configuration',
    definitions: { reference },
    ...rest,
  }
}

/** @param partial what is required may stand in another file, the environment or a flag */
function adapt(json: Json, shape: Shape, partial: boolean): Json {
  const { unit: _unit, bounds: _bounds, default: _default, description, ...rule } = json
  const about: Json = {
    ...(description === undefined ? {} : { description }),
    ...(shape.default === undefined ? {} : { default: plainDefault(shape) }),
  }
  switch (shape.kind) {
    case 'object': {
      const { required, ...rest } = rule
      const properties = Object.entries(rule['properties'] as Json).map(([key, value]) => [
        key,
        adapt(value as Json, child(shape, key) as Shape, partial),
      ])
      return {
        ...about,
        ...rest,
        properties: Object.fromEntries(properties),
        ...(partial || required === undefined ? {} : { required }),
      }
    }
    case 'record':
      return {
        ...about,
        ...rule,
        additionalProperties: adapt(rule['additionalProperties'] as Json, shape.value, false),
      }
    case 'list':
      return orReference(about, { ...rule, items: adapt(rule['items'] as Json, shape.item, false) })
    case 'text':
      return takesAnyText(rule) ? { ...about, ...rule } : orReference(about, rule)
    case 'integer':
    case 'number':
      return orReference(
        about,
        Array.isArray(rule['anyOf'])
          ? { anyOf: rule['anyOf'].map((one: Json) => withoutSafeBounds(one)) }
          : withoutSafeBounds(rule),
      )
    case 'boolean':
    case 'choice':
    case 'duration':
    case 'size':
      return orReference(about, rule)
    default:
      return shape satisfies never
  }
}

/** Whether every reference fits the rule of a text as it is. */
const takesAnyText = ({ minLength, maxLength, pattern }: Json): boolean =>
  Number(minLength ?? 0) <= 1 && maxLength === undefined && pattern === undefined

const orReference = (about: Json, rule: Json): Json => ({
  ...about,
  anyOf: [rule, { $ref: '#/definitions/reference' }],
})

/** Without the ends of the safe integers, which say nothing to a reader. */
function withoutSafeBounds(rule: Json): Json {
  return Object.fromEntries(
    Object.entries(rule).filter(([, value]) => Math.abs(Number(value)) !== Number.MAX_SAFE_INTEGER),
  )
}

/** The default as it would be written in the file. */
const plainDefault = (shape: Shape): unknown =>
  shape.kind === 'duration' || shape.kind === 'size' ? defaultInWords(shape) : shape.default
