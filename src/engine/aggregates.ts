/** Aggregate functions with canonical results: integers stay exact integers, averages are floats. */
import type { AggregateTerm } from '#plan/ast.ts'
import type { Grammar, Typed } from './grammar.ts'
import { sql } from './sql.ts'
import { columnOf } from './tables.ts'

/** The expression of an aggregate, and the type of what it gives. */
export function aggregate(g: Grammar, o: AggregateTerm['aggregate']): Typed {
  if (o.ref === undefined) return { value: sql`${g.count}(*)`, type: g.countType }
  const e = columnOf(g, o.ref)
  return o.function === 'count'
    ? { value: sql`${g.count}(${e})`, type: g.countType }
    : g.aggregate(o.function, e, o.ref.column.type)
}
