/** The key in a path → the condition that finds its row. */
import { GatewayError } from '#base/errors.ts'
import type { ValueType } from '#catalog/model.ts'
import type { Field, Resource } from '#contract/contract.ts'
import { type Access, refOf } from './access.ts'
import type { Condition } from './ast.ts'
import type { Draft } from './draft.ts'
import { allOf } from './filter.ts'
import { plainNumber } from './numbers.ts'
import { counted, type Place } from './refuse.ts'
import { plainMoment } from './times.ts'
import { valueText } from './values.ts'

/** Where the value of a key field is blamed. */
const keyPlace = (field: Field, stored: boolean): Place => ({
  name: field.name,
  source: 'url',
  texts: true,
  stored,
})

/**
 * The text of one part of a key. Location is made of the texts that the engine wrote, so that these are taken too where
 * they are not canonical: booleans as PostgreSQL (`t`) and all others (`1`) write them, hexadecimal binary (`\\x00ff`), and
 * the lists (`{1,2}`) and rows (`(1,x)`) of PostgreSQL, which reads them again and refuses what is none.
 * @param stored a row with this key may be made, so that it must fit its column
 * @throws GatewayError invalid_parameter
 */
export function keyText(field: Field, raw: string | undefined, stored = false): string {
  const { type } = field.column
  if (raw !== undefined && isLiteral(type, raw)) return raw
  return valueText(type, raw === undefined ? raw : canonicalKey(type, raw), keyPlace(field, stored))
}

/** Lists of other lower bounds than 1 begin with them: `[0:1]={a,b}`. */
const isLiteral = ({ canonical, members }: ValueType, raw: string): boolean =>
  canonical === 'array'
    ? /^(?:(?:\[-?\d+:-?\d+\])+=)?\{/.test(raw)
    : members !== undefined && raw.startsWith('(')

const booleans: ReadonlyMap<string, string> = new Map([
  ['t', 'true'],
  ['f', 'false'],
  ['1', 'true'],
  ['0', 'false'],
])

function canonicalKey({ canonical }: ValueType, raw: string): string {
  if (canonical === 'boolean') return booleans.get(raw) ?? raw
  if (canonical === 'binary' && /^\\x(?:[0-9a-f]{2})*$/.test(raw))
    return Buffer.from(raw.slice(2), 'hex').toString('base64')
  return raw
}

/** Families whose blanks at the end mean nothing. */
const padded = new Set(['bpchar', 'char', 'nchar'])

/** One spelling for all texts of a value: numbers with and without zeros at the end, moments by any offset, UUIDs in two cases. */
function plainKey({ canonical, family, maxBytes }: ValueType, text: string): string {
  switch (canonical) {
    case 'decimal':
    case 'float':
      return plainNumber(text)
    case 'timestamp':
    case 'datetime':
      return plainMoment(text)
    case 'string':
      if (family === 'uuid') return text.toLowerCase()
      // PostgreSQL's "char" is a byte, and no padded text.
      return padded.has(family) && maxBytes === undefined ? withoutPadding(text) : text
    default:
      return text
  }
}

/** Without a pattern, which would begin again at every run of blanks in a long text. */
function withoutPadding(text: string): string {
  let end = text.length
  while (end > 0 && text[end - 1] === ' ') end--
  return text.slice(0, end)
}

/** Whether two checked texts of a type are one key. */
export const isSameKey = (type: ValueType, a: string, b: string): boolean =>
  a === b || plainKey(type, a) === plainKey(type, b)

/**
 * Checks that a key of so many parts can name a row.
 * @throws GatewayError not_found when rows have no key, invalid_parameter when it has another number of parts
 */
export function checkKey({ name, key }: Resource, parts: number): void {
  const fields = key.map((field) => field.name)
  if (fields.length === 0)
    throw new GatewayError(
      'not_found',
      `Rows of ${name} have no key, so they have no paths of their own; filter the collection instead.`,
    )
  if (fields.length !== parts)
    throw new GatewayError(
      'invalid_parameter',
      `key: ${name} takes ${counted(fields.length, 'value')} (${fields.join(',')}), found ${parts}`,
      { facts: { parameter: 'key', fields, actual: parts } },
    )
}

/**
 * The row with the key of the request.
 * @param parts how many the request's key has
 * @throws GatewayError as `checkKey`
 */
export function keyCondition(draft: Draft, access: Access, parts: number): Condition {
  checkKey(access.resource, parts)
  return allOf(
    access.resource.key.map((field, i): Condition => {
      const { type } = field.column
      const right = draft.add(type, ({ key }) => keyText(field, key?.[i]))
      return { kind: 'compare', left: refOf(access, field), operator: 'eq', right }
    }),
  )
}
