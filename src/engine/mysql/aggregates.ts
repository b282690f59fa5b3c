/** Sums, averages and extremes of MySQL's types. */
import type { CanonicalType, ValueType } from '#catalog/model.ts'
import type { AggregateFunction } from '#plan/ast.ts'
import type { Typed } from '#engine/grammar.ts'
import { join, type Sql, sql } from '#engine/sql.ts'
import { isPadded, text } from './names.ts'

const result = (canonical: CanonicalType, family: string): ValueType => ({
  canonical,
  native: family,
  family,
  ordered: true,
  comparable: true,
})
export const bigint = result('integer', 'bigint')
/** Sums of integers are decimals to MySQL, and integers to us. */
const exactInteger = result('integer', 'decimal')
const double = result('float', 'double')
/** What bits are as the number they are the digits of. */
const unsigned = result('integer', 'bigint unsigned')

export function aggregate(f: Exclude<AggregateFunction, 'count'>, e: Sql, type: ValueType): Typed {
  switch (f) {
    case 'sum':
      return sum(e, type)
    case 'avg':
      return { value: average(e, type), type: double }
    case 'min':
    case 'max':
      return extreme(f === 'min' ? sql`MIN` : sql`MAX`, e, type)
    default:
      return f satisfies never
  }
}

function sum(e: Sql, type: ValueType): Typed {
  if (type.canonical === 'integer') return { value: sql`SUM(${number(e, type)})`, type: exactInteger }
  // Sums are not padded with zeros, whatever the column is.
  return { value: sql`SUM(${e})`, type: type.canonical === 'float' ? double : { ...type, native: 'decimal' } }
}

const number = (e: Sql, type: ValueType): Sql => (type.family === 'bit' || isPadded(type) ? sql`${e} + 0` : e)

/** AVG keeps four digits more than the column has; a division of a wide decimal keeps as many as a double can show. */
const average = (e: Sql, type: ValueType): Sql =>
  type.canonical === 'float'
    ? sql`AVG(${e})`
    : sql`CAST(CAST(SUM(${number(e, type)}) AS DECIMAL(65,26)) / COUNT(${e}) AS DOUBLE)`

/**
 * MIN and MAX take an enum for its text (MySQL Reference Manual, "The ENUM Type"), but its labels have an order; and MariaDB
 * gives those of bits as the text of a number.
 */
function extreme(which: Sql, e: Sql, type: ValueType): Typed {
  if (type.family === 'enum' && type.labels)
    return { value: sql`ELT(${which}(${e} + 0), ${join(type.labels.map(text), ', ')})`, type }
  if (type.family === 'bit') return { value: sql`${which}(${number(e, type)})`, type: unsigned }
  return { value: sql`${which}(${e})`, type }
}
