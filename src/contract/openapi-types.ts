/** Canonical types as JSON Schema (OpenAPI 3.1 uses draft 2020-12). */
import type { CanonicalType, Column, ValueType } from '#catalog/model.ts'

export type Schema = Readonly<Record<string, unknown>>

export interface TypeStyle {
  /** How decimals are written when the request does not say. */
  readonly decimals: 'string' | 'native'
  /** `in`: what a body may hold; `out`: what an answer holds. */
  readonly direction: 'in' | 'out'
}

/** The schema of a value, without NULL. */
export function typeSchema(type: ValueType, style: TypeStyle): Schema {
  switch (type.canonical) {
    case 'string':
      return {
        type: 'string',
        ...(type.labels === undefined ? {} : { enum: [...type.labels] }),
        ...(type.maxLength === undefined ? {} : { maxLength: type.maxLength }),
        ...(type.family === 'uuid' ? { format: 'uuid' } : {}),
      }
    case 'integer':
      return {
        type: 'integer',
        ...(type.family === 'int8'
          ? { format: 'int64' }
          : type.family === 'int4' || type.family === 'int2'
            ? { format: 'int32' }
            : {}),
      }
    case 'decimal':
      // NaN and the infinities are strings in every style.
      return style.direction === 'in' || style.decimals === 'native'
        ? { type: ['string', 'number'], format: 'decimal' }
        : { type: 'string', format: 'decimal' }
    case 'float':
      return { type: ['number', 'string'], description: 'NaN and the infinities are strings.' }
    case 'boolean':
      return { type: 'boolean' }
    case 'timestamp':
      return beyond('date-time', moments)
    case 'datetime':
      return { type: 'string', description: 'Date and time without a zone: 2026-11-23T14:05:09.123' }
    case 'date':
      return beyond('date', days)
    case 'time':
      return { type: 'string', description: 'Time of day: 14:05:09.123456' }
    case 'json':
      return {}
    case 'binary':
      return { type: 'string', contentEncoding: 'base64' }
    case 'array':
      return { type: 'array', items: type.element === undefined ? {} : itemSchema(type.element, style) }
    default:
      return type.canonical satisfies never
  }
}

/** An element, or a further dimension: the database does not hold a column to the number that it was declared with. */
function itemSchema(element: ValueType, style: TypeStyle): Schema {
  const item = nullable(typeSchema(element, style), true)
  // Documents are lists already, as far as they are any.
  if (Object.keys(item).length === 0) return item
  return { anyOf: [...(Array.isArray(item['anyOf']) ? item['anyOf'] : [item]), furtherDimension] }
}
const furtherDimension: Schema = { type: 'array', items: {}, description: 'A further dimension.' }

const day = String.raw`\d{4,7}-\d\d-\d\d`
const days = `^(-?infinity|${day}( BC)?)$`
const moments = String.raw`^(-?infinity|${day}T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)( BC)?)$`

/** A date of RFC 3339, or what databases have besides. */
const beyond = (format: string, pattern: string): Schema => ({
  anyOf: [
    { type: 'string', format },
    {
      type: 'string',
      pattern,
      description: 'infinity, -infinity, years before 1 or beyond 9999 (PostgreSQL), zero dates (MySQL).',
    },
  ],
})

/** The schema of a column: its type, NULL when it may be, its comment. */
export function columnSchema(column: Column, style: TypeStyle): Schema {
  const schema = nullable(typeSchema(column.type, style), column.nullable)
  return {
    ...schema,
    ...(column.comment === undefined ? {} : { description: column.comment }),
    ...(column.generated === 'always' ? { readOnly: true } : {}),
  }
}

/** The schema of a value that may be NULL. */
export function nullable(schema: Schema, may: boolean): Schema {
  const { type, anyOf } = schema
  if (may && Array.isArray(anyOf)) return { ...schema, anyOf: [...anyOf, { type: 'null' }] }
  if (!may || type === undefined) return schema
  return {
    ...schema,
    type: [...(Array.isArray(type) ? type : [type]), 'null'],
    ...(Array.isArray(schema['enum']) ? { enum: [...schema['enum'], null] } : {}),
  }
}

/** Operators a filter on a field takes, by its canonical type, as properties of a deepObject parameter: `total[gt]=5`. */
export function filterSchema(canonical: CanonicalType): Schema {
  const value: Schema =
    canonical === 'integer'
      ? { type: 'integer' }
      : canonical === 'boolean'
        ? { type: 'boolean' }
        : { type: 'string' }
  const list: Schema = {
    type: 'string',
    description: 'Values separated by commas; one with a comma in double quotes.',
  }
  const equality = { eq: value, neq: value, in: list, nin: list }
  const order = {
    gt: value,
    gte: value,
    lt: value,
    lte: value,
    between: { type: 'string', description: 'Two values separated by a comma.' },
  }
  const pattern = {
    like: { type: 'string' },
    ilike: { type: 'string' },
    contains: { type: 'string' },
    starts: { type: 'string' },
    ends: { type: 'string' },
    search: { type: 'string' },
  }
  const isNull = { null: { type: 'boolean' } }
  const properties = ((): Schema => {
    switch (canonical) {
      case 'string':
        return { ...equality, ...order, ...pattern, ...isNull }
      case 'integer':
      case 'decimal':
      case 'float':
      case 'timestamp':
      case 'datetime':
      case 'date':
      case 'time':
        return { ...equality, ...order, ...isNull }
      case 'boolean':
      case 'binary':
        return { ...equality, ...isNull }
      case 'array':
        return { contains: { type: 'string' }, ...isNull }
      case 'json':
        return isNull
      default:
        return canonical satisfies never
    }
  })()
  return { type: 'object', properties, additionalProperties: false }
}
