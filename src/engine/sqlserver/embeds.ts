/** Related rows as JSON text, put together from pieces: FOR JSON writes floats, dates and binary in forms of its own. */
import { conditions } from '#engine/conditions.ts'
import type { Embed, Grammar, Member } from '#engine/grammar.ts'
import { orderTerms } from '#engine/keyset.ts'
import { groupBy, pageOf } from '#engine/reads.ts'
import { type Sql, sql } from '#engine/sql.ts'
import { joined, where } from '#engine/tables.ts'
import { object } from './expressions.ts'

/**
 * Related rows as one JSON value. Rows are numbered in their order where they are cut to the page, because an aggregate
 * may read them in any other.
 */
export function embed(g: Grammar, o: Embed, members: readonly Member[]): Sql {
  const s = o.select
  const { from, on } = joined(g, o.join)
  const { top, tail } = pageOf(g, s)
  const rows = sql`${from}${where([...on, ...conditions(g, s.where)])}${groupBy(g, s)}`
  if (!o.many) return sql`(SELECT${top} ${object(members)} FROM ${rows}${tail})`
  const numbered = s.order.length > 0
  const number = numbered ? sql`, ROW_NUMBER() OVER (ORDER BY ${orderTerms(g, s.order)}) AS [n]` : sql``
  // An ORDER BY without a page is no part of a table expression.
  const sorted = s.limit === undefined && s.offset === undefined ? sql`` : tail
  const page = sql`SELECT${top} ${object(members)} AS [j]${number} FROM ${rows}${sorted}`
  const order = numbered ? sql` WITHIN GROUP (ORDER BY [e].[n])` : sql``
  const list = sql`(SELECT STRING_AGG([e].[j], N',')${order} FROM (${page}) AS [e])`
  return sql`ISNULL(N'[' + ${list} + N']', N'[]')`
}
