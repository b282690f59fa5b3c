/** Bound values with the cast that tells PostgreSQL their type. */
import type { ValueType } from '#catalog/model.ts'
import type { Bound, Param } from '#plan/ast.ts'
import { placeholder, type Sql, sql, trusted } from '#engine/sql.ts'
import { inputText, listText, textList } from './literals.ts'
import { castName } from './names.ts'

/** Types on the way to the parameter's own: money reads digits by locale, numeric does not. */
function castsTo(type: ValueType): readonly string[] {
  const suffix = type.canonical === 'array' ? '[]' : ''
  const innermost = suffix === '' ? type : type.element
  return innermost?.family === 'money' ? [`numeric${suffix}`, castName(type)] : [castName(type)]
}

/** `how` tells conversions apart that end in the same cast, so that a parameter is shared by equal ones only. */
function bound(
  slots: readonly number[],
  casts: readonly string[],
  how: 'value' | 'list' | 'arrays',
  convert: (values: readonly Bound[]) => string | null,
): Sql {
  const cast = `::${casts.join('::')}`
  return sql`${placeholder({ slots, form: how + cast, convert })}${trusted(cast)}`
}

const asList = (casts: readonly string[]) => casts.map((type) => `${type}[]`)

function itemsOf(value: Bound): readonly (string | null)[] {
  if (typeof value !== 'object' || value === null) throw new Error('one value is bound where a list belongs')
  return value
}

function textOf(value: Bound): string | null {
  if (typeof value === 'object' && value !== null) throw new Error('a list is bound where one value belongs')
  return value
}

/**
 * A value to store or to hand to a routine. What only the database can tell to fit is cast to the limits of its column,
 * which round or cut it, and refused where that changes it.
 */
export function stored(p: Param): Sql {
  const { limited } = p.type
  const value = parameter(p)
  if (limited === undefined) return value
  const refused = sql`(${value}::text || ' does not fit')::${trusted(castName(p.type))}`
  return sql`CASE WHEN ${value} = ${value}::${trusted(limited)} THEN ${value} ELSE ${refused} END`
}

/** A value of its type: `$1::numeric`, never with a length or precision, which would cut silently. */
export function parameter(p: Param): Sql {
  const { type } = p
  return p.list
    ? bound([p.slot], asList(castsTo(type)), 'list', ([value]) => listText(type, itemsOf(value as Bound)))
    : bound([p.slot], castsTo(type), 'value', ([value]) => inputText(type, value as Bound))
}

/** A value to compare a column with. A cast to name would cut at 63 bytes; text shares name's operators and index. */
export const operand = (p: Param): Sql =>
  parameter(p.type.family === 'name' ? { ...p, type: { ...p.type, family: 'text' } } : p)

/** A value that is text whatever type its column has; a list becomes text[]. */
export const textParameter = (p: Param): Sql =>
  p.list
    ? bound([p.slot], ['text[]'], 'list', ([value]) => textList(itemsOf(value as Bound)))
    : bound([p.slot], ['text'], 'value', ([value]) => textOf(value as Bound))

/** Array literals as text[], for lists of arrays: PostgreSQL would take an array of arrays for one with more dimensions. */
export const listOfArrays = (p: Param): Sql =>
  bound([p.slot], ['text[]'], 'arrays', ([value]) =>
    textList(itemsOf(value as Bound).map((item) => inputText(p.type, item))),
  )

/** A number of rows. */
export const rowCount = (p: Param): Sql =>
  bound([p.slot], ['int8'], 'value', ([value]) => textOf(value as Bound))

/** All values of one column as an array, for bulk inserts. */
export const columnOfValues = (type: ValueType, slots: readonly number[]): Sql =>
  bound(slots, asList(castsTo(type)), 'list', (values) => listText(type, values))
