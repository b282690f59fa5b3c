/** Values as the input functions of PostgreSQL's types read them: array and record literals, bytea, everything else as it is. */
import { GatewayError } from '#base/errors.ts'
import type { ValueType } from '#catalog/model.ts'
import type { Bound } from '#plan/ast.ts'

/** A number kept as its own text, so that none of its digits is lost (ECMAScript 2026, not yet in TypeScript's library). */
interface RawNumber {
  readonly rawJSON: string
}
const exact = JSON as unknown as {
  parse(text: string, reviver: (key: string, value: Json, context: { source: string }) => Json): Json
  rawJSON(text: string): RawNumber
  isRawJSON(value: unknown): value is RawNumber
}
type Json = null | boolean | string | RawNumber | readonly Json[] | { readonly [name: string]: Json }

/**
 * Text for one value of `type`. Base64 becomes hex; arrays and composites are taken as canonical JSON text
 * (`[1,null]`, `{"street":"x"}`), a list of texts, or as PostgreSQL wrote them itself (cursors).
 * @throws GatewayError bad_value when a value inside an array or composite has the wrong form
 */
export function inputText(type: ValueType, value: Bound): string | null {
  if (value === null) return null
  if (typeof value !== 'string') return arrayText(type.element ?? type, value)
  if (type.canonical === 'binary') return hexText(value)
  const opening = type.canonical === 'array' ? '[' : type.family === 'composite' ? '{' : undefined
  if (opening === undefined || !value.startsWith(opening)) return value
  const json = parse(value)
  // `[0:1]={a,b}` is an array literal too; whatever is neither, the database refuses.
  return json === undefined ? value : jsonText(type, json)
}

/** Text for a list of values of `type`, as one array. */
export const listText = (type: ValueType, values: readonly Bound[]): string =>
  braced(
    values.map((value) => quoted(inputText(type, value))),
    type,
  )

/** Text for a list of texts. */
export const textList = (texts: readonly (string | null)[]): string => `{${texts.map(quoted).join()}}`

/** One array literal; lists inside lists are further dimensions, except where the element itself is a list. */
function arrayText(element: ValueType, items: readonly Json[]): string {
  const nests = !isJson(element) && element.canonical !== 'array'
  return braced(
    items.map((item) =>
      nests && Array.isArray(item) ? arrayText(element, item) : quoted(jsonText(element, item)),
    ),
    element,
  )
}

/** Box is the one type whose arrays are not separated by commas (pg_type.typdelim). */
const braced = (items: readonly string[], element: ValueType) =>
  `{${items.join(element.family === 'box' ? ';' : ',')}}`

/** Quoting every element keeps empty texts, the word NULL, spaces and braces apart from syntax. */
const quoted = (item: string | null): string =>
  item === null ? 'NULL' : `"${item.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`

/** Composites are JSON to clients too, and records to the database. */
const isJson = (type: ValueType) => type.family === 'json' || type.family === 'jsonb'

function recordText(type: ValueType, value: { readonly [name: string]: Json }): string {
  const members = type.members ?? []
  const unknown = Object.keys(value).find((name) => !members.some((m) => m.name === name))
  if (unknown !== undefined)
    throw new GatewayError('bad_value', `A composite value has no member ${JSON.stringify(unknown)}.`, {
      facts: { member: unknown, members: members.map((m) => m.name) },
    })
  const fields = members.map((m) => {
    // What is left out is NULL, also where every object of JavaScript has something of that name.
    const field = jsonText(m.type, Object.hasOwn(value, m.name) ? (value[m.name] ?? null) : null)
    return field === null ? '' : `"${field.replaceAll('\\', '\\\\').replaceAll('"', '""')}"`
  })
  return `(${fields.join()})`
}

function jsonText(type: ValueType, value: Json): string | null {
  if (value === null) return null
  if (isJson(type)) return JSON.stringify(value)
  if (typeof value === 'string') return inputText(type, value)
  if (typeof value === 'boolean') return String(value)
  if (exact.isRawJSON(value)) return value.rawJSON
  if (type.canonical === 'array' && type.element && Array.isArray(value))
    return arrayText(type.element, value)
  if (type.family === 'composite' && !Array.isArray(value))
    return recordText(type, value as { readonly [name: string]: Json })
  throw new GatewayError(
    'bad_value',
    `Inside an array or composite, a value of type ${type.canonical} is ${Array.isArray(value) ? 'a list' : 'an object'}.`,
    { facts: { type: type.canonical } },
  )
}

function parse(text: string): Json | undefined {
  try {
    return exact.parse(text, (_, value, { source }) =>
      typeof value === 'number' ? exact.rawJSON(source) : value,
    )
  } catch {
    return undefined
  }
}

function hexText(base64: string): string {
  if (base64.startsWith('\\x')) return base64
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64) || base64.length % 4 !== 0)
    throw new GatewayError('bad_value', 'A binary value is not padded base64 (RFC 4648 section 4).')
  return `\\x${Buffer.from(base64, 'base64').toString('hex')}`
}
