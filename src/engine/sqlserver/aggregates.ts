/** Aggregate functions with canonical results: integers stay exact integers, averages are floats. */
import type { CanonicalType, ValueType } from '#catalog/model.ts'
import type { AggregateFunction } from '#plan/ast.ts'
import type { Typed } from '#engine/grammar.ts'
import { type Sql, sql, trusted } from '#engine/sql.ts'

const result = (canonical: CanonicalType, family: string, native: string): ValueType => ({
  canonical,
  native,
  family,
  ordered: true,
  comparable: true,
})
export const bigint = result('integer', 'bigint', 'bigint')
/** A sum of 64-bit integers, which 64 bits cannot hold. */
const exactInteger = result('integer', 'decimal', 'decimal(38,0)')
const double = result('float', 'float', 'float')

/** The expression of an aggregate, and the type of what it gives. */
export function aggregate(f: Exclude<AggregateFunction, 'count'>, e: Sql, type: ValueType): Typed {
  switch (f) {
    case 'sum':
      return sum(e, type)
    case 'avg':
      return { value: average(e, type), type: double }
    case 'min':
      return { value: sql`MIN(${e})`, type }
    case 'max':
      return { value: sql`MAX(${e})`, type }
    default:
      return f satisfies never
  }
}

/** In a wider type: a sum has the type of its argument here, and overflows it. */
function sum(e: Sql, type: ValueType): Typed {
  switch (type.family) {
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'int2':
    case 'int4':
      return { value: sql`SUM(CAST(${e} AS bigint))`, type: bigint }
    case 'bigint':
    case 'int8':
      return { value: sql`SUM(CAST(${e} AS decimal(38,0)))`, type: exactInteger }
    case 'money':
    case 'smallmoney':
      return {
        value: sql`SUM(${asDecimal(e)})`,
        type: { ...type, family: 'decimal', native: 'decimal(38,4)' },
      }
    case 'real':
      return { value: sql`CAST(SUM(${e}) AS real)`, type }
    default:
      return { value: sql`SUM(${e})`, type }
  }
}

const asDecimal = (e: Sql): Sql => sql`CAST(${e} AS decimal(19,4))`

/**
 * The exact sum in units of the last digit, divided by the count in the same units: both are whole numbers, so that the
 * quotient is the float nearest to the exact average, as long as 53 bits hold them.
 */
function average(e: Sql, { canonical, family, precision, scale = 0 }: ValueType): Sql {
  if (canonical === 'float') return sql`AVG(CAST(${e} AS float))`
  const count = sql`NULLIF(COUNT_BIG(${e}), 0)`
  if (canonical === 'integer') return sql`CAST(SUM(CAST(${e} AS decimal(38,0))) AS float) / ${count}`
  const isMoney = family === 'money' || family === 'smallmoney'
  const exact = isMoney ? asDecimal(e) : e
  const behind = isMoney ? 4 : scale
  // A product of decimals keeps its digits only as long as both together have no more than 38.
  const fits = (isMoney ? 19 : (precision ?? 38)) + behind + 2 <= 38
  if (!fits || behind === 0) return sql`CAST(SUM(${exact}) AS float) / ${count}`
  const unit = trusted(`1${'0'.repeat(behind)}`)
  const units = sql`${exact} * CAST(${unit} AS decimal(${trusted(String(behind + 1))},0))`
  return sql`CAST(SUM(${units}) AS float) / (${count} * CAST(${unit} AS float))`
}
