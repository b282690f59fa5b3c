/** Sums, averages and extremes of PostgreSQL's types. */
import type { CanonicalType, ValueType } from '#catalog/model.ts'
import type { AggregateFunction } from '#plan/ast.ts'
import type { Typed } from '#engine/grammar.ts'
import { type Sql, sql } from '#engine/sql.ts'

const result = (canonical: CanonicalType, family: string): ValueType => ({
  canonical,
  native: family,
  family,
  ordered: true,
  comparable: true,
})
export const bigint = result('integer', 'int8')
/** sum(bigint) is numeric to PostgreSQL, and an integer to us. */
const exactInteger = result('integer', 'numeric')
const double = result('float', 'float8')

/** Families for which min() and max() exist from PostgreSQL 14 on; enums and arrays have them too. */
const extremes = new Set(
  (
    'int2 int4 int8 oid float4 float8 numeric money text varchar bpchar citext date time timetz timestamp ' +
    'timestamptz interval inet cidr tid pg_lsn enum array'
  ).split(' '),
)

export function aggregate(f: Exclude<AggregateFunction, 'count'>, e: Sql, type: ValueType): Typed {
  switch (f) {
    case 'sum':
      return sum(e, type)
    case 'avg':
      if (type.family === 'interval') return { value: sql`avg(${e})`, type }
      return {
        value: sql`avg(${type.family === 'money' ? sql`${e}::numeric` : number(e, type)})::float8`,
        type: double,
      }
    case 'min':
    case 'max':
      return { value: extreme(f, e, type), type }
    default:
      return f satisfies never
  }
}

function sum(e: Sql, type: ValueType): Typed {
  if (type.canonical !== 'integer') return { value: sql`sum(${e})`, type }
  const short = type.family === 'int2' || type.family === 'int4'
  return { value: sql`sum(${number(e, type)})`, type: short ? bigint : exactInteger }
}

/** Of the integers oid alone is nothing to calculate with. */
const number = (e: Sql, { family }: ValueType): Sql => (family === 'oid' ? sql`${e}::text::numeric` : e)

function extreme(which: 'min' | 'max', e: Sql, type: ValueType): Sql {
  if (type.family === 'bool') return which === 'min' ? sql`bool_and(${e})` : sql`bool_or(${e})`
  if (extremes.has(type.canonical === 'array' ? 'array' : type.family))
    return which === 'min' ? sql`min(${e})` : sql`max(${e})`
  const direction = which === 'min' ? sql`ASC` : sql`DESC`
  // An oidvector is an array itself, so that a list of them would be one of two dimensions, in which [1] is nothing.
  const item = type.family === 'oidvector' ? sql`${e}::text` : e
  return sql`(array_agg(${item} ORDER BY ${e} ${direction}) FILTER (WHERE ${e} IS NOT NULL))[1]`
}
