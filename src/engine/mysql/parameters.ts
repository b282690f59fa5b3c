/** Bound values with the cast that tells MySQL their type: all of them travel as text. */
import type { ValueType } from '#catalog/model.ts'
import type { Bound, Param } from '#plan/ast.ts'
import { placeholder, type Sql, sql, trusted } from '#engine/sql.ts'
import { comparedText, rankText, storedText } from './literals.ts'
import { checkKnown, comparedScale, isUnsigned } from './names.ts'

function textOf(value: Bound | undefined): string | null {
  if (typeof value === 'object' && value !== null) throw new Error('a list is bound where one value belongs')
  return value ?? null
}

export function itemsOf(value: Bound | undefined): readonly (string | null)[] {
  if (typeof value !== 'object' || value === null) throw new Error('one value is bound where a list belongs')
  return value
}

/** One value, made of the bound one by `convert` unless it is NULL. */
export const bound = ({ slot }: Param, form: string, convert: (value: string) => string): Sql =>
  placeholder({
    slots: [slot],
    form,
    convert: ([value]) => {
      const given = textOf(value)
      return given === null ? null : convert(given)
    },
  })

/**
 * A parameter that is a text whatever stands around it. MySQL gives a parameter the type that its place asks for: to be a
 * number without sign it would be made one with a sign first, and to be a time of day a date.
 */
export const asText = (e: Sql): Sql => sql`CONCAT(${e})`

const unsigned = (e: Sql): Sql => sql`CAST(${asText(e)} AS UNSIGNED)`

/** A value to store or to hand to a routine. The column converts texts itself, and in strict mode refuses what does not fit. */
export function stored(p: Param): Sql {
  checkKnown(p.type)
  const value = bound(p, 'stored', (given) => storedText(p.type, given))
  if (p.type.canonical === 'binary') return sql`FROM_BASE64(${value})`
  switch (p.type.family) {
    case 'bit':
    case 'bit1':
      // The characters of a text would be taken for bits.
      return unsigned(value)
    case 'geometry':
      return sql`ST_GeomFromText(${value})`
    default:
      return value
  }
}

/** A value to compare a column with. */
export const operand = (p: Param): Sql =>
  asType(
    bound(p, 'compared', (given) => comparedText(p.type, given)),
    p.type,
  )

/** A text as a value of the type, as exact as the type is. Text itself has no cast, which would take the column's collation from it. */
export function asType(e: Sql, type: ValueType): Sql {
  checkKnown(type)
  switch (type.canonical) {
    case 'integer':
      return isUnsigned(type) ? unsigned(e) : sql`CAST(${e} AS SIGNED)`
    case 'boolean':
      return sql`CAST(${e} AS SIGNED)`
    case 'decimal':
      return sql`CAST(${e} AS DECIMAL(65,${trusted(String(comparedScale(type)))}))`
    case 'float':
      return sql`CAST(${e} AS DOUBLE)`
    case 'date':
      return sql`CAST(${e} AS DATE)`
    case 'time':
      return sql`CAST(${asText(e)} AS TIME(6))`
    case 'datetime':
    case 'timestamp':
      return sql`CAST(${e} AS DATETIME(6))`
    case 'binary':
      return sql`FROM_BASE64(${e})`
    default:
      return e
  }
}

/** Enums and sets are compared as texts, but ordered by number. */
export const isRanked = ({ family }: ValueType): boolean => family === 'enum' || family === 'set'

export const rankOperand = (p: Param): Sql =>
  isRanked(p.type) ? unsigned(bound(p, 'rank', (given) => rankText(p.type, given))) : operand(p)

/** A value that is text whatever type its column has. */
export const textParameter = (p: Param): Sql => bound(p, 'text', (given) => given)

/** A number of rows, where the grammar takes nothing but a parameter. */
export const rowCount = (p: Param): Sql => textParameter(p)

/** Values of a list that is one JSON array of texts. */
export const jsonList = (p: Param): Sql =>
  placeholder({
    slots: [p.slot],
    form: 'list',
    convert: ([value]) =>
      JSON.stringify(itemsOf(value).map((item) => (item === null ? null : comparedText(p.type, item)))),
  })
